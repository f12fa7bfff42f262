"""What a LeaderWorkerSet says of a server: how many of its groups serve, and how far an update is. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Endpoint, Instance, JobStatus, Phase, PodSet, Rank, Scale
from arena_core.families import batch
from arena_core.k8s import dig, path
from arena_core.podstatus import instance
from arena_core.records import replace
from arena_core.typed import Any
from arena_serve import names
from arena_serve.distributed.names import GROUP, HOSTS, INDEX, LEADER, TEMPLATES, WORKER
from arena_serve.reading import Said, container_endpoints

#: Kubernetes takes no number beyond.
_MOST = 1_000_000


def wanted(job: Any) -> int:
    """Return how many groups are asked for."""
    return min(_MOST, max(0, dig.number(job, "spec", "replicas", default=1)))


def size(job: Any) -> int:
    """Return how many pods a group has."""
    return min(_MOST, max(1, dig.number(job, "spec", "leaderWorkerTemplate", "size", default=1)))


def pod_sets(job: Any) -> list[PodSet]:
    """Return leaders and workers, as queues name them; a set without a template of its own for leaders has one kind of pods."""
    groups, members = wanted(job), size(job)
    if not dig.mapping(job, "spec", "leaderWorkerTemplate", "leaderTemplate"):
        return [PodSet("main", TEMPLATES[WORKER], groups * members, ends=False)]
    return [
        PodSet(LEADER, TEMPLATES[LEADER], groups, ends=False),
        PodSet(WORKER, TEMPLATES[WORKER], groups * (members - 1), ends=False),
    ]


def scale(job: Any) -> list[Scale]:
    """Return how many groups there may be: as many as there are lists of hosts for, where the pods mount such lists."""
    volumes = [volume for role in TEMPLATES.values() for volume in dig.items(path.get(job, f"{role}.spec"), "volumes")]
    items = [dig.text(item, "key") for volume in volumes for item in dig.items(volume, "configMap", "items")]
    files = len({key for key in items if key.startswith(HOSTS)})
    return [Scale("group", "spec.replicas", maximum=files or None)]


def status(job: Any, pods: Sequence[Any]) -> JobStatus:
    """Return the status: the set's conditions and counts decide, the pods are listed."""
    phase, reason, message = decide(job)
    available = dig.condition(job, "Available")
    sets = pod_sets(job)
    templates = [(path.get(job, one.path), one.replicas) for one in sets]
    return JobStatus(
        phase,
        reason=reason,
        message=message,
        start=dig.text(available, "lastTransitionTime") if available.get("status") == "True" and phase.runs else "",
        instances=tuple(members(job, pods)),
        replicas=sum(one.replicas for one in sets),
        requests=batch.requests(templates),
        priority=batch.priority([template for template, _ in templates]),
    )


def decide(job: Any) -> Said:
    """Return the phase: READY when every group serves, in the version that is wanted."""
    groups, counts = wanted(job), dig.mapping(job, "status")
    if not groups:
        return Phase.SUSPENDED, "ScaledToZero", "it is scaled to no instance"
    ready, updated = (min(_MOST, max(0, dig.number(counts, key))) for key in ("readyReplicas", "updatedReplicas"))
    if not any(dig.items(counts, "conditions")):
        return Phase.PENDING, "", ""
    updating = dig.condition(job, "UpdateInProgress").get("status") == "True"
    # Sets before 0.9.0 do not say which generation they have seen.
    seen = dig.number(counts, "observedGeneration", default=_MOST) >= dig.number(job, "metadata", "generation")
    if not ready:
        return Phase.PENDING, dig.text(dig.condition(job, "Progressing"), "reason"), f"none of its {groups} groups serves yet"
    if not seen:
        return Phase.RUNNING, "", "a change of it has not been taken up yet"
    if updating:
        return Phase.RUNNING, "GroupsUpdating", f"it is being updated: {updated} of {groups} groups are new"
    if ready < groups or dig.condition(job, "Available").get("status") != "True":
        return Phase.RUNNING, "GroupsProgressing", f"{ready} of {groups} groups serve"
    return Phase.READY, "", ""


def members(job: Any, pods: Sequence[Any]) -> Iterator[Instance]:
    """Yield the pods by group, the leader of each first; the first leader is the one whose log is the server's."""
    each = size(job) - 1

    def place(pod: Any) -> tuple[int, int, str]:
        labels = dig.labels(pod)
        group, index = (int(text) if (text := labels.get(key, "")).isdecimal() and len(text) < 8 else _MOST for key in (GROUP, INDEX))
        return group, index, dig.text(pod, "metadata", "name")

    for number, pod in enumerate(sorted(pods, key=place)):
        group, index, _ = place(pod)
        known = group < _MOST and index < _MOST
        role = (LEADER if index == 0 else WORKER) if known else ""
        place_in_role = group if index == 0 else group * each + index - 1
        found = instance(pod, role=role, index=place_in_role if known else None)
        yield replace(found, chief=number == 0 and role == LEADER)


def endpoints(job: Any) -> Iterator[Endpoint]:
    """Yield the ports that the leader's container names, behind the server's Service."""
    ready = dig.number(job, "status", "readyReplicas") > 0
    yield from container_endpoints(path.get(job, TEMPLATES[LEADER]), names.service_of(job), ready)


def explain(job: Any) -> Iterator[Cause]:
    """Yield why it does not serve, as far as its own object tells; pods and events speak for themselves."""
    phase, reason, message = decide(job)
    if phase is Phase.SUSPENDED:
        yield Cause(message, "`arena scale` gives it instances: group=1", rank=Rank.HELD, reason=reason)
    elif phase is Phase.PENDING and not message:
        yield Cause("the controller of LeaderWorkerSets has not taken it up yet", rank=Rank.INFO, reason=NOT_TAKEN_UP)
    elif phase in (Phase.PENDING, Phase.RUNNING) and message:
        yield Cause(message, rank=Rank.INFO, reason=reason or "Rollout")
