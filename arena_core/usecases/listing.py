"""``list``: one request per installed job type, and one for pods."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from arena_core.contract.errors import ArenaError, KindNotInstalled, PluginError, UsageError
from arena_core.contract.types import JobHandle, Manifest
from arena_core.kube.resources import PODS
from arena_core.registry.border import hushed
from arena_core.registry.registry import NO_JOB_TYPE
from arena_core.usecases.asking import answers_404, ask_each
from arena_core.usecases.facts import unknown, view, wrapped
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.ownership import guess, is_earlier, owner_of, uid_of
from arena_core.usecases.pods import Common, PodIndex, selectors_of
from arena_core.usecases.session import Session, labels_of_all, names_by_kind, not_installed, one_of_each, typed_of
from arena_core.usecases.unread import all_refused, is_partial, phrase, sentence
from arena_core.usecases.views import Job, JobList

Found = list[tuple[JobHandle, Manifest]]


def list_jobs(
    session: Session,
    *,
    job_type: str = "",
    namespace: str = "",
    selector: str = "",
    read_pods: Sequence[Manifest] | None = None,
    among: Sequence[JobHandle] = (),
) -> JobList[Job]:
    """Return the jobs of a namespace ("" = all). ``read_pods`` are all pods there, where somebody has read them already.

    A kind that the cluster does not serve has no jobs. A job type that cannot be read is noted and the others are listed; if none can
    be read, that is an error. With ``job_type`` both are errors. ``among`` asks for the kinds of some types alone, each once.
    """
    found, notes, unread = _objects(session, job_type, namespace, selector, among=among)
    known = {uid_of(job): job for _, job in found}
    found = outermost(session, found, unread)
    with hushed():
        chosen, common = _chosen(found)
    pods = PodIndex(read_pods) if read_pods is not None else _pods(session, common, bool(found), namespace, unread)
    all_types = not job_type and not selector and not among
    inside = _inside(known.values() if all_types else _wrapped(session, found, namespace, unread))
    with hushed():
        jobs = [
            _row(handle, job, selectors, pods, known, unread, inside.get(uid_of(job)))
            for (handle, job), selectors in zip(found, chosen, strict=True)
        ]
    phrases = tuple(unread.values())
    notes += [sentence(phrases)] if phrases else []
    return JobList(tuple(in_order(jobs)), tuple(notes), phrases)


def select(session: Session, selector: str, *, job_type: str = "", namespace: str = "") -> tuple[Found, tuple[str, ...]]:
    """Return the jobs with these labels, and a phrase for each job type that cannot be read.

    A bare 404 is taken for "not served" only where the cluster's discovery agrees: a proxy sends such answers, too.
    """
    found, _, unread = _objects(session, job_type, namespace, selector, prove=True)
    return outermost(session, found, unread), tuple(unread.values())


def _wrapped(session: Session, found: Found, namespace: str, unread: dict[str, str]) -> list[Manifest]:
    """Return the jobs of the types that those found wrap, which a list of one type or of some labels leaves out."""
    kinds = {inner.resource for handle, job in found if (inner := wrapped(handle, job))}
    jobs: list[Manifest] = []
    for resource in kinds:
        try:
            jobs += session.cluster.list(resource, namespace).items
        except KindNotInstalled:
            continue
        except ArenaError as error:
            if not is_partial(error):
                raise
            unread[resource.key] = phrase(resource, error)
    return jobs


def _inside(jobs: Iterable[Manifest]) -> dict[str, list[Manifest]]:
    """Return the jobs that another one owns, by its uid: how they end need not show in the one around them."""
    found: dict[str, list[Manifest]] = {}
    for job in jobs:
        if uid := str(owner_of(job).get("uid") or ""):
            found.setdefault(uid, []).append(job)
    return found


def _chosen(found: Found) -> tuple[list[tuple[str, ...] | PluginError], str]:
    """Return the selectors of each job's pods, and the narrowest one that finds them all."""
    chosen: list[tuple[str, ...] | PluginError] = []
    common = Common()
    for handle, job in found:
        selectors = _selectors(handle, job)
        chosen.append(selectors)
        for text in selectors if isinstance(selectors, tuple) else ():
            common.add(text)
    return chosen, common.text


def _selectors(handle: JobHandle, job: Manifest) -> tuple[str, ...] | PluginError:
    """Return the selectors of a job's pods, or what keeps its plugin from naming them: that is told in its row."""
    try:
        return selectors_of(handle, job)
    except PluginError as error:
        return error


def _row(
    handle: JobHandle,
    job: Manifest,
    selectors: tuple[str, ...] | PluginError,
    pods: PodIndex | None,
    known: Mapping[str, Manifest],
    unread: Mapping[str, str],
    inside: Sequence[Manifest] | None,
) -> Job:
    if pods is None:
        return judged(handle, job, None, known, inside, [unread[PODS.key]] if PODS.key in unread else [])
    if isinstance(selectors, PluginError):
        return unknown(handle, job, selectors)
    return judged(handle, job, pods.of(str(metadata_of(job).get("namespace", "")), selectors), known, inside)


