"""From a name to a job: over all installed types, or within one."""

from __future__ import annotations

from arena_core.contract.errors import ArenaError, KindNotInstalled, NamespaceNotFound, NotFound, PermissionDenied, UsageError
from arena_core.contract.types import JobHandle, Manifest
from arena_core.k8s import dig
from arena_core.lazily import Logger
from arena_core.records import record, replace
from arena_core.typed import NamedTuple
from arena_core.usecases.asking import answers_404, ask_each
from arena_core.usecases.naming import named
from arena_core.usecases.session import Session, not_installed, owning_type, typed_of
from arena_core.usecases.unread import all_refused, phrase

log = Logger(__name__)


class Found(NamedTuple):
    """A job; ``unread`` says that it is part of a job that cannot be read: ``appwrappers.workload.codeflare.dev (forbidden)``."""

    handle: JobHandle
    job: Manifest
    unread: tuple[str, ...] = ()


def find(session: Session, name: str, job_type: str, namespace: str) -> Found:
    """Return the job with its type. Without a type every installed one is asked; two jobs of one name need ``--type``.

    ``TYPE/NAME`` is taken for a name, too. What no job can be called is a ``UsageError``, and nothing is asked.
    """
    name, job_type = named(session, name, job_type)
    if job_type:
        handle = session.handle(job_type)
        try:
            there = session.cluster.get(handle.job_type.resource, namespace, name)
        except KindNotInstalled as error:
            raise not_installed(handle, error, local=session.cluster.is_local) from error
        except NotFound as error:
            raise missing(name, namespace, handle.job_type.name, error) from error
        typed = typed_of(session, handle, there)
        # The general type of a kind finds every job of it, which is read as what it is; the others mean their own.
        if typed is not None and (handle.job_type.matches is None or typed.job_type.name == handle.job_type.name):
            return Found(typed, there)
        raise _another(name, namespace, handle, typed)
    search = _search(session, name, namespace)
    found = search.found
    if len(found) > 1:
        # A job inside another is meant by nobody: the outer one is.
        outer = [pair for pair in found if owning_type(session.jobs, pair[1]) is None]
        found = outer or found
    if len(found) > 1:
        types = ", ".join(handle.job_type.name for handle, _ in found)
        raise UsageError(f"there are several jobs named {name} in namespace {namespace}: {types}", "choose one with --type")
    if found:
        handle, job = found[0]
        owner = owning_type(session.jobs, job)
        unread = [phrase(h.job_type.resource, e) for h, e in search.denied if owner and h.job_type.name == owner.job_type.name]
        return Found(handle, job, tuple(unread))
    raise _absent(session, search, name, namespace)


class OfAnotherType(NotFound):
    """No job of this type has the name, but an object of the same kind, of another type or no job at all."""


def _another(name: str, namespace: str, handle: JobHandle, typed: JobHandle | None) -> NotFound:
    absent, kind = missing(name, namespace, handle.job_type.name, None), handle.job_type.resource.kind
    what = f"is of type {typed.job_type.name}" if typed else f"is no {handle.job_type.name}"
    return OfAnotherType(absent.message, f"the {kind} of that name {what}")


def find_this(session: Session, name: str, job_type: str, namespace: str, uid: str = "") -> Found:
    """Return the job as ``find`` does; with a uid that very one, or ``NotFound`` where another has its name now."""
    found = find(session, name, job_type, namespace)
    if uid and dig.text(found.job, "metadata", "uid") != uid:
        raise missing(name, namespace, job_type, None)
    return found


class NotProven(NotFound):
    """No such job was found, but not everything could be looked at; ``unread`` names what."""

    def __init__(self, message: str, hint: str, unread: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.unread = unread


@record
class _Search:
    """Jobs of one name; by job type what could not be read; the types whose plugins do not load; what is not served."""

    found: list[tuple[JobHandle, Manifest]]
    denied: list[tuple[JobHandle, ArenaError]]
    unknown: list[str]
    absent: list[JobHandle]
    readable: bool


def _search(session: Session, name: str, namespace: str) -> _Search:
    handles, broken = session.job_types()
    for failure in broken.values():
        log.info("%s", failure.message)
    search = _Search([], [], list(broken), [], False)
    readable = False
    for handle, answer in ask_each(session, handles, lambda handle: _get(session, handle, name, namespace)):
        if isinstance(answer, KindNotInstalled):
            search.absent.append(handle)
        elif isinstance(answer, ArenaError):
            search.denied.append((handle, answer))
            continue
        elif answer is not None and (typed := typed_of(session, handle, answer)):
            search.found.append((typed, answer))
        readable = True
    return replace(search, readable=readable)


def _get(session: Session, handle: JobHandle, name: str, namespace: str) -> Manifest | None:
    try:
        return session.cluster.get(handle.job_type.resource, namespace, name)
    except NamespaceNotFound:
        raise
    except NotFound:
        return None


def _absent(session: Session, search: _Search, name: str, namespace: str) -> ArenaError:
    """Return the error for a job that is nowhere: proven, or with what could not be looked at."""
    denied = list(search.denied)
    if search.absent:
        # "Not served" is said by a bare 404, which a proxy may send, too.
        served = session.cluster.served()
        denied += [(handle, answers_404(handle)) for handle in search.absent if served.has(handle.job_type.resource)]
    broken = [error for _, error in denied if not isinstance(error, PermissionDenied)]
    if broken:
        return broken[0]  # a failure, not a rule: it says nothing of the job
    if denied and not search.readable:
        return all_refused([error for _, error in denied])
    absent = missing(name, namespace, "", None)
    if not denied and not search.unknown:
        return absent
    hints = [absent.hint]
    if denied:
        hints.append(f"no permission to list: {', '.join(sorted(handle.job_type.name for handle, _ in denied))}")
    if search.unknown:
        hints.append(f"not searched: {', '.join(search.unknown)} (`arena plugins check` says why)")
    unread = (*(phrase(handle.job_type.resource, error) for handle, error in denied), *search.unknown)
    return NotProven(f"{absent.message} among the types that can be read", "; ".join(hints), unread)


def missing(name: str, namespace: str, job_type: str, error: NotFound | None) -> NotFound:
    """Return the error for a job that is not there, or whose namespace is not."""
    if isinstance(error, NamespaceNotFound):
        return error
    what = f"{job_type} {name}" if job_type else f"job {name}"
    absent = NotFound(f"{what} does not exist in namespace {namespace}", "`arena list -A` shows the jobs of all namespaces")
    absent.name = "" if job_type else name
    return absent
