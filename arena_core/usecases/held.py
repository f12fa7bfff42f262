"""What holds up a job that its operator's conditions do not tell: pods of an earlier job, and its own deletion. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.types import JobStatus, Manifest, Phase
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.ownership import earlier_text

#: The reasons of a status that are given here.
EARLIER = "EarlierInstances"
TERMINATING = "Terminating"
WAITS = "waiting for its instances to end"


def held_up(status: JobStatus, job: Manifest, pods: Sequence[Manifest], earlier: Sequence[Manifest]) -> JobStatus:
    """Return the status of a job type with what it cannot see."""
    if metadata_of(job).get("deletionTimestamp"):
        return _ending(status, job)
    # Pods of an earlier job keep those of the new one from being made. One whose name was generated is in nobody's way.
    blocking = [pod for pod in earlier if not metadata_of(pod).get("generateName")]
    if not blocking or status.phase is not Phase.PENDING or len(pods) >= max(status.replicas, 1):
        return status
    return replace(status, reason=EARLIER, message=earlier_text(blocking))


def _ending(status: JobStatus, job: Manifest) -> JobStatus:
    """A job that is being deleted runs no more, whatever its conditions say; one that had ended stays what it was."""
    if status.phase.finished:
        return status
    held = finalizers_text(job)
    message = f"it is being deleted: {held}" if held else "it is being deleted"
    return replace(status, phase=Phase.UNKNOWN, exact="Terminating", reason=TERMINATING, message=message)


def finalizers_text(job: Manifest) -> str:
    """Say what holds an object that is being deleted by its finalizers, or nothing where there are none."""
    group = dig.text(job, "apiVersion").rpartition("/")[0]
    found = [str(one) for one in metadata_of(job).get("finalizers") or []]
    # The garbage collector's own, and that of the job's operator, are removed by themselves when the instances have ended.
    foreign = [one for one in found if one != "foregroundDeletion" and not (group and one.partition("/")[0] == group)]
    if not foreign:
        return WAITS if found else ""
    several = len(foreign) > 1
    return f"finalizer{'s' if several else ''} {', '.join(foreign)} must be removed by whoever set {'them' if several else 'it'}"
