"""``delete``: the job goes, and with it all that it owns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from arena_core.contract.errors import ArenaError, ClusterUnreachable, KindNotInstalled, NotFound, PermissionDenied
from arena_core.contract.types import Manifest
from arena_core.k8s import dig, selectors
from arena_core.kube.refusals import Conflict
from arena_core.records import replace
from arena_core.typed import NamedTuple
from arena_core.usecases import record, remember
from arena_core.usecases.find import find, missing
from arena_core.usecases.going import Going, await_gone
from arena_core.usecases.listing import select
from arena_core.usecases.marks import SUBMIT_ID, annotations_of, labels_of, metadata_of
from arena_core.usecases.naming import label_selector
from arena_core.usecases.ownership import uid_of
from arena_core.usecases.session import Session, not_installed, shared
from arena_core.usecases.views import Deleted

#: For so few job types each record is asked for by itself.
_FEW = 6


class Deletion(NamedTuple):
    """How to delete. Without a ``namespace`` a selector holds for all of them.

    ``wait`` is "" (return at once), ``"job"`` (until its object is gone) or ``"all"`` (until its instances are, too).

    ``on_wait`` is told what is waited for when that takes long.
    """

    namespace: str
    wait: str = ""
    timeout: float | None = None
    on_wait: Callable[[str], None] = lambda text: None


class Target(NamedTuple):
    """What is to be deleted; with a uid that very job. ``job`` is the object where it has been read."""

    name: str
    job_type: str = ""
    namespace: str = ""
    uid: str = ""
    job: Manifest | None = None


def delete_jobs(session: Session, targets: Sequence[Target], deletion: Deletion) -> list[Deleted]:
    """Delete jobs, each once; one that is missing or refused does not stop the others."""
    return _delete_all(session, list(dict.fromkeys(targets)), deletion)


def delete_selected(session: Session, selector: str, deletion: Deletion, *, job_type: str = "") -> list[Deleted]:
    """Delete the jobs with these labels. What could not be read may have more of them: that is an error of its own at the end."""
    wanted = label_selector(selector)
    found, unread = select(session, selector, job_type=job_type, namespace=deletion.namespace)
    # A server that does not heed the selector would have every job deleted.
    found = [(handle, job) for handle, job in found if selectors.matches(wanted, labels_of(job))]
    targets = [Target(str(metadata_of(job).get("name")), handle.job_type.name, _of(job), uid_of(job), job) for handle, job in found]
    results = _delete_all(session, targets, deletion)
    if unread:
        what = "there may be more jobs" if found else "it is not known whether there are jobs"
        text = f"{what} with the labels {selector}: these cannot be read: {', '.join(unread)}"
        kind = PermissionDenied if "(forbidden)" in text else ClusterUnreachable
        results.append(Deleted("", error=kind(text, "with --type only that type is looked at")))
    return results


def _delete_all(session: Session, targets: Sequence[Target], deletion: Deletion) -> list[Deleted]:
    """Delete all, then wait for all: their instances end side by side."""
    deadline = None if deletion.timeout is None else time.monotonic() + deletion.timeout
    session = replace(session, cluster=session.cluster.limited(deadline))
    results: list[Deleted] = []
    going: dict[int, Going] = {}
    remember.before_deletion(session, [(t.name, t.job_type, t.namespace or deletion.namespace) for t in targets])
    for number, target in enumerate(targets):
        try:
            result, left = _delete(session, target, deletion)
        except ArenaError as error:
            result, left = Deleted(target.name, target.job_type, error=error, namespace=target.namespace or deletion.namespace), None
        results.append(result)
        if left is not None and deletion.wait:
            going[number] = left
    for number, left in going.items():
        results[number] = results[number]._replace(error=await_gone(session, left, deadline, deletion.on_wait))
    return results


def _of(job: Manifest) -> str:
    return str(metadata_of(job).get("namespace") or "")


def _delete(session: Session, target: Target, deletion: Deletion) -> tuple[Deleted, Going | None]:
    name, namespace = target.name, target.namespace or deletion.namespace
    job: Manifest = target.job or {}
    if target.job_type:
        handle = session.handle(target.job_type)
        if not job and (handle.job_type.listed_by or shared(session.jobs, handle)):
            # Most objects of the kind are no jobs, or some are jobs of another type: what is deleted must be known to be one of this type.
            try:
                handle, job, _ = find(session, name, target.job_type, namespace)
            except NotFound:
                if left_over := _left_over(session, name, [target.job_type], namespace):
                    return left_over, None
                raise
    else:
        try:
            handle, job, unread = find(session, name, "", namespace)
        except NotFound:
            if left_over := _left_over(session, name, session.jobs.names(), namespace):
                return left_over, None
            raise
        if unread:
            # Without its owner's leave it would come back, or the owner would fail.
            what = f"{name} may be part of a job of the same name that cannot be read: {', '.join(unread)}; nothing was deleted"
            refused = PermissionDenied if "(forbidden)" in unread[0] else ClusterUnreachable
            raise refused(what, f"`arena delete {name} --type {handle.job_type.name}` deletes the inner job alone")
    kind = handle.job_type
    uid = target.uid or uid_of(job)
    try:
        # Its pods, Services, ConfigMaps and the record (old Arena's, too) are owned by the job: the garbage collector takes them.
        propagation = "Foreground" if deletion.wait == "all" else "Background"
        left = session.cluster.delete(kind.resource, namespace, name, uid=uid, propagation=propagation)
    except KindNotInstalled as error:
        raise not_installed(handle, error) from error
    except Conflict as error:
        if not target.uid:
            raise
        raise NotFound(f"{kind.name} {name} was deleted before; the job that has its name now is another") from error
    except NotFound as error:
        if left_over := _left_over(session, name, [kind.name], namespace):
            return left_over, None
        raise missing(name, namespace, kind.name, error) from error
    still = left if left is not None and left.get("kind") != "Status" else None
    job = job or still or {}
    if "release" in labels_of(job) and SUBMIT_ID not in annotations_of(job):
        # Old Arena sets the owner of its record in a second step, which may have failed.
        record.remove_left_over(session.cluster, namespace, name, kind.name)
    full_name = f"{kind.resource.kind.lower()}.{kind.resource.group}/{name}"
    result = Deleted(name, kind.name, full_name, uid=uid or uid_of(job) or dig.text(left, "details", "uid"), namespace=namespace)
    remember.deleted(session, result.uid, job)
    return result, Going(handle, still) if still and metadata_of(still).get("deletionTimestamp") else None


def _left_over(session: Session, name: str, types: Sequence[str], namespace: str) -> Deleted | None:
    """There is no such job: remove the record that one has left behind, if there is one."""
    if len(types) > _FEW:
        types = record.left_over_types(session.cluster, namespace, name, types)
    for job_type in types:
        if record.remove_left_over(session.cluster, namespace, name, job_type):
            return Deleted(name, job_type, f"configmap/{record.record_name(name, job_type)}", record_only=True, namespace=namespace)
    return None
