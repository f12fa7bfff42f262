"""What types that make Jobs share: what pods add to a phase, queues, counts. Pure and total over arbitrary JSON.

Importable by plugins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.contract.types import Cause, Instance, JobStatus, Phase, Rank, Resource
from arena_core.families import kueue, queueing
from arena_core.k8s import dig, podsize
from arena_core.podstatus import instance
from arena_core.podwords import cause_of
from arena_core.typed import Any

JOB = Resource("batch", "v1", "Job", "jobs")
BACK_OFF = "BackOff"
#: (phase, the operator's own word, reason, message)
Said = tuple[Phase, str, str, str]


def pods_of_job(spec: Any) -> int:
    """Return how many pods of a Job run at a time: no more than must succeed."""
    parallel = dig.number(spec, "parallelism", default=1)
    return max(0, min(parallel, dig.number(spec, "completions", default=parallel)))


def requests(templates: Iterable[tuple[Any, int]]) -> dict[str, int]:
    """Return the extended resources of (pod template, number of pods), added up."""
    total: dict[str, int] = {}
    for template, count in templates:
        for name, amount in podsize.devices(dig.dig(template, "spec")).items():
            if amount * count:
                total[name] = total.get(name, 0) + amount * count
    return total


def priority(templates: Iterable[Any]) -> str:
    """Return the priority class of the first template that names one."""
    return next((name for template in templates if (name := dig.text(template, "spec", "priorityClassName"))), "")


def led(pods: Sequence[Any], leader: str, *, role: str, index: str, container: Callable[[str], str]) -> tuple[Instance, ...]:
    """Return the pods of a job that one of them leads: the newest of role ``leader`` first, then the others by number.

    ``role`` and ``index`` are labels, ``container`` says which container of a role is the main one. What is left of an earlier attempt
    stands behind.
    """
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    real.sort(key=lambda pod: dig.text(pod, "metadata", "name"))
    real.sort(key=lambda pod: dig.text(pod, "metadata", "creationTimestamp"), reverse=True)
    found: list[Instance] = []
    for pod in real:
        labels = dig.labels(pod)
        word = labels.get(role, "")
        chief = word == leader and not any(one.chief for one in found)
        number = 0 if word == leader else dig.number(labels, index, default=-1)
        found.append(instance(pod, role=word, index=number if number >= 0 else None, chief=chief, container=container(word)))
    return tuple(sorted(found, key=lambda i: (not i.chief, i.role != leader, i.index is None, i.index or 0)))


def status(
    job: Any,
    said: Said,
    members: Sequence[Instance],
    wanted: Sequence[tuple[Any, int]],
    *,
    start: str | None = None,
    end: str | None = None,
) -> JobStatus:
    """Return the status of a job from what was decided and its pods; ``wanted`` are (pod template, number of pods) of all its pods.

    Start and end are those that its status names in the usual fields unless they are given; the end counts once the job has ended.
    """
    phase, exact, reason, message = said
    if end is None:
        end = dig.text(job, "status", "completionTime") or dig.text(dig.condition(job, exact), "lastTransitionTime")
    return JobStatus(
        phase=phase,
        exact=exact,
        reason=reason,
        message=message,
        start=dig.text(job, "status", "startTime") if start is None else start,
        end=end if phase.finished else "",
        instances=tuple(members),
        replicas=sum(count for _, count in wanted),
        requests=requests(wanted),
        priority=priority(template for template, _ in wanted),
    )


def settled(job: Any, related: Sequence[Any], said: Said, pods: Sequence[Any] | None, add: Callable[[Said], Said]) -> Said:
    """Return what was decided with what queues the job and, unless that or its end is the whole story, what ``add`` sees in its pods."""
    said = held(job, related, said)
    if said[0].finished or said[0] in (Phase.SUSPENDED, Phase.QUEUING) or pods is None:
        return said
    return add(said)


def explain_failed(found: JobStatus, told: Mapping[str, str], otherwise: str, related: Sequence[Any], role_label: str) -> list[Cause]:
    """Return why a job made of Jobs has failed: as the type's own words have it, and which of its Jobs did."""
    text = told.get(found.reason) or found.message or otherwise
    return [Cause(text, rank=Rank.INFO, reason=found.reason), *failed_jobs(related, role_label)]


