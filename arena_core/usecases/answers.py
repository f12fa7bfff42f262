"""What only the cluster knows about a cause: whether it can ever end, and the answer that a hint needs (queues, room, holders)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from arena_core.contract.types import Cause, Lookup, Manifest, Rank
from arena_core.families import gangs, kueue, queueing
from arena_core.families.preflight import PRIORITY_CLASS, existing
from arena_core.k8s import dig, owners, quantity
from arena_core.kube.resources import NODES, PODS
from arena_core.usecases import room
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.views import Job


def certain(lookup: Lookup, job: Job, causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes, with those raised that can never end as the cluster is; asks only where a cause leaves it open."""
    found = [_certain(lookup, job, cause) for cause in causes]
    return sorted(found, key=lambda c: c.rank)


def _certain(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    if cause.reason == "NoWorkload":
        return _no_workload(lookup, job, cause)
    if cause.reason == "GangUnschedulable":
        return _gang(lookup, job, cause)
    if cause.reason == "Unschedulable" and cause.object.startswith("pod/"):
        nodes = lookup.list(NODES)
        pod = _pod(job, cause)
        if nodes and pod and (never := room.never_fits(pod, nodes)):
            name = cause.object.removeprefix("pod/")
            hint = "ask for less per instance, or add a larger node"
            return replace(cause, message=f"{name} can never be scheduled: it {never}", hint=hint, rank=Rank.NEVER, reason="NeverFits")
    return cause


def _no_workload(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    """Kueue has said nothing of a job that waits for it: most often a name is wrong."""
    labels = dig.labels(job.manifest)
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


def _gang(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    """Say which resource is short: a PodGroup does not, as long as some of its pods would fit."""
    asked = room.together(job.pods) or {name: amount * quantity.ONE for name, amount in job.status.requests.items()}
    nodes = lookup.list(NODES)
    if not nodes or not (short := room.too_much(asked, nodes)):
        return cause
    text = f"its gang can never start: all of its pods must fit at once and ask for {short}"
    return replace(cause, message=text, hint="ask for less, for fewer instances, or add nodes", rank=Rank.NEVER, reason="NeverFits")


def hinted(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    """Return the cause with the answer in its hint instead of the advice to look it up."""
    queue = cause.object.removeprefix("queue/") if cause.object.startswith("queue/") else ""
    more = ""
    if cause.reason == "QueueMissing":
        volcano = job.manifest.get("apiVersion") == "batch.volcano.sh/v1alpha1"
        more = existing(lookup, gangs.QUEUE if volcano else kueue.LOCAL_QUEUE, "queues here")
        more = more if more not in cause.hint else ""
    elif cause.reason in ("NeverFits", "NotCovered", "QueueInactive") and queue:
        more = _cluster_queue(lookup, queue, cause.reason)
    elif queue and cause.rank is Rank.WAITS:
        more = _line(lookup, job, queue)
    elif cause.reason in ("Unschedulable", "GangUnschedulable", "NeverFits"):
        more = _room(lookup, job, cause)
    elif "PriorityClass" in cause.message:
        more = existing(lookup, PRIORITY_CLASS, "priority classes here")
    return replace(cause, hint="; ".join(p for p in (more, cause.hint) if p)) if more else cause


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


def _line(lookup: Lookup, job: Job, queue: str) -> str:
    """Say at which place the job waits in its queue, and who of this namespace holds what."""
    workloads = lookup.list(kueue.WORKLOAD)
    if not workloads:
        return ""
    mine = kueue.workload(job.related)
    same = [w for w in workloads if dig.text(w, "spec", "queueName") == queue and not _over(w)]
    waiting = sorted((w for w in same if not _holds(w) and _in_line(w)), key=_turn)
    uids = [metadata_of(w).get("uid") for w in waiting]
    place = uids.index(metadata_of(mine).get("uid")) + 1 if metadata_of(mine).get("uid") in uids else 0
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


def _room(lookup: Lookup, job: Job, cause: Cause) -> str:
    nodes, pod = lookup.list(NODES), _pod(job, cause)
    asked = room.wanted(pod) if pod else room.together(job.pods)
    pods = lookup.list(PODS, "*") if nodes and asked else None
    return room.free_text(nodes, pods, asked) if nodes and pods is not None else ""


def _pod(job: Job, cause: Cause) -> Manifest | None:
    name = cause.object.removeprefix("pod/")
    return next((p for p in job.pods if metadata_of(p).get("name") == name), None)
