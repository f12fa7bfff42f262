"""Admit the Workloads of a ClusterQueue: by priority then age, within quota, with preemption where the queue says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from arena_local.bundle import Api, Key, Obj
from arena_local.kueue import assign, kinds, podsets, queues, state
from arena_local.kueue.cohort import Capacity, others
from arena_local.kueue.preempt import Preemptor
from arena_local.operator.conditions import find_condition, parse_time

_Place = tuple[str, str]


def rank(workload: Obj) -> tuple[int, str, str]:
    """Return the place in the queue: priority, then age, then uid."""
    meta = workload["metadata"]
    return (-int(workload["spec"].get("priority") or 0), str(meta.get("creationTimestamp", "")), str(meta.get("uid", "")))


class SchedulerController:
    """One pass over a ClusterQueue whenever something in it has changed."""

    name = "kueue-scheduler"
    resource = kinds.CLUSTER_QUEUES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self._held: dict[str, tuple[dict[str, dict[_Place, Decimal]], int]] = {}
        #: Per queue, the Workloads that did not fit, and what they were looked at under.
        self._parked: dict[str, dict[str, tuple[object, ...]]] = {}
        #: Changes of many Workloads are looked at in one pass.
        self.batch = api.setting("kueue.scheduling", 0.05)
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {
            kinds.WORKLOADS: self._of_workload,
            kinds.FLAVORS: queues.queues_with_flavor(api),
            kinds.LOCAL_QUEUES: lambda queue: (("", queue["spec"].get("clusterQueue") or "-"),),
            kinds.CLUSTER_QUEUES: self._of_cohort,
            "namespaces": self._of_namespace,
        }

    def _of_cohort(self, queue: Obj) -> Iterable[Key]:
        return [("", item["metadata"]["name"]) for item in others(self._api, queue)]

    def _of_workload(self, workload: Obj) -> Iterable[Key]:
        """A Workload touches its queues, and those that share quota with them."""
        keys = list(queues.queue_key(self._api)(workload))
        found = [self._api.find(kinds.CLUSTER_QUEUES, "", name) for _, name in keys]
        return [*keys, *(key for queue in found if queue is not None for key in self._of_cohort(queue))]

    def _of_namespace(self, namespace: Obj) -> Iterable[Key]:
        """A namespace whose labels have changed may now be one that a queue selects."""
        local = self._api.list(kinds.LOCAL_QUEUES, namespace["metadata"]["name"]) if self._api.served(kinds.LOCAL_QUEUES) else ()
        return [("", name) for name in {item["spec"].get("clusterQueue", "") for item in local} if name]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Admit what fits, explain the rest."""
        queue = self._api.find(self.resource, "", name)
        if queue is None or queues.problem(self._api, queue):
            return None
        workloads = [item for item in queues.of_cluster_queue(self._api, name) if not item["metadata"].get("deletionTimestamp")]
        pending = sorted((item for item in workloads if self._eligible(item)), key=rank)
        holding = [item for item in workloads if kinds.reserved(item) and not kinds.finished(item)]
        flavors = {item["metadata"]["name"]: item for item in self._api.list(kinds.FLAVORS)}
        strict = queue["spec"].get("queueingStrategy") == "StrictFIFO"
        parked = self._parked.get(name, {})
        still: dict[str, tuple[object, ...]] = {}
        self._parked[name] = still
        cohort = [(item, self._holding(item["metadata"]["name"])) for item in others(self._api, queue)]
        round_ = self._round(queue, flavors, [*holding, *(held for _, part in cohort for held in part)], [item for item, _ in cohort])
        for workload in pending:
            seen = (round_, workload["metadata"].get("generation"), (find_condition(workload, "Requeued") or {}).get("lastTransitionTime"))
            uid = workload["metadata"]["uid"]
            if not strict and parked.get(uid) == seen:
                still[uid] = seen
                continue
            blocked = self._foreign_namespace(queue, workload)
            if blocked:
                self._wait(workload, "Pending", blocked, asked=True)
                continue
            capacity = Capacity(queue, holding, cohort)
            assigner = assign.Assigner(queue, flavors, capacity)
            result = assigner.assign(workload)
            if result.mode == assign.FIT:
                holding.append(self._admit(queue, workload, result))
                continue
            message, targets = result.message, 0
            if result.mode == assign.PREEMPT:
                targets = Preemptor(self._api, queue, holding, capacity.room()).run(workload, result.usage)
                if targets:
                    message += f". Pending the preemption of {targets} workload(s)"
            if not targets and (part := assigner.reduced(workload)):
                holding.append(self._admit(queue, workload, part))
                continue
            self._wait(workload, "Pending", message, asked=True)
            still[uid] = seen
            if strict:
                break
        return None

    def _holding(self, name: str) -> list[Obj]:
        found = queues.of_cluster_queue(self._api, name)
        return [item for item in found if kinds.reserved(item) and not kinds.finished(item)]

    def _round(self, queue: Obj, flavors: Mapping[str, Obj], holding: Sequence[Obj], cohort: Sequence[Obj]) -> tuple[object, ...]:
        """Return what changes when a Workload that did not fit is worth another look: quota set free, or another configuration."""
        name = queue["metadata"]["name"]
        before, freed = self._held.get(name, ({}, 0))
        now = {item["metadata"]["uid"]: podsets.usage(item) for item in holding}
        if any(now.get(uid) != use for uid, use in before.items()):
            freed += 1
        self._held[name] = (now, freed)
        kinds_of = tuple(flavors[item]["metadata"].get("resourceVersion") for item in queues.flavor_names(queue) if item in flavors)
        generations = tuple(sorted((item["metadata"]["name"], item["metadata"].get("generation", 1)) for item in (queue, *cohort)))
        return (generations, kinds_of, freed)

    def _eligible(self, workload: Obj) -> bool:
        if not queues.waiting(workload) or queues.obstacle(self._api, workload):
            return False
        if (find_condition(workload, "Requeued") or {}).get("status") == "False":
            return False
        reason = str((find_condition(workload, "QuotaReserved") or {}).get("message", ""))
        return not (reason.startswith("LocalQueue ") and reason.endswith(" doesn't exist"))

    def _foreign_namespace(self, queue: Obj, workload: Obj) -> str:
        selector = queue["spec"].get("namespaceSelector")
        namespace = self._api.find("namespaces", "", workload["metadata"]["namespace"])
        labels = (namespace or {}).get("metadata", {}).get("labels") or {}
        if selector is not None and _selects(selector, labels):
            return ""
        return "workload namespace doesn't match ClusterQueue selector"

    def _wait(self, workload: Obj, reason: str, message: str, *, asked: bool) -> None:
        edited = state.editable(workload)
        changed = state.put(self._api, edited, "QuotaReserved", "False", reason, message)
        wanted = podsets.total_requests(edited) if asked else None
        if wanted and edited["status"].get("resourceRequests") != wanted:
            edited["status"]["resourceRequests"] = wanted
            changed = True
        if changed:
            stored = state.store(self._api, edited)
            self._api.event(stored, "Warning", reason, message[:1024], component=kinds.ADMISSION, action=reason)

    def _admit(self, queue: Obj, workload: Obj, result: assign.Assignment) -> Obj:
        name = queue["metadata"]["name"]
        edited = state.editable(workload)
        status = edited["status"]
        status["admission"] = {"clusterQueue": name, "podSetAssignments": result.pod_sets}
        status.pop("resourceRequests", None)
        status.pop("requeueState", None)
        for type in ("Evicted", "Preempted"):
            old = find_condition(edited, type)
            if old and old["status"] == "True":
                state.put(self._api, edited, type, "False", "QuotaReserved", f"Previously: {old['message']}")
        state.put(self._api, edited, "QuotaReserved", "True", "QuotaReserved", f"Quota reserved in ClusterQueue {name}")
        state.put(self._api, edited, "Admitted", "True", "Admitted", "The workload is admitted")
        queued = find_condition(workload, "Requeued") or {}
        since = queued.get("lastTransitionTime") or workload["metadata"]["creationTimestamp"]
        waited = max(0, round((self._api.now() - parse_time(since)).total_seconds()))
        stored = state.store(self._api, edited)
        for reason, text in (
            ("QuotaReserved", f"Quota reserved in ClusterQueue {name}, wait time since queued was {waited}s"),
            ("Admitted", f"Admitted by ClusterQueue {name}, wait time since reservation was 0s"),
        ):
            self._api.event(stored, "Normal", reason, text, component=kinds.ADMISSION, action=reason)
        return stored


def _selects(selector: Obj, labels: Mapping[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for item in selector.get("matchExpressions") or ():
        value, wanted = labels.get(item["key"]), item.get("values") or ()
        checks = {"In": value in wanted, "NotIn": value not in wanted, "Exists": value is not None, "DoesNotExist": value is None}
        if not checks.get(item["operator"], False):
            return False
    return True
