"""``suspend``, ``resume`` and ``scale``: a live job is changed at the places that its type names, and nowhere else."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any

from arena_core.contract.errors import ArenaError, NotFound, TimedOut, UsageError
from arena_core.contract.types import JobHandle, JobType, Manifest, Phase, Rescale, Scale
from arena_core.k8s import path as paths
from arena_core.kube.refusals import Conflict
from arena_core.kube.resources import resource_of
from arena_core.usecases.facts import read
from arena_core.usecases.find import find_this
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import an, of
from arena_core.usecases.views import Job
from arena_core.usecases.watching import States

#: Seconds that the instances of a suspended job may take to end before it is resumed.
PATIENCE = 60.0


def suspend(session: Session, name: str, value: bool, *, job_type: str = "", namespace: str = "", uid: str = "") -> Job:
    """Suspend a job, or let it go on; returns it as it is then. One that is so already is left alone."""

    def changes(handle: JobHandle, known: Job) -> Mapping[str, Any] | Job:
        own, job = handle.job_type, known.manifest
        what = "suspended" if value else "resumed"
        if not has_switch(own):
            raise UsageError(f"{an(own.name)} cannot be {what}", _instead(job, own.workload, value))
        if why := own.suspend_check(job):
            raise ArenaError(f"{name} cannot be {what}: {why}")
        if _is_suspended(own, known) is value:
            return known
        if own.suspend_request is not None:
            _create(session, job, own.suspend_request(job, value))
            return _taken_up(session, handle, known, value)
        if not value and own.workload != "schedule":  # what a schedule has made goes on meanwhile
            _await_no_pods(session, handle, job)
        return {own.suspend_path: value}

    return _change(session, name, job_type, namespace, uid, changes)


def has_switch(own: JobType) -> bool:
    """Whether jobs of a type can be suspended and resumed."""
    return bool(own.suspend_path) or own.suspend_request is not None


def _is_suspended(own: JobType, known: Job) -> bool:
    """Whether a job is suspended: by its switch, else by its status."""
    return bool(paths.get(known.manifest, own.suspend_path)) if own.suspend_path else known.status.phase is Phase.SUSPENDED


def _taken_up(session: Session, handle: JobHandle, known: Job, value: bool) -> Job:
    """Wait until the operator has done what it was asked for: before, a second request could overtake the first."""
    for found in States(session, handle, known.manifest, time.monotonic() + PATIENCE):
        if found is None:
            raise NotFound(f"{known.name} is deleted")
        if found.status.phase.finished:
            raise _ended(found)
        if _is_suspended(handle.job_type, found) is value:
            return found
    text = f"{known.name} is not {'suspended' if value else 'resumed'} yet, {PATIENCE:g} s after its operator was asked"
    raise TimedOut(text, f"the request stays; is {handle.job_type.operator or 'the operator'} running?")


def _instead(job: Manifest, workload: str, value: bool) -> str:
    """Return what to do about a job of a type that knows no suspending."""
    if workload == "service":
        return f"{of(job, 'scale', '0' if value else '1')} {'ends' if value else 'starts'} its instances"
    return f"{of(job, 'delete')} ends it" if value else f"{of(job, 'why')} says what it waits for"


def _await_no_pods(session: Session, handle: JobHandle, job: Manifest) -> None:
    """Wait until the pods of the run before are gone: operators take pods that are being deleted for failed ones of the new run."""
    left = 0
    for found in States(session, handle, job, time.monotonic() + PATIENCE):
        if found is None:
            return  # told by whoever asks for it next
        left = len(found.pods)
        if not left:
            return
    if left:
        raise TimedOut(f"{left} of its instances have not ended yet, {PATIENCE:g} s after somebody wants to resume it", "try again later")


def scale(
    session: Session,
    name: str,
    sizes: Mapping[str, int],
    *,
    how: Rescale | None = None,
    relative: bool = False,
    job_type: str = "",
    namespace: str = "",
    uid: str = "",
) -> Job:
    """Change how many pods roles of a job have; returns it as it is then. ``relative`` sizes are added to those that there are."""

    def changes(handle: JobHandle, known: Job) -> Mapping[str, Any]:
        job = known.manifest
        roles = {one.role: one for one in handle.job_type.scale(job)}
        if not roles:
            why = handle.job_type.scale_check(job)
            text = f"the size of {an(handle.job_type.name)} cannot be changed while it runs{f': {why}' if why else ''}"
            raise UsageError(text, "submit it again")
        wanted = {}
        for role, number in sizes.items():
            if role not in roles:
                raise UsageError(f"{name} has no role {role!r} whose size can be changed", f"there is: {', '.join(roles)}")
            now = size_of(roles[role], job)
            new = number + now if relative else number
            _within(roles[role], new)
            if new != now:
                wanted[role] = new
        if how is not None and (plain := [role for role in wanted if roles[role].request is None]):
            raise UsageError(f"{plain[0]}: its size is changed at once; there is no script, no timeout and no retry")
        for role in [role for role in wanted if roles[role].request is not None]:
            _ask(session, job, roles[role], wanted.pop(role), how or Rescale())
        return {roles[role].path: number for role, number in wanted.items()}

    return _change(session, name, job_type, namespace, uid, changes)


def size_of(role: Scale, job: Manifest) -> int:
    """Return how many pods a role has, as its type or the object says."""
    if role.now is not None:
        return role.now
    found = paths.get(job, role.path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 1


def _ask(session: Session, job: Manifest, role: Scale, number: int, how: Rescale) -> None:
    """Create the object by which the job's operator is asked for another size."""
    assert role.request is not None
    _create(session, job, role.request(job, size_of(role, job), number, how))


