"""``list``: one request per installed job type, and one for pods."""

from __future__ import annotations

from collections.abc import Container, Mapping

from arena_core.errors import ArenaError, KindNotInstalled, PermissionDenied, UsageError
from arena_core.jobs.facts import view
from arena_core.jobs.marks import metadata_of
from arena_core.jobs.ownership import guess, is_earlier, owner_of, uid_of
from arena_core.jobs.pods import PodIndex, common_selector
from arena_core.jobs.session import Session, not_installed
from arena_core.jobs.views import Job, JobList
from arena_core.kube.refusals import Invalid
from arena_core.kube.resources import PODS
from arena_core.registry.registry import NO_JOB_TYPE
from arena_core.types import UNREAD, JobHandle, Manifest

Found = list[tuple[JobHandle, Manifest]]


def list_jobs(session: Session, *, job_type: str = "", namespace: str = "", selector: str = "") -> JobList:
    """Return the jobs of a namespace ("" = all).

    A kind that the cluster does not serve has no jobs. A job type that may not be read is noted and the others are listed; if
    none may be read, that is an error. With ``job_type`` both are errors.
    """
    found, notes, denied, readable = _objects(session, job_type, namespace, selector)
    if denied and not readable:
        raise next(iter(denied.values()))
    known = {uid_of(job): job for _, job in found}
    found = _outermost(session, found, denied)
    pods = _pods(session, found, namespace, notes)
    jobs = [_row(handle, job, pods, known) for handle, job in found]
    return JobList(tuple(sorted(jobs, key=_order, reverse=True)), tuple(notes))


def _row(handle: JobHandle, job: Manifest, pods: PodIndex | None, known: Mapping[str, Manifest]) -> Job:
    if pods is None:
        return view(handle, job, UNREAD)
    candidates = pods.of(str(metadata_of(job).get("namespace", "")), handle.job_type.pod_labels(job))
    mine, earlier = [], []
    for pod in candidates:
        if guess(pod, job, known):
            mine.append(pod)
        elif is_earlier(pod, job):
            earlier.append(pod)
    return view(handle, job, mine, earlier=earlier)


def _objects(session: Session, job_type: str, namespace: str, selector: str) -> tuple[Found, list[str], dict[str, ArenaError], bool]:
    found: Found = []
    denied: dict[str, ArenaError] = {}
    readable = False
    missing: list[str] = []
    handles, broken = ([session.handle(job_type)], {}) if job_type else session.job_types()
    notes = [reason.message for reason in broken.values()]
    for handle in handles:
        resource = handle.job_type.resource
        try:
            items = session.cluster.list(resource, namespace, label_selector=selector).items
        except KindNotInstalled as error:
            if job_type:
                raise not_installed(handle, error) from error
            missing.append(resource.kind)
            readable = True
        except Invalid as error:
            if not selector:
                raise
            reason = error.message.partition(" was refused: ")[2] or error.message
            raise UsageError(f"the label selector {selector!r}: {reason}", "for example team=a,stage!=test") from error
        except PermissionDenied as error:
            denied[handle.job_type.name] = error
            notes.append(f"{handle.job_type.name} is not listed: {error.message}")
        else:
            readable = True
            found += [(handle, item) for item in items]
    if missing and len(missing) == len(handles):
        notes.append(f"this cluster has no operator for any installed job type ({', '.join(missing)})")
    if not handles and not notes:
        notes.append(NO_JOB_TYPE)
    return found, notes, denied, readable


def _outermost(session: Session, found: Found, unreadable: Container[str]) -> Found:
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


def _pods(session: Session, found: Found, namespace: str, notes: list[str]) -> PodIndex | None:
    if not found:
        return PodIndex(())
    wanted = [labels for handle, job in found if (labels := handle.job_type.pod_labels(job))]
    try:
        return PodIndex(session.cluster.list(PODS, namespace, label_selector=common_selector(wanted)).items)
    except PermissionDenied as error:
        notes.append(f"instances are not shown: {error.message}")
        return None


def _order(job: Job) -> tuple[bool, str, str]:
    """Jobs that have not started lead, then the newest start; of equals the newest object."""
    return (not job.status.start, job.status.start, job.created)
