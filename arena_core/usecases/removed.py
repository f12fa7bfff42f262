"""Why there is nothing to read: not yet, never, or not any more, and by what."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import Instance, LogSource, Manifest, Phase
from arena_core.k8s import dig
from arena_core.podwords import start_trouble
from arena_core.usecases import elsewhere
from arena_core.usecases.spoken import about
from arena_core.usecases.views import Job
from arena_core.usecases.waiting import pod_finished, why_no_instances, why_waiting

_START_FAILED = ("StartError", "ContainerCannotRun", "RunContainerError", "CreateContainerError", "CreateContainerConfigError")
#: What a container waits with that will never start as it is.
_NEVER = ("InvalidImageName", "ErrImageNeverPull")


def nothing_to_read(job: Job, wanted: str = "") -> ArenaError:
    """Return the error for a job that has none of the instances that are meant."""
    if job.status.phase.finished:
        return _removed(job, wanted)
    if job.status.instances and job.pods:
        gone = wanted or "the instance that leads it"
        names = ", ".join(i.short_name for i in job.status.instances)
        return NotFound(f"{gone} of {job.name} is not there: its pod is gone or has not been made yet", f"its instances: {names}")
    if other := elsewhere.told(job.manifest):
        return ArenaError(f"{job.name} is {job.status.phase} and has no instances in this cluster", other)
    if job.status.phase is Phase.SUSPENDED:
        return ArenaError(f"{job.name} is SUSPENDED: it has no instances", f"{about(job, 'why')} says more")
    return ArenaError(
        why_no_instances(job.name, job.status), f"{about(job, 'logs -f')} waits for them, `arena get -e {job.name}` shows more"
    )


def _removed(job: Job, wanted: str) -> NotFound:
    whose = f"{wanted}'s pod" if wanted else "its pods" if not job.status.instances else "the pod that leads it"
    when = f" (it ended at {job.status.end})" if job.status.end else ""
    removal, follow = job.status.removal, "`arena logs -f` during the run has every line"
    keep = f"{removal.keep}, {follow}" if removal else follow
    text = f"{job.name} is {job.status.phase}{when} and {whose} {'is' if wanted or job.status.instances else 'are'} gone, with the logs"
    return NotFound(f"{text}: {removal.rule}" if removal else text, f"`arena get -e {job.name}` shows its events; {keep}")


def not_ready(job: Job, sources: Sequence[LogSource], pods: dict[str, Manifest]) -> ArenaError:
    """Return the error for instances that are there and have no log."""
    meant = [i for i in job.status.instances if i.name in {s.pod for s in sources} and i.name in pods]
    reasons = [_reason(instance, pods[instance.name]) for instance in meant]
    text = "; ".join(reason for reason, _ in reasons) or "the instance is gone"
    if any(hope for _, hope in reasons) and not job.status.phase.finished:
        return ArenaError(f"no log yet: {text}", f"{about(job, 'logs -f')} waits for it")
    return ArenaError(f"no log: {text}", f"{about(job, 'why')} says more")


def _reason(instance: Instance, pod: Manifest) -> tuple[str, bool]:
    """Return why an instance has no log, and whether it may still have one."""
    if dig.text(pod, "metadata", "deletionTimestamp"):
        return f"{instance.short_name} is being removed and has no log", False
    if pod_finished(pod):
        message = instance.message or dig.text(pod, "status", "message")
        return f"{instance.short_name} has ended without having run" + (f": {message}" if message else ""), False
    for row in dig.items(pod, "status", "containerStatuses"):
        if dig.text(row, "state", "waiting", "reason") in _NEVER:
            return f"{why_waiting(instance, pod)}; it never starts like this", False
    return why_waiting(instance, pod), True


def start_failure(pod: Manifest, source: LogSource) -> ArenaError | None:
    """Return the error of a container that could not be started; it has written nothing, and the runtime's message says why."""
    for row in (row for key in ("containerStatuses", "initContainerStatuses") for row in dig.items(pod, "status", key)):
        if row.get("name") != source.container:
            continue
        for state in ("state", "lastState"):
            ended = dig.mapping(row, state, "terminated") or dig.mapping(row, state, "waiting")
            if ended.get("reason") in _START_FAILED:
                message = start_trouble(dig.text(ended, "message")) or dig.text(ended, "reason")
                return ArenaError(f"{source.label or source.pod} could not start: {message}")
    return None
