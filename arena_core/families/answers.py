"""What the objects of queues answer about a cause: whether it can ever end, what a hint needs, and an eviction that is past.

The use cases import no family; they are handed this module by ``arena_core.registry.advice``.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.types import Cause, Lookup, Manifest, Rank
from arena_core.families import gangs, kueue, queueing
from arena_core.families.preflight import PRIORITY_CLASS, existing
from arena_core.families.queueing import past_eviction
from arena_core.k8s import dig, owners
from arena_core.records import replace
from arena_core.typed import Any

__all__ = ["certain", "hint", "past_eviction"]


def certain(lookup: Lookup, job: Manifest, cause: Cause) -> Cause:
    """Return a cause raised that can never end: Kueue has said nothing of a job that waits for it, most often because a name is wrong."""
    if cause.reason != "NoWorkload":
        return cause
    labels = dig.labels(job)
    queue, priority = labels.get(kueue.QUEUE, ""), labels.get(kueue.PRIORITY, "")
    if lookup.serves(kueue.LOCAL_QUEUE) is False:
        text = f"it waits for queue {queue}, but Kueue is not installed on this cluster"
        return replace(cause, message=text, hint="have Kueue installed, or submit without --kueue-queue", rank=Rank.NEVER, reason="NoKueue")
    if priority and lookup.exists(kueue.WORKLOAD_PRIORITY, priority) is False:
        text = f"the WorkloadPriorityClass {priority} does not exist: Kueue does not queue the job"
        hint = existing(lookup, kueue.WORKLOAD_PRIORITY, "priority classes of Kueue here")
        return replace(cause, message=text, hint=hint, rank=Rank.NEVER, reason="PriorityMissing")
    if queue and lookup.exists(kueue.LOCAL_QUEUE, queue) is False:
        hint = existing(lookup, kueue.LOCAL_QUEUE, "queues here")
        return replace(cause, message=f"LocalQueue {queue} does not exist", hint=hint, rank=Rank.NEVER, reason="QueueMissing")
    return cause


def hint(lookup: Lookup, job: Manifest, related: Sequence[Any], cause: Cause) -> str:
    """Return what a queue or a priority class of the cluster adds to a hint, or an empty text."""
    queue = cause.object.removeprefix("queue/") if cause.object.startswith("queue/") else ""
    if cause.reason == "QueueMissing":
        volcano = job.get("apiVersion") == "batch.volcano.sh/v1alpha1"
        more = existing(lookup, gangs.QUEUE if volcano else kueue.LOCAL_QUEUE, "queues here")
        return more if more not in cause.hint else ""
    if cause.reason in ("NeverFits", "NotCovered", "QueueInactive") and queue:
        return _cluster_queue(lookup, queue, cause.reason)
    if queue and cause.rank is Rank.WAITS:
        return _line(lookup, related, queue)
    if "PriorityClass" in cause.message:
        return existing(lookup, PRIORITY_CLASS, "priority classes here")
    return ""


def _cluster_queue(lookup: Lookup, queue: str, reason: str) -> str:
    """Say what of the queue decides: what it covers, who has closed it, or whose quota it is."""
    local = lookup.get(kueue.LOCAL_QUEUE, queue)
    name = dig.text(local, "spec", "clusterQueue")
    if not name:
        return ""
    found = lookup.get(kueue.CLUSTER_QUEUE, name)
    if reason == "NotCovered":
        covered = sorted({str(r) for g in dig.items(found, "spec", "resourceGroups") for r in dig.dig(g, "coveredResources") or ()})
        return f"its ClusterQueue {name} covers {', '.join(covered)}" if covered else f"its ClusterQueue is {name}"
    if reason != "QueueInactive":
        return f"its ClusterQueue is {name}"
    for what, obj in ((f"LocalQueue {queue}", local), (f"ClusterQueue {name}", found)):
        stopped = dig.text(obj, "spec", "stopPolicy")
        if stopped not in ("", "None"):
            return f"the stopPolicy of {what} is {stopped}"
        active = dig.condition(obj, "Active")
        if active.get("status") == "False" and dig.text(active, "message"):
            return f"{what}: {dig.text(active, 'message')}"
    return f"its ClusterQueue is {name}"


def _line(lookup: Lookup, related: Sequence[Any], queue: str) -> str:
    """Say at which place the job waits in its queue, and who of this namespace holds what."""
    workloads = lookup.list(kueue.WORKLOAD)
    if not workloads:
        return ""
    uid = dig.text(kueue.workload(related), "metadata", "uid")
    same = [w for w in workloads if dig.text(w, "spec", "queueName") == queue and not _over(w)]
    waiting = sorted((w for w in same if not _holds(w) and _in_line(w)), key=_turn)
    uids = [dig.text(w, "metadata", "uid") for w in waiting]
    place = uids.index(uid) + 1 if uid in uids else 0
    holders = [
        f"{_owner(w)} ({', '.join(f'{n} {r}' for r, n in queueing.asked(w).items())})" for w in same if _holds(w) and queueing.asked(w)
    ]
    parts = [f"place {place} of {len(waiting)} in queue {queue} of this namespace" if place else ""]
    if holders:
        parts.append(f"held by {', '.join(holders[:5])}{', …' if len(holders) > 5 else ''}")
    return "; ".join(p for p in (*parts, "it starts by itself when enough is free") if p)


def _over(workload: Manifest) -> bool:
    return dig.condition(workload, "Finished").get("status") == "True"


def _in_line(workload: Manifest) -> bool:
    """Whether its turn can come: what never fits is passed by."""
    found = queueing.cause({}, [workload])
    return found is None or found.rank > Rank.NEVER


def _holds(workload: Manifest) -> bool:
    return dig.condition(workload, "QuotaReserved").get("status") == "True"


def _turn(workload: Manifest) -> tuple[int, str]:
    return -dig.number(workload, "spec", "priority"), dig.text(workload, "metadata", "creationTimestamp")


def _owner(workload: Manifest) -> str:
    return next((dig.text(r, "name") for r in owners.references(workload)), dig.text(workload, "metadata", "name"))