def started(job: Any, members: Sequence[Instance]) -> str:
    """Return when the first pod of a job without a start of its own started; without pods, when it was resumed or made."""
    first = min((i.started for i in members if i.started), default="")
    resumed = dig.condition(job, "Suspended")
    if first or resumed.get("status") == "True" or dig.flag(job, "spec", "suspend"):
        return first
    return dig.text(resumed, "lastTransitionTime") or (dig.text(job, "metadata", "creationTimestamp") if dig.mapping(job, "status") else "")


def held(job: Any, related: Sequence[Any], said: Said) -> Said:
    """Return QUEUING with Kueue's reason for a suspended job that Kueue holds."""
    if said[0] is Phase.SUSPENDED and (waiting := kueue.waiting(job, related)):
        return (Phase.QUEUING, said[1], *waiting)
    return said


def with_pods(said: Said, members: Sequence[Instance], pods: Sequence[Any]) -> Said:
    """Return what the pods add: a job of which one pod has not started is PENDING, and says why; one that crashes says so."""
    by_name = {dig.text(pod, "metadata", "name"): pod for pod in pods}
    causes = [(i, cause_of(by_name.get(i.name), i)) for i in members]
    stuck = [(i, cause) for i, cause in causes if i.phase == "Pending" and i.status != "Terminating"]
    if stuck:
        found = min((cause for _, cause in stuck if cause), key=lambda c: (c.rank, c.reason == "Schedulable"), default=None)
        first = stuck[0][0]
        reason, message = (found.reason, found.message) if found else (first.status, f"{first.name} is {first.status}")
        return Phase.PENDING, said[1], reason, message
    crashing = next((cause for i, cause in causes if cause and i.status == "CrashLoopBackOff"), None)
    # Pods that have ended are counted a moment later; a pause before the next one is no such moment.
    alive = any(i.phase == "Running" for i in members) or (bool(members) and said[2] != BACK_OFF)
    if crashing:
        return Phase.RUNNING, said[1], crashing.reason, crashing.message
    return (Phase.RUNNING, *said[1:]) if alive else said


def explain_held(status: JobStatus, job: Any, related: Sequence[Any]) -> list[Cause]:
    """Return why a job that somebody has suspended does not run."""
    if status.phase is Phase.QUEUING and (queued := queueing.cause(job, related)):
        return [queued]
    if status.phase is Phase.SUSPENDED:
        hint = f"`arena resume {dig.text(job, 'metadata', 'name')}` lets it run"
        return [Cause("it is suspended", hint, rank=Rank.HELD, reason="Suspended")]
    return []


def condition_true(job: Any, *kinds: str) -> Mapping[str, Any]:
    """Return the first of these conditions that is True, or an empty mapping."""
    return next((found for kind in kinds if (found := dig.condition(job, kind)).get("status") == "True"), {})


def failed_jobs(related: Iterable[Any], role_label: str) -> list[Cause]:
    """Return the Jobs among the related objects that have failed, with Kubernetes' own reason, which what made them does not tell."""
    causes = []
    for obj in related:
        if isinstance(obj, Mapping) and JOB.matches(obj) and (failed := condition_true(obj, "Failed")):
            name, role = dig.text(obj, "metadata", "name"), dig.labels(obj).get(role_label, "")
            text = dig.text(failed, "message") or dig.text(failed, "reason")
            where = f"the Job {name} of the role {role}" if role else f"the Job {name}"
            causes.append(Cause(f"{where} has failed: {text}", object=f"job/{name}", rank=Rank.INFO, reason=dig.text(failed, "reason")))
    return causes
