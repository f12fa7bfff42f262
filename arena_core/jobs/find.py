"""From a name to a job: over all installed types, or within one."""

from __future__ import annotations

import logging
from typing import NamedTuple

from arena_core.errors import ArenaError, KindNotInstalled, NamespaceNotFound, NotFound, PermissionDenied, UsageError
from arena_core.jobs.session import Session, not_installed, owning_type
from arena_core.types import JobHandle, Manifest

log = logging.getLogger(__name__)


def find(session: Session, name: str, job_type: str, namespace: str) -> tuple[JobHandle, Manifest]:
    """Return the job's type and object. Without a type every installed one is asked; two jobs of one name need ``--type``."""
    if job_type:
        handle = session.handle(job_type)
        try:
            return handle, session.cluster.get(handle.job_type.resource, namespace, name)
        except KindNotInstalled as error:
            raise not_installed(handle, error) from error
        except NotFound as error:
            raise missing(name, namespace, handle.job_type.name, error) from error
    found, denied, unknown, readable = _search(session, name, namespace)
    if len(found) > 1:
        # A job inside another is meant by nobody: the outer one is.
        outer = [pair for pair in found if owning_type(session.jobs, pair[1]) is None]
        found = outer or found
    if len(found) > 1:
        types = ", ".join(handle.job_type.name for handle, _ in found)
        raise UsageError(f"there are several jobs named {name} in namespace {namespace}: {types}", "choose one with --type")
    if found:
        return found[0]
    if denied and not readable:
        raise next(iter(denied.values()))
    absent = missing(name, namespace, "", None)
    if denied:
        absent.hint += f"; you may not look among: {', '.join(denied)}"
    if unknown:
        absent.hint += f"; not looked among: {', '.join(unknown)} (`arena plugins check` says why)"
    raise absent


class _Search(NamedTuple):
    """Jobs of one name; by job type what may not be read; the types whose plugins do not load; whether anything could be read."""

    found: list[tuple[JobHandle, Manifest]]
    denied: dict[str, ArenaError]
    unknown: list[str]
    readable: bool


def _search(session: Session, name: str, namespace: str) -> _Search:
    found: list[tuple[JobHandle, Manifest]] = []
    denied: dict[str, ArenaError] = {}
    readable = False
    handles, broken = session.job_types()
    for reason in broken.values():
        log.info("%s", reason.message)
    for handle in handles:
        try:
            found.append((handle, session.cluster.get(handle.job_type.resource, namespace, name)))
        except NamespaceNotFound:
            raise
        except (KindNotInstalled, NotFound):
            pass
        except PermissionDenied as error:
            denied[handle.job_type.name] = error
            continue
        readable = True
    return _Search(found, denied, list(broken), readable)


def missing(name: str, namespace: str, job_type: str, error: NotFound | None) -> NotFound:
    """Return the error for a job that is not there, or whose namespace is not."""
    if isinstance(error, NamespaceNotFound):
        return error
    what = f"{job_type} {name}" if job_type else f"job {name}"
    return NotFound(f"{what} does not exist in namespace {namespace}", "`arena list -A` shows the jobs of all namespaces")
