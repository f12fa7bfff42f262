"""Keep a job and its Workload in step: make the Workload, start the job when it is admitted, stop it when it is not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s import conditions, owners, time
from arena_local.kueue import kinds, podsets, priority, state
from arena_local.kueue.integration import Integrations
from arena_local.sdk.bundle import Api, ApiError, Key, Obj, QuotaJob
from arena_local.sdk.owners import controlled

#: In place of a Workload: the one that was there did not match and is deleted, the next look begins anew.
_CHANGED: Obj = {}
_AT_ONCE = 0.001
#: Messages of condition PodsReady.
NOT_READY = "Not all pods are ready or succeeded"
READY = "All pods reached readiness and the workload is running"
RECOVERING = "At least one pod has failed, waiting for recovery"


class QueuedJobController:
    """The reconciler of Kueue's job framework for one kind."""

    owns: tuple[str, ...] = (kinds.WORKLOADS,)

    def __init__(self, api: Api, integrations: Integrations, integration: QuotaJob) -> None:
        self._api = api
        self._all = integrations
        self._kind = integration
        self.name = f"{integration.integration}-kueue-controller"
        self.resource = integration.resource
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {kinds.WORKLOADS: self._children}

    def _children(self, workload: Obj) -> Iterable[Key]:
        """A Workload also matters to the jobs that its job has made."""
        owner = owners.controller_of(workload)
        made = self._api.owned(owner["uid"], self.resource) if owner else ()
        return [(item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in made]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring job and Workload in step."""
        job = self._api.find(self.resource, namespace, name)
        if job is None or job["metadata"].get("deletionTimestamp"):
            return None
        ancestor = self._all.ancestor(self._api, job)
        if ancestor is not None:
            return self._follow_ancestor(job, ancestor)
        queue = kinds.queue_name(job)
        owned = controlled(self._api, kinds.WORKLOADS, job) if self._api.served(kinds.WORKLOADS) else ()
        if not (queue or owned):
            return None
        done = self._kind.finished(job)
        going = next((item for item in owned if item["metadata"].get("deletionTimestamp")), None)
        if going is not None:
            self._let_go(job, going, bool(done))
            return None  # its end brings the key back
        workload = self._matching(job, owned)
        if workload is _CHANGED:
            return _AT_ONCE
        if workload is None:
            return None if done else self._without_workload(job)
        if kinds.finished(workload):
            state.release(self._api, workload)
            return None
        if done:
            # The pods of a Job that is complete are counted as succeeded: recorded Workloads tell of that before they are finished.
            if done[1] and self._kind.integration == "batch/job" and self._pods_ready(job, workload):
                return None
            self._finish(job, workload, *done)
            return None
        if self._follow_job(job, workload) or self._pods_ready(job, workload) or self._reclaim(job, workload):
            return None  # the write brings the key back
        self._drive(job, workload)
        return None

    def _follow_ancestor(self, job: Obj, ancestor: Obj) -> float | None:
        """Suspend a job that is still going while the one that made it is not admitted, or has ended.

        What has ended together with its pods is first left to its own operator for a moment: on a real cluster that one is quicker than
        the way over wrapper, Workload and Kueue, and suspending would take away pods of a job that is about to be told successful.
        """
        if ancestor["metadata"].get("deletionTimestamp") or self._kind.is_suspended(job) or self._kind.finished(job):
            return None
        workload = next(iter(controlled(self._api, kinds.WORKLOADS, ancestor)), None)
        if workload is not None and kinds.admitted(workload):
            ended = conditions.find(workload, "Finished") or {}
            if ended.get("status") != "True":
                return None
            left = self._api.setting("kueue.child", 3.0) - (self._api.now() - time.read(ended["lastTransitionTime"])).total_seconds()
            if left > 0:
                return left
        changed = copy.deepcopy(dict(job))
        self._kind.set_suspend(changed, True)
        self._api.update(changed, manager=kinds.MANAGER)
        self._say(job, "Suspended", "Kueue managed child job suspended")
        return None

    # -- the Workload --------------------------------------------------------------------------------------------------------------

    def _matching(self, job: Obj, owned: Sequence[Obj]) -> Obj | None:
        """Return the job's Workload; one that asks for something else is corrected while the job waits, else deleted."""
        live = [item for item in owned if not item["metadata"].get("deletionTimestamp")]
        if not live:
            return None
        workload, *others = live
        for other in others:
            self._delete(job, other)
        if kinds.finished(workload) or kinds.evicted(workload) or self._kind.finished(job):
            return workload
        wanted = podsets.pod_sets(self._api, self._kind, job)
        limits = workload["spec"].get("maximumExecutionTimeSeconds"), _max_exec(job)
        suspended, admitted = self._kind.is_suspended(job), kinds.admitted(workload)
        # One that is admitted and not yet started still has its full size.
        forms = [podsets.running(workload), *([workload["spec"]["podSets"]] if suspended else [])]
        if limits[0] == limits[1] and any(podsets.same(wanted, form, admitted=admitted) for form in forms):
            return workload
        if not suspended:
            self._stop(job, workload, "No matching Workload; restoring pod templates according to existent Workload")
        if not suspended or kinds.reserved(workload):
            self._delete(job, workload)
            return _CHANGED
        changed = copy.deepcopy(dict(workload))
        changed["spec"]["podSets"] = wanted
        changed["spec"].pop("maximumExecutionTimeSeconds", None)
        if limits[1] is not None:
            changed["spec"]["maximumExecutionTimeSeconds"] = limits[1]
        stored = self._api.update(changed, manager=kinds.MANAGER)
        self._say(job, "UpdatedWorkload", f"Updated not matching Workload for suspended job: {_name(workload)}")
        return stored

    def _let_go(self, job: Obj, workload: Obj, done: bool) -> None:
        """Suspend a job whose Workload somebody has deleted; then the Workload may go, and another one is made."""
        if not done and not kinds.finished(workload) and not self._kind.is_suspended(job):
            self._stop(job, workload, "Workload is deleted")
        state.release(self._api, workload)

    def _delete(self, job: Obj, workload: Obj) -> None:
        state.release(self._api, workload)
        meta = workload["metadata"]
        try:
            self._api.delete(kinds.WORKLOADS, meta["namespace"], meta["name"], uid=meta["uid"], manager=kinds.MANAGER)
        except ApiError as error:
            if error.code != 404:
                raise
        self._say(job, "DeletedWorkload", f"Deleted not matching Workload: {_name(workload)}")

    def _without_workload(self, job: Obj) -> float | None:
        if not self._kind.is_suspended(job):
            self._stop(job, None, "Missing Workload; unable to restore pod templates")
            return None
        if self._kind.active(self._api, job):
            return None  # until its pods are gone
        sets = podsets.pod_sets(self._api, self._kind, job)
        if not sets:
            return None
        rank = priority.of_job(self._api, self._kind, job)
        if rank is None:
            return self._api.setting("kueue.retry", 5.0)
        meta = job["metadata"]
        spec: Obj = {"active": True, "queueName": kinds.queue_name(job), "podSets": sets, **rank}
        limit = _max_exec(job)
        if limit is not None:
            spec["maximumExecutionTimeSeconds"] = limit
        workload = self._api.create(
            {
                "apiVersion": kinds.API_VERSION,
                "kind": "Workload",
                "metadata": {
                    "name": podsets.workload_name(self._kind, job),
                    "namespace": meta["namespace"],
                    "labels": {kinds.JOB_UID_LABEL: meta["uid"]},
                    "finalizers": [kinds.FINALIZER],
                    "ownerReferences": [owners.reference(job)],
                },
                "spec": spec,
            },
            manager=kinds.MANAGER,
        )
        self._say(job, "CreatedWorkload", f"Created Workload: {_name(workload)}")
        return None

    def _finish(self, job: Obj, workload: Obj, message: str, succeeded: bool) -> None:
        state.finish(self._api, state.editable(workload), "Succeeded" if succeeded else "Failed", message)
        self._say(job, "FinishedWorkload", f"Workload '{_name(workload)}' is declared finished")

    def _follow_job(self, job: Obj, workload: Obj) -> bool:
        """Carry a changed priority class over to the Workload, and a changed queue of a job that waits."""
        spec = workload["spec"]
        known = spec.get("priorityClassRef") or {}
        label = str((job["metadata"].get("labels") or {}).get(kinds.PRIORITY_LABEL, ""))
        if known.get("kind", "WorkloadPriorityClass") == "WorkloadPriorityClass" and known.get("name", "") != label:
            rank = priority.of_job(self._api, self._kind, job)
            if rank is not None:
                self._change(workload, {"priorityClassRef": None, **rank})
                self._say(job, "UpdatedWorkload", f"Updated workload priority class: {_name(workload)}")
                return True
        queue = kinds.queue_name(job)
        if kinds.reserved(workload) or not self._kind.is_suspended(job) or not queue or queue == spec.get("queueName"):
            return False
        self._change(workload, {"queueName": queue})
        return True

    def _change(self, workload: Obj, fields: Obj) -> None:
        changed = copy.deepcopy(dict(workload))
        changed["spec"] = {key: value for key, value in {**changed["spec"], **fields}.items() if value is not None}
        self._api.update(changed, manager=kinds.MANAGER)

    def _pods_ready(self, job: Obj, workload: Obj) -> bool:
        current = conditions.find(workload, "PodsReady") or {}
        recovering = current.get("reason") == "WaitForRecovery"
        if not kinds.admitted(workload):
            wanted = ("False", "WaitForStart", NOT_READY)
        elif self._kind.pods_ready(self._api, job) and not self._kind.is_suspended(job):
            if current.get("status") == "True":
                return False
            wanted = ("True", "Recovered" if recovering else "Started", READY)
        elif recovering or current.get("status") == "True":
            wanted = ("False", "WaitForRecovery", RECOVERING)
        else:
            wanted = ("False", "WaitForStart", NOT_READY)
        if (current.get("status"), current.get("reason")) == wanted[:2]:
            return False
        edited = state.editable(workload)
        state.put(self._api, edited, "PodsReady", *wanted)
        state.store(self._api, edited)
        return True

    def _reclaim(self, job: Obj, workload: Obj) -> bool:
        known = (workload.get("status") or {}).get("reclaimablePods") or []
        counts = {name: count for name, count in self._kind.reclaimable(job).items() if count > 0}
        # A list by name: what is new is appended.
        names = dict.fromkeys([*(item["name"] for item in known if item["name"] in counts), *counts])
        freed = [{"name": name, "count": counts[name]} for name in names]
        if not kinds.admitted(workload) or freed == known:
            return False
        edited = state.editable(workload)
        edited["status"]["reclaimablePods"] = freed
        state.store(self._api, edited)
        return True

    # -- the job -------------------------------------------------------------------------------------------------------------------

    def _drive(self, job: Obj, workload: Obj) -> None:
        suspended = self._kind.is_suspended(job)
        if kinds.evicted(workload):
            message = str((conditions.find(workload, "Evicted") or {}).get("message", ""))
            if not suspended:
                self._stop(job, workload, message)
            elif kinds.reserved(workload) and not self._kind.active(self._api, job):
                state.unreserve(self._api, state.editable(workload))
        elif suspended and kinds.admitted(workload):
            self._start(job, workload)
        elif not suspended and not kinds.admitted(workload):
            self._stop(job, workload, "Not admitted by cluster queue")

    def _start(self, job: Obj, workload: Obj) -> None:
        flavors = {item["metadata"]["name"]: item for item in self._api.list(kinds.FLAVORS)}
        changed = copy.deepcopy(dict(job))
        podsets.inject(self._api, self._kind, changed, workload, flavors)
        self._kind.set_suspend(changed, False)
        self._api.update(changed, manager=kinds.MANAGER)
        queue = workload["status"]["admission"]["clusterQueue"]
        self._say(job, "Started", f"Admitted by clusterQueue {queue}")

    def _stop(self, job: Obj, workload: Obj | None, message: str) -> None:
        changed = copy.deepcopy(dict(job))
        self._kind.set_suspend(changed, True)
        if self._kind.integration == "batch/job":
            # The template of a batch/v1 Job may only be changed while it is suspended and has not begun.
            stored = self._api.update(changed, manager=kinds.MANAGER)
            changed = copy.deepcopy(dict(stored))
            if (changed.get("status") or {}).pop("startTime", None):
                changed = copy.deepcopy(dict(self._api.update_status(changed, manager=kinds.MANAGER)))
        podsets.restore(self._kind, changed, workload)
        self._api.update(changed, manager=kinds.MANAGER)
        self._say(job, "Stopped", message)

    def _say(self, job: Obj, reason: str, message: str) -> None:
        self._api.event(job, "Normal", reason, message, component=self.name, action=reason)


def _name(workload: Obj) -> str:
    return f"{workload['metadata']['namespace']}/{workload['metadata']['name']}"


def _max_exec(job: Obj) -> int | None:
    text = str((job["metadata"].get("labels") or {}).get(kinds.MAX_EXEC_LABEL, ""))
    return int(text) if text.isdecimal() and int(text) > 0 else None