def _create(session: Session, job: Manifest, made: Manifest) -> None:
    """Create a request of an operator in the job's namespace, under a name of its own."""
    metadata = metadata_of(job)
    said = made.get("metadata") or {}
    made["metadata"] = said if said.get("generateName") else {"name": f"{metadata['name']}-{int(time.time())}", **said}
    session.cluster.create(resource_of(made["apiVersion"], made["kind"]), str(metadata["namespace"]), made)


def _within(role: Scale, number: int) -> None:
    if number < role.minimum or (role.maximum is not None and number > role.maximum):
        bounds = f"at least {role.minimum}" if role.maximum is None else f"between {role.minimum} and {role.maximum}"
        raise UsageError(f"{role.role}={number}: it must be {bounds}")


def _change(
    session: Session, name: str, job_type: str, namespace: str, uid: str, changes: Callable[[JobHandle, Job], Mapping[str, Any] | Job]
) -> Job:
    """Read the job, ask what is to change, and patch just that; once more where somebody else has changed it meanwhile."""
    namespace = namespace or session.namespace
    for _ in range(3):
        handle, job, unread = find_this(session, name, job_type, namespace, uid)
        known = read(session, handle, job, unread)
        if metadata_of(job).get("deletionTimestamp"):
            raise NotFound(f"{known.name} is being deleted")
        if known.status.phase.finished:
            raise _ended(known)
        wanted = changes(handle, known)
        if isinstance(wanted, Job):
            return wanted
        if not wanted:
            return known
        try:
            made = session.cluster.patch(handle.job_type.resource, namespace, known.name, merge_patch(job, wanted))
        except Conflict:
            continue
        return read(session, handle, made, unread)
    raise ArenaError(f"{name} is changed by somebody else all the time", "try again")


def _ended(known: Job) -> ArenaError:
    text = f"{known.name} has ended ({known.status.phase}): it can no longer be changed"
    return ArenaError(text, f"`arena clone {known.name}` submits it again under another name")


def merge_patch(obj: Manifest, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch for values at paths. A list is replaced as a whole, so that the patch holds for this version alone.

    >>> merge_patch({"metadata": {"uid": "u"}}, {"spec.suspend": True})
    {'metadata': {'uid': 'u'}, 'spec': {'suspend': True}}
    """
    metadata = metadata_of(obj)
    patch: dict[str, Any] = {"metadata": {"uid": metadata.get("uid")}}
    for where, value in changes.items():
        steps = paths.steps(where)
        first = next((at for at, step in enumerate(steps) if isinstance(step, int)), None)
        if first is None:
            paths.put(patch, steps, value)
            continue
        if paths.get(patch, steps[:first]) is None:
            paths.put(patch, steps[:first], copy.deepcopy(paths.get(obj, steps[:first])))
            patch["metadata"]["resourceVersion"] = metadata.get("resourceVersion")
        paths.put(patch, steps, value)
    return patch
