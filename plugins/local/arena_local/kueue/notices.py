"""What the scheduler writes: that a Workload waits, that it is admitted, that it has to give way."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.k8s import conditions, time
from arena_local.kueue import assign, kinds, podsets, state
from arena_local.kueue.preempt import Target, priority
from arena_local.kueue.snapshot import Queue
from arena_local.sdk.bundle import Api, Obj

_WHY = {
    "InClusterQueue": "prioritization in the ClusterQueue",
    "InCohortReclamation": "reclamation within the cohort",
    "InCohortReclaimWhileBorrowing": "reclamation within the cohort while borrowing",
}


def wait(api: Api, workload: Obj, message: str) -> None:
    """Say why a Workload is not admitted."""
    current = conditions.find(workload, "QuotaReserved") or {}
    said = (current.get("status"), current.get("reason"), current.get("message")) == ("False", "Pending", message[:32768])
    if said and current.get("observedGeneration") == workload["metadata"].get("generation", 1):
        asked = (workload.get("status") or {}).get("resourceRequests")
        if asked and asked == podsets.total_requests(workload):
            return  # the same again, as for most of a long line: nothing is copied
    edited = state.editable(workload)
    changed = state.put(api, edited, "QuotaReserved", "False", "Pending", message)
    wanted = podsets.total_requests(edited)
    if wanted and edited["status"].get("resourceRequests") != wanted:
        edited["status"]["resourceRequests"] = wanted
        changed = True
    if changed:
        stored = state.store(api, edited)
        api.event(stored, "Warning", "Pending", message[:1024], component=kinds.ADMISSION, action="Pending")


def admit(api: Api, queue: str, workload: Obj, result: assign.Assignment) -> Obj:
    """Reserve the quota and admit."""
    edited = state.editable(workload)
    status = edited["status"]
    status["admission"] = {"clusterQueue": queue, "podSetAssignments": result.pod_sets}
    status.pop("resourceRequests", None)
    status.pop("requeueState", None)
    for type in ("Evicted", "Preempted"):
        old = conditions.find(edited, type)
        if old and old["status"] == "True":
            state.put(api, edited, type, "False", "QuotaReserved", f"Previously: {old['message']}")
    state.put(api, edited, "QuotaReserved", "True", "QuotaReserved", f"Quota reserved in ClusterQueue {queue}")
    state.put(api, edited, "Admitted", "True", "Admitted", "The workload is admitted")
    queued = conditions.find(workload, "Requeued") or {}
    since = queued.get("lastTransitionTime") or workload["metadata"]["creationTimestamp"]
    waited = max(0, round((api.now() - time.read(since)).total_seconds()))
    stored = state.store(api, edited)
    for reason, text in (
        ("QuotaReserved", f"Quota reserved in ClusterQueue {queue}, wait time since queued was {waited}s"),
        ("Admitted", f"Admitted by ClusterQueue {queue}, wait time since reservation was 0s"),
    ):
        api.event(stored, "Normal", reason, text, component=kinds.ADMISSION, action=reason)
    return stored


def preempt(api: Api, queue: Queue, workload: Obj, targets: Sequence[Target]) -> None:
    """Begin to evict those that have to give way and are not on their way out yet."""
    for target in targets:
        if not kinds.evicted(target.holder.workload):
            _evict(api, queue, workload, target)


def _evict(api: Api, queue: Queue, workload: Obj, target: Target) -> None:
    victim, meta = target.holder.workload, workload["metadata"]
    job_uid = (meta.get("labels") or {}).get(kinds.JOB_UID_LABEL) or "UNKNOWN"
    paths = f"preemptor path: {queue.node.path()}; preemptee path: {target.holder.queue.node.path()}"
    text = f"Preempted to accommodate a workload (UID: {meta['uid']}, JobUID: {job_uid}) due to {_WHY[target.reason]}; {paths}"
    ranks = "; ".join(
        f"{who} effective priority: {value} (base: {value}, boost: 0)"
        for who, value in (("preemptor", priority(workload)), ("preemptee", priority(victim)))
    )
    edited = state.editable(victim)
    state.put(api, edited, "Preempted", "True", target.reason, text)
    stored = state.evict(api, edited, "Preempted", text, component=kinds.ADMISSION)
    api.event(stored, "Normal", "Preempted", f"{text}; {ranks}", component=kinds.ADMISSION, action="Preempted")
    told = f"Preempted workload {victim['metadata']['namespace']}/{victim['metadata']['name']} (UID: {victim['metadata']['uid']})"
    reason = "PreemptedWorkload"
    told += f" in ClusterQueue {target.holder.queue.name}; {ranks}"
    api.event(workload, "Normal", reason, told, component=kinds.ADMISSION, action=reason)