def judged(
    handle: JobHandle,
    job: Manifest,
    candidates: Iterable[Manifest] | None,
    known: Mapping[str, Manifest],
    inside: Sequence[Manifest] | None,
    unread: Sequence[str] = (),
) -> Job:
    """Return a job with its status: of the pods with its labels those that are its own, ``known`` are jobs that may own them.

    ``candidates`` is None where pods were not read; ``inside`` are jobs that it owns.
    """
    if candidates is None:
        return view(handle, job, None, inside, unread=unread)
    mine, earlier = [], []
    for pod in candidates:
        if guess(pod, job, known):
            mine.append(pod)
        elif is_earlier(pod, job):
            earlier.append(pod)
    return view(handle, job, mine, inside, earlier=earlier)


def _objects(
    session: Session, job_type: str, namespace: str, selector: str, *, prove: bool = False, among: Sequence[JobHandle] = ()
) -> tuple[Found, list[str], dict[str, str]]:
    """Return the jobs, notes, and by job type a phrase for what cannot be read."""
    found: Found = []
    refused: list[ArenaError] = []
    unread: dict[str, str] = {}
    missing: list[str] = []
    handles, broken = ([session.handle(job_type)], {}) if job_type else (one_of_each(among), {}) if among else session.job_types()
    notes = [reason.message for reason in broken.values()]

    named = names_by_kind(session.jobs)

    def ask(handle: JobHandle) -> list[Manifest]:
        return session.cluster.list(handle.job_type.resource, namespace, label_selector=labels_of_all(handle, selector)).items

    for handle, answer in ask_each(session, handles, ask):
        if prove and isinstance(answer, KindNotInstalled) and session.cluster.served().has(handle.job_type.resource):
            answer = answers_404(handle)
        if isinstance(answer, KindNotInstalled):
            if job_type:
                raise not_installed(handle, answer) from answer
            missing.append(handle.job_type.resource.kind)
        elif isinstance(answer, ArenaError):
            if selector:
                _selector_refused(answer, selector)
            refused.append(answer)
            unread[handle.job_type.name] = phrase(handle.job_type.resource, answer)
        else:
            others = named.get(handle.job_type.resource.key, set()) - {handle.job_type.name}
            found += _of_type(session, handle, answer, shared=bool(others), only=bool(job_type))
    if refused and len(refused) == len(handles) - len(missing):
        raise all_refused(refused)
    if missing and len(missing) == len(handles) and not among:
        notes.append(f"this cluster has no operator for any installed job type ({', '.join(missing)})")
    if not handles and not notes:
        notes.append(NO_JOB_TYPE)
    return found, notes, unread


def _of_type(session: Session, handle: JobHandle, items: Sequence[Manifest], *, shared: bool, only: bool) -> Found:
    """Return the objects with their types: types may share a kind, which is asked for once; ``only`` leaves out those of others."""
    if not shared and not handle.job_type.listed_by:
        return [(handle, item) for item in items]
    typed = [(owner, item) for item in items if (owner := typed_of(session, handle, item))]
    return [(owner, item) for owner, item in typed if not only or owner.job_type.name == handle.job_type.name]


def _selector_refused(error: ArenaError, selector: str) -> None:
    """Raise if it is the selector that the server refuses."""
    from arena_core.kube.refusals import Invalid

    if isinstance(error, Invalid):
        reason = error.message.partition(" was refused: ")[2] or error.message
        raise UsageError(f"the label selector {selector!r}: {reason}", "for example team=a,stage!=test") from error


def outermost(session: Session, found: Found, unreadable: Container[str]) -> Found:
    """Leave out jobs that another known job owns: they are shown under their owner, if that may be read."""
    uids = {metadata_of(job).get("uid") for _, job in found}
    kept: Found = []
    for handle, job in found:
        reference = owner_of(job)
        owner = session.jobs.for_object(reference) if reference and reference.get("uid") not in uids else None
        if reference.get("uid") in uids or (owner is not None and owner.job_type.name not in unreadable):
            continue
        kept.append((handle, job))
    return kept


def _pods(session: Session, common: str, needed: bool, namespace: str, unread: dict[str, str]) -> PodIndex | None:
    if not needed:
        return PodIndex(())
    try:
        return PodIndex(session.cluster.list(PODS, namespace, label_selector=common).items)
    except ArenaError as error:
        if not is_partial(error):
            raise
        unread[PODS.key] = phrase(PODS, error)
        return None


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs that have not started, then those with the newest start; of equals the newest object, then by name."""
    by_name = sorted(jobs, key=_place)
    return sorted(by_name, key=_newest, reverse=True)


def _place(job: Job) -> tuple[str, str]:
    metadata = metadata_of(job.manifest)
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def _newest(job: Job) -> tuple[bool, str, str]:
    start = job.status.start
    return not start, start, job.created
