"""What a TrainingJob is doing, in Arena's words: the operator's phase, launcher and workers. Pure and total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Find, Instance, JobStatus, Manifest, Phase, PodSet, Rank, Rescale, Scale
from arena_core.families import batch, gangs
from arena_core.families.batch import Said
from arena_core.families.kubeflow import explain_gang
from arena_core.k8s import dig
from arena_core.typed import Any
from arena_etjob.names import CONTAINER, GROUP, INDEX, JOB_NAME, JOB_ROLE, LAUNCHER, OWNER, RESOURCE, STATE, SUSPENDED, WORKER

_PHASES = {
    "Succeeded": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Suspended": Phase.SUSPENDED,
    "Scaling": Phase.RUNNING,
    "Running": Phase.RUNNING,
}
_MIN, _MAX = 1, 1000
_PATH = "spec.etReplicaSpecs.{}.template"


def pod_labels(job: Manifest) -> dict[str, str]:
    """Return the labels that the operator sets on launcher and workers."""
    return {OWNER: GROUP, JOB_NAME: dig.text(job, "metadata", "name")}


def roles(job: Any) -> list[tuple[str, Any, int]]:
    """Return (role, pod template, number of pods)."""
    found = dig.mapping(job, "spec", "etReplicaSpecs")
    return [(name, dig.dig(found, name, "template"), max(dig.number(found, name, "replicas", default=1), 0)) for name in (LAUNCHER, WORKER)]


def related(job: Any) -> list[Find]:
    """Say how to find the job's gang."""
    return gangs.finds(template for _, template, _ in roles(job))


def pod_sets(job: Any, purpose: str) -> list[PodSet]:
    """Return launcher and workers; for a wrapper only the launcher, because workers never end by themselves."""
    found = [
        PodSet(name, _PATH.format(name), 1 if name == LAUNCHER else count, ends=name == LAUNCHER, runs_command=name == LAUNCHER)
        for name, template, count in roles(job)
        if isinstance(template, Mapping)
    ]
    return [one for one in found if one.ends or purpose == "quota"]


def bounds(job: Any) -> tuple[int, int]:
    """Return the fewest and the most workers; what a job of Arena's that says nothing may have."""
    worker = dig.mapping(job, "spec", "etReplicaSpecs", WORKER)
    return max(dig.number(worker, "minReplicas", default=_MIN), 1), max(dig.number(worker, "maxReplicas", default=_MAX), 1)


def scale(job: Any) -> list[Scale]:
    """Return the workers, asked for by an object of the operator; it only looks at one while the job runs."""
    if dig.text(job, "status", "phase") not in ("Running", "Scaling"):
        return []
    least, most = bounds(job)
    there = dig.dig(job, "status", "currentWorkers")
    wanted = next(count for name, _, count in roles(job) if name == WORKER)
    now = len(there) if isinstance(there, list) and there else wanted
    return [Scale(WORKER, f"spec.etReplicaSpecs.{WORKER}.replicas", least, most, now=now, request=scaler)]


def scaler(job: Manifest, now: int, number: int, how: Rescale) -> Manifest:
    """Return the ScaleIn or ScaleOut that makes ``number`` workers of ``now``."""
    more = number > now
    spec: dict[str, Any] = {
        "selector": {"name": dig.text(job, "metadata", "name")},
        "script": how.script,
        "env": [{"name": name, "value": how.env[name]} for name in sorted(how.env)],
        "timeout": how.timeout,
        "backoffLimit": how.retry,
        "toAdd" if more else "toDelete": {"count": abs(number - now)},
    }
    kept = {key: value for key, value in spec.items() if value}
    return {"apiVersion": RESOURCE.api_version, "kind": "ScaleOut" if more else "ScaleIn", "metadata": {}, "spec": kept}


def instances(pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the launcher, which leads, and the workers by number."""
    return batch.led(pods, LAUNCHER, role=JOB_ROLE, index=INDEX, container=lambda role: CONTAINER)


def decide(job: Any) -> Said:
    """Return (phase, the operator's word, reason, message) from phase and conditions."""
    word = dig.text(job, "status", "phase")
    phase = _PHASES.get(word, Phase.PENDING)
    found = dig.condition(job, word)
    reason, message = dig.text(found, "reason"), dig.text(found, "message")
    again = dig.text(job, "spec", "restartPolicy") == "OnFailure"
    if phase is Phase.FAILED and again and dig.number(job, "status", "restartCount") < dig.number(job, "spec", "backoffLimit", default=6):
        return Phase.PENDING, "Restarting", reason or "Failed", message or "it has failed and is started again"
    if phase is Phase.FAILED and dig.dig(job, "metadata", "annotations", STATE) == "timeout":
        return phase, word, "MaxWaitTimeExceeded", message or "it waited for resources longer than --max-wait-time"
    if phase is Phase.SUSPENDED or (phase is Phase.PENDING and dig.dig(job, "metadata", "annotations", SUSPENDED) == "true"):
        return Phase.SUSPENDED, word or "Suspended", reason or "WaitingResourceTimeout", message or "the job supervisor has suspended it"
    if word == "Scaling":
        return phase, word, "Scaling", dig.text(job, "status", "currentScaler")
    return phase, word, reason if phase.finished else "", message if phase.finished else ""


def status(job: Any, pods: Sequence[Any] | None, related: Sequence[Any] = ()) -> JobStatus:
    """Return the status from the operator's phase and pods (None: not read)."""
    members = instances(pods or ())
    said = decide(job)
    if said[0] is Phase.PENDING and not said[2] and members:
        phase, *rest = batch.with_pods(said, members, pods or ())
        # It runs when its launcher does; workers only wait for that.
        launched = any(i.role == LAUNCHER and i.phase == "Running" for i in members)
        said = (Phase.RUNNING if phase is Phase.RUNNING and launched else Phase.PENDING, rest[0], rest[1], rest[2])
    return batch.status(job, said, members, [(template, count) for _, template, count in roles(job)])


def explain(job: Any, pods: Sequence[Any] | None, others: Sequence[Any]) -> Iterable[Cause]:
    """Return why the job does not run, as far as its own object and its gang tell; pods and events speak for themselves."""
    found = status(job, pods, others)
    yield from explain_gang(found, others)
    if found.phase is Phase.FAILED:
        yield Cause(found.message or "the job has failed", rank=Rank.INFO, reason=found.reason or "Failed")
    elif found.phase is Phase.SUSPENDED:
        text = "the et-operator has suspended it, and never resumes such a job"
        yield Cause(text, "delete it and submit it again", rank=Rank.NEVER, reason=found.reason)
    elif found.exact == "Restarting":
        times = dig.number(job, "status", "restartCount")
        yield Cause(f"{found.message} (restart {times})", rank=Rank.WAITS, reason=found.reason)
    elif found.phase is Phase.PENDING and not dig.mapping(job, "status") and not found.instances:
        yield Cause("the et-operator has not taken up the job yet", rank=Rank.INFO, reason=NOT_TAKEN_UP)
