"""``delete``: the job goes, and with it all that it owns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from arena_core import dig
from arena_core.errors import ArenaError, KindNotInstalled, NotFound, TimedOut
from arena_core.jobs import record
from arena_core.jobs.find import find, missing
from arena_core.jobs.marks import SUBMIT_ID, annotations_of, labels_of, metadata_of
from arena_core.jobs.ownership import uid_of
from arena_core.jobs.session import Session, not_installed
from arena_core.jobs.views import Deleted
from arena_core.types import Manifest, Resource


def delete_jobs(
    session: Session,
    names: Sequence[str],
    *,
    job_type: str = "",
    namespace: str = "",
    wait: bool = False,
    timeout: float | None = None,
) -> list[Deleted]:
    """Delete jobs by name, one after the other; one that is missing or refused does not stop the others.

    With ``wait`` it returns when the jobs and all that they own are gone: the API server keeps a job that is deleted in the
    foreground until then, so that watching it tells.
    """
    namespace = namespace or session.namespace
    results: list[Deleted] = []
    going: list[_Going] = []
    for name in names:
        try:
            results.append(_delete(session, name, job_type, namespace, going, wait=wait))
        except ArenaError as error:
            results.append(Deleted(name, error=error))
    if wait:
        deadline = None if timeout is None else time.monotonic() + timeout
        for one in going:
            _wait_gone(session, one, namespace, deadline)
    return results


@dataclass(frozen=True)
class _Going:
    """A job that is being deleted: what to wait for."""

    resource: Resource
    job: Manifest


def select(session: Session, selector: str, *, job_type: str = "", namespace: str = "") -> list[tuple[str, str]]:
    """Return (name, job type) of the jobs with these labels, for ``delete -l``."""
    from arena_core.jobs.listing import list_jobs

    found = list_jobs(session, job_type=job_type, namespace=namespace or session.namespace, selector=selector)
    return [(job.name, job.job_type) for job in found.jobs]


def _delete(session: Session, name: str, job_type: str, namespace: str, going: list[_Going], *, wait: bool) -> Deleted:
    job: Manifest = {}
    if job_type:
        handle = session.handle(job_type)
    else:
        try:
            handle, job = find(session, name, "", namespace)
        except NotFound:
            if left_over := _left_over(session, name, session.jobs.names(), namespace):
                return left_over
            raise
    kind = handle.job_type
    try:
        # Its pods, Services, ConfigMaps and the record (old Arena's, too) are owned by the job: the garbage collector takes them.
        uid = uid_of(job)
        left = session.cluster.delete(kind.resource, namespace, name, uid=uid, propagation="Foreground" if wait else "Background")
    except KindNotInstalled as error:
        raise not_installed(handle, error) from error
    except NotFound as error:
        if left_over := _left_over(session, name, [kind.name], namespace):
            return left_over
        raise missing(name, namespace, kind.name, error) from error
    if left is not None and left.get("kind") != "Status":
        going.append(_Going(kind.resource, left))
        job = job or left
    elif left is not None and not uid:
        uid = dig.text(left, "details", "uid")
    if "release" in labels_of(job) and SUBMIT_ID not in annotations_of(job):
        # Old Arena sets the owner of its record in a second step, which may have failed.
        record.remove_left_over(session.cluster, namespace, name, kind.name)
    full_name = f"{kind.resource.kind.lower()}.{kind.resource.group}/{name}"
    return Deleted(name, kind.name, full_name, uid=uid or uid_of(job))


def _left_over(session: Session, name: str, types: Sequence[str], namespace: str) -> Deleted | None:
    """There is no such job: remove the record that one has left behind, if there is one."""
    for job_type in types:
        if record.remove_left_over(session.cluster, namespace, name, job_type):
            return Deleted(name, job_type, f"configmap/{record.record_name(name, job_type)}", record_only=True)
    return None


def _wait_gone(session: Session, going: _Going, namespace: str, deadline: float | None) -> None:
    metadata = metadata_of(going.job)
    events = session.cluster.watch(
        going.resource,
        namespace,
        field_selector=f"metadata.name={metadata.get('name')}",
        resource_version=str(metadata.get("resourceVersion", "")),
        timeout=None if deadline is None else max(0.0, deadline - time.monotonic()),
        known=[going.job],
    )
    for kind, obj in events:
        if kind == "DELETED" or metadata_of(obj).get("uid") != metadata.get("uid"):
            return
    raise TimedOut(
        f"{going.resource.kind} {metadata.get('name')} or what it owns is still there",
        "finalizers or a pod that does not end may hold it: `kubectl get -o yaml` shows them",
    )
