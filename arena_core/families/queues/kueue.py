"""Kueue: LocalQueues with the ClusterQueue whose quota they use, and the Workloads that stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.queues import Objects, Queue, Queued
from arena_core.contract.types import Manifest
from arena_core.families import kueue, schedulers
from arena_core.families.queues.kueuequota import quotas
from arena_core.families.queues.lines import by, in_line, pods_ask, queued
from arena_core.k8s import dig
from arena_core.typed import Any

__all__ = ["KINDS", "SYSTEM", "queue_of", "queues"]

SYSTEM = "Kueue"
KINDS = (kueue.LOCAL_QUEUE, kueue.CLUSTER_QUEUE, kueue.WORKLOAD, schedulers.COHORT)
_Turn = tuple[int, str, str]


def queues(objects: Objects, whole: bool) -> list[Queue]:
    """Return the LocalQueues; those who want the same quota are known only where all namespaces were read."""
    local, cluster = objects.get(kueue.LOCAL_QUEUE.key) or (), objects.get(kueue.CLUSTER_QUEUE.key)
    workloads = [w for w in objects.get(kueue.WORKLOAD.key) or () if dig.condition(w, "Finished").get("status") != "True"]
    lines = by(workloads, lambda w: f"{dig.text(w, 'metadata', 'namespace')}/{dig.text(w, 'spec', 'queueName')}")
    everybody: dict[str, list[_Turn]] = {}
    for queue in local:
        mine = lines.get(_key(queue), ())
        everybody.setdefault(dig.text(queue, "spec", "clusterQueue"), []).extend(_turn(w) for w in mine if _waits(w))
    by_name = {dig.text(q, "metadata", "name"): q for q in cluster or ()}
    cohorts = objects.get(schedulers.COHORT.key)
    found = []
    for queue in local:
        parent = by_name.get(dig.text(queue, "spec", "clusterQueue"))
        rivals = everybody.get(dig.text(queue, "spec", "clusterQueue")) if whole else None
        found.append(_queue(queue, parent, lines.get(_key(queue), ()), rivals, quotas(queue, parent, cluster or (), cohorts)))
    return found


def _queue(
    queue: Manifest, parent: Manifest | None, workloads: Sequence[Manifest], rivals: Sequence[_Turn] | None, quota: Sequence[Any]
) -> Queue:
    waiting = in_line([(_queued(w), _turn(w)) for w in workloads if _waits(w)], rivals)
    running = [_queued(w) for w in workloads if _holds(w)]
    return Queue(
        SYSTEM,
        dig.text(queue, "metadata", "name"),
        dig.text(queue, "metadata", "namespace"),
        parent=dig.text(queue, "spec", "clusterQueue"),
        cohort=cohort_of(parent),
        closed=_closed(queue, parent),
        quotas=tuple(quota),
        running=tuple(sorted(running, key=lambda one: one.since)),
        waiting=waiting,
        held=tuple(_queued(w) for w in workloads if not _holds(w) and not _waits(w)),
        pending=_count(queue, "pendingWorkloads"),
        admitted=_count(queue, "admittedWorkloads"),
    )


def cohort_of(queue: Any) -> str:
    """Return the cohort of a ClusterQueue, which the older version calls by another name."""
    return dig.text(queue, "spec", "cohortName") or dig.text(queue, "spec", "cohort")


def _count(queue: Manifest, field: str) -> int | None:
    found = dig.dig(queue, "status", field)
    return found if isinstance(found, int) else None


def _closed(queue: Manifest, parent: Manifest | None) -> str:
    for what, obj in (("it", queue), (f"ClusterQueue {dig.text(queue, 'spec', 'clusterQueue')}", parent)):
        stopped = dig.text(obj, "spec", "stopPolicy")
        if stopped not in ("", "None"):
            return f"{what} is stopped (stopPolicy {stopped})"
        active = dig.condition(obj, "Active")
        if active.get("status") == "False":
            return dig.text(active, "message") or f"{what} is not active"
    return ""


def _key(queue: Manifest) -> str:
    return f"{dig.text(queue, 'metadata', 'namespace')}/{dig.text(queue, 'metadata', 'name')}"


def _holds(workload: Manifest) -> bool:
    return dig.condition(workload, "QuotaReserved").get("status") == "True"


def _waits(workload: Manifest) -> bool:
    return not _holds(workload) and dig.dig(workload, "spec", "active") is not False


def _turn(workload: Manifest) -> _Turn:
    """Return Kueue's order: the priority, then who waits since when (after pods that were not ready in time, since then), then the uid."""
    evicted = dig.condition(workload, "Evicted")
    since = dig.text(workload, "metadata", "creationTimestamp")
    if evicted.get("status") == "True" and evicted.get("reason") == "PodsReadyTimeout":
        since = dig.text(evicted, "lastTransitionTime") or since
    return -dig.number(workload, "spec", "priority"), since, dig.text(workload, "metadata", "uid")


def _queued(workload: Manifest) -> Queued:
    sets: list[tuple[Mapping[str, Any], int]] = [
        (dig.mapping(s, "template", "spec"), dig.number(s, "count", default=1)) for s in dig.items(workload, "spec", "podSets")
    ]
    quota = dig.condition(workload, "QuotaReserved")
    since = dig.text(quota, "lastTransitionTime") if _holds(workload) else dig.text(workload, "metadata", "creationTimestamp")
    reason = "" if _holds(workload) else dig.text(quota, "message")
    if dig.dig(workload, "spec", "active") is False:
        reason = reason or "it was deactivated (spec.active is false)"
    return queued(workload, dig.number(workload, "spec", "priority"), since, pods_ask(sets), reason)


def queue_of(related: Sequence[Manifest]) -> str:
    """Return the queue of the Workload among a job's related objects."""
    return dig.text(kueue.workload(related), "spec", "queueName")
