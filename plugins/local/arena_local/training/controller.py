"""The reconcile of one training job, in the operator's order: finished, suspended, resumed, limits, pods and services, status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s import time
from arena_local.sdk.bundle import Api, Key, Obj
from arena_local.training import gang, made, policy
from arena_local.training.kind import JOB_LABEL, MULTIKUEUE, OPERATOR_LABEL, Kind, Run, controlled
from arena_local.training.pods import reconcile_pods, record_troubles
from arena_local.training.recorder import Recorder
from arena_local.training.services import reconcile_services
from arena_local.training.status import complete, finished, is_true, set_condition

AT_ONCE = 0.001


class TrainingController:
    """Reconciles one kind of the Training Operator."""

    owns: tuple[str, ...] = ("pods", "services", gang.GROUPS)

    def __init__(self, kind: Kind, api: Api) -> None:
        self.name = kind.controller
        self.resource = kind.resource
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {}
        self._kind = kind
        self._api = api
        self._recorder = Recorder(api, kind.controller)

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring pods, services and status in line with the job; return seconds until a deadline or the end of its life."""
        job = self._api.find(self.resource, namespace, name)
        if job is None:
            self._recorder.forget((namespace, name))
            return None
        if job["metadata"].get("deletionTimestamp"):
            return None
        run = self._kind.view(self._api, self._recorder, job)
        if run.policy.get("managedBy") == MULTIKUEUE:
            return None
        self._mark_created(run)
        self._kind.before(run)
        selector = {JOB_LABEL: name, OPERATOR_LABEL: self._kind.controller}
        run.pods = controlled(self._api.list("pods", namespace, selector), job["metadata"]["uid"])
        if finished(run.status):
            return self._finished(run, job)
        if run.suspended:
            self._suspend(run, job)
            return None
        return self._work(run, job, selector)

    def _mark_created(self, run: Run) -> None:
        # The operator notes this on its copy when it first sees the job, and only writes it with the first status: a job that is
        # changed before that (a queue that lets it go at once) never shows it.
        if not run.status.get("conditions") and run.job["metadata"].get("generation", 1) == 1:
            set_condition(run, "Created", "Created", f"{self._kind.kind} {run.name} is created.")

    def _write(self, run: Run, job: Obj) -> None:
        if not run.status.get("replicaStatuses"):
            run.status.pop("replicaStatuses", None)
        if run.status != (job.get("status") or {}):
            self._api.update_status({**job, "status": run.status}, manager="training-operator")

    def _finished(self, run: Run, job: Obj) -> float | None:
        policy.clean_up(run)
        policy.settle_finished(run)
        self._write(run, job)
        return policy.time_to_live(run)

    def _suspend(self, run: Run, job: Obj) -> None:
        policy.clean_up(run)
        for counters in (run.status.get("replicaStatuses") or {}).values():
            counters.pop("active", None)
        message = f"{self._kind.kind} {run.name} is suspended."
        if is_true(run.status, "Running"):
            set_condition(run, "Running", "Suspended", message, "False")
        if not is_true(run.status, "Suspended"):
            set_condition(run, "Suspended", "Suspended", message)
        run.event("Normal", run.reason("Suspended"), message)
        self._write(run, job)

    def _work(self, run: Run, job: Obj, selector: dict[str, str]) -> float | None:
        resumed = is_true(run.status, "Suspended")
        if resumed:
            message = f"{self._kind.kind} {run.name} is resumed."
            set_condition(run, "Suspended", "Resumed", message, "False")
            run.status["startTime"] = time.text(self._api.now())
            run.event("Normal", run.reason("Resumed"), message)
        record_troubles(run)
        deadline = policy.deadline_in(run)
        if failure := self._limit(run, deadline):
            complete(run)
            run.event("Normal", run.reason("Failed"), failure)
            set_condition(run, "Failed", "Failed", failure)
            policy.clean_up(run)
            self._write(run, job)
            return policy.time_to_live(run)
        if not gang.sync(run):
            self._write(run, job)
            return deadline
        services = list(self._api.list("services", run.namespace, selector))
        for replica in run.replicas.values():
            reconcile_pods(run, replica)
            reconcile_services(run, services, replica)
            if replica.count == 0 and not run.status.get("startTime"):
                # The operator's next round, which still sees the older status, deletes what was made for nothing.
                name = f"{run.name}-{replica.lower}-0"
                made.delete(run, "Pod", name)
                made.delete(run, "Service", name)
        if resumed and run.made:
            # Making the pods takes the operator a while, and a queue that takes the job back meanwhile wins: the write is a conflict.
            return AT_ONCE
        run.status.setdefault("startTime", time.text(self._api.now()))
        run.kind.decide(run)
        self._write(run, job)
        return policy.deadline_in(run)

    @staticmethod
    def _limit(run: Run, deadline: float | None) -> str:
        if policy.past_backoff_limit(run):
            return f"Job {run.name} has failed because it has reached the specified backoff limit"
        if deadline is not None and deadline <= 0:
            return f"Job {run.name} has failed because it was active longer than specified deadline"
        return ""
