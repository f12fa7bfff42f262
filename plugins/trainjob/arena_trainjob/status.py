"""What a TrainJob is doing, in Arena's words: conditions, counts of Jobs, pods. Pure and total over arbitrary JSON.

While it runs it has no condition that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.types import Find, Instance, JobStatus, Manifest, Phase, PodSet
from arena_core.families import batch, gangs, kueue
from arena_core.families.batch import Said
from arena_core.k8s import dig, podsize
from arena_core.records import replace
from arena_core.typed import Any
from arena_trainjob.members import instances, is_initializer
from arena_trainjob.names import JOB, JOBSET, JOBSET_NAME, LAUNCHER, NODE

_ENDED = {"Complete": Phase.SUCCEEDED, "Failed": Phase.FAILED}
INITIALIZING = "Initializing"
_PATCH = "spec.runtimePatches[{}].trainingRuntimeSpec.template.spec.replicatedJobs[{}].template.spec.template"
#: Where it says what the containers of the training are given.
SAID_AT = "spec.trainer"


def pod_labels(job: Manifest) -> dict[str, str]:
    """Return the label that all pods carry: that of the JobSet, which has the job's name."""
    return {JOBSET_NAME: dig.text(job, "metadata", "name")}


def related(job: Any) -> list[Find]:
    """Say how to find the JobSet, its Jobs, what queues the job and its gang."""
    name = dig.text(job, "metadata", "name")
    made = [Find(JOBSET, name), Find(JOB, label_selector=f"{JOBSET_NAME}={name}")] if name else []
    return [*made, *kueue.finds(job), *gangs.finds(template for _, _, template in patches(job))]


def nodes(job: Any) -> int:
    """Return the number of nodes that the job asks for; one where the runtime decides."""
    return max(dig.number(job, "spec", "trainer", "numNodes", default=1), 0)


def patches(job: Any) -> list[tuple[str, str, Any]]:
    """Return (replicated job, place of its patched pod template, the template) of all patches that name containers."""
    found = []
    for number, patch in enumerate(dig.items(job, "spec", "runtimePatches")):
        for index, entry in enumerate(dig.items(patch, "trainingRuntimeSpec", "template", "spec", "replicatedJobs")):
            template = dig.dig(entry, "template", "spec", "template")
            if list(dig.items(template, "spec", "containers")):
                found.append((dig.text(entry, "name"), _PATCH.format(number, index), template))
    return found


def pod_sets(job: Any, purpose: str) -> list[PodSet]:
    """Return the sets of equal pods that patches name; where there is a launcher, it alone ends by itself."""
    first = {name: path for name, path, _ in reversed(patches(job))}
    launched = LAUNCHER in first
    found = []
    for name, path in first.items():
        count = 1 if name == LAUNCHER else nodes(job) - int(launched)
        ends = name == LAUNCHER or not launched
        if name and not is_initializer(name) and (ends or purpose == "quota"):
            found.append(PodSet(name, path, max(count, 0), ends=ends, runs_command=ends, said_at=SAID_AT))
    return sorted(found, key=lambda one: (one.name != LAUNCHER, one.name != NODE, one.name))


def status(job: Any, pods: Sequence[Any] | None, others: Sequence[Any]) -> JobStatus:
    """Return the status from conditions, counters, pods (None: not read) and what queues the job."""
    members = instances(pods or ())
    said = batch.settled(job, others, decide(job), pods, lambda said: _with_pods(said, members, pods or ()))
    end = dig.text(dig.condition(job, said[1]), "lastTransitionTime")
    found = batch.status(job, said, members, [(None, nodes(job))], start=batch.started(job, members), end=end)
    return replace(found, requests=requests(job, members))


def _with_pods(said: Said, members: Sequence[Instance], pods: Sequence[Any]) -> Said:
    """Return what the pods add; while there are only those of initializers, the training has not begun."""
    training = [member for member in members if not is_initializer(member.role)]
    if training:
        return batch.with_pods(said, training, pods)
    phase, exact, reason, message = batch.with_pods(said, members, pods)
    if phase is Phase.RUNNING and members:
        return Phase.PENDING, INITIALIZING, INITIALIZING, f"{members[0].role} runs before the training"
    return phase, exact, reason, message


def requests(job: Any, members: Iterable[Instance]) -> dict[str, int]:
    """Return the extended resources of all nodes: as the job says, else as its pods have them from the runtime."""
    asked = podsize.devices({"containers": [{"resources": dig.mapping(job, "spec", "trainer", "resourcesPerNode")}]})
    if dig.mapping(job, "spec", "trainer", "resourcesPerNode"):
        return {name: amount * nodes(job) for name, amount in asked.items() if amount * nodes(job)}
    total: dict[str, int] = {}
    for member in members:
        for name, amount in member.requests.items():
            total[name] = total.get(name, 0) + amount
    return total


def decide(job: Any) -> Said:
    """Return (phase, exact word, reason, message) from conditions and counters alone."""
    for kind, phase in _ENDED.items():
        if found := batch.condition_true(job, kind):
            return phase, kind, dig.text(found, "reason"), dig.text(found, "message")
    if dig.flag(job, "spec", "suspend"):
        found = batch.condition_true(job, "Suspended")
        reason, message = dig.text(found, "reason") or "Suspended", dig.text(found, "message") or "spec.suspend is true"
        return Phase.SUSPENDED, "Suspended", reason, message
    rows = [row for row in dig.items(job, "status", "jobsStatus") if isinstance(row, Mapping)]
    training = [row for row in rows if not is_initializer(dig.text(row, "name"))]
    active, ready = (sum(max(dig.number(row, key), 0) for row in training) for key in ("active", "ready"))
    if ready and ready >= active:
        return Phase.RUNNING, "", "", ""
    before = [dig.text(row, "name") for row in rows if row not in training and dig.number(row, "active") > 0]
    if before and not active:
        return Phase.PENDING, INITIALIZING, INITIALIZING, f"{' and '.join(sorted(before))} runs before the training"
    return Phase.PENDING, "", "", ""
