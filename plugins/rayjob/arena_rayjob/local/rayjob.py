"""The reconcile of one RayJob, in the operator's order: deletion, validation, its state, the status."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_core.k8s.time import text as timestamp
from arena_local.sdk.bundle import Api, Key, Obj
from arena_rayjob.local import states, validation
from arena_rayjob.local.clusterstatus import EMPTY, differs
from arena_rayjob.local.dashboard import Answer, Questions, ask, request_of, stop
from arena_rayjob.local.names import JOBS, MANAGER, OPERATOR, RAYCLUSTERS, RAYJOBS
from arena_rayjob.local.run import COMPONENT, Run

FINALIZER = "ray.io/rayjob-finalizer"
_CRUCIAL = ("jobStatus", "jobDeploymentStatus", "jobStatusCheckFailureStartTime")
#: Failures after which a job is not run again.
_FINAL = ("DeadlineExceeded", "JobStatusCheckTimeoutExceeded")


class RayJobController:
    """Reconciles RayJobs."""

    name = COMPONENT
    resource = RAYJOBS
    owns: tuple[str, ...] = (RAYCLUSTERS, JOBS, "services")

    def __init__(self, api: Api) -> None:
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {RAYCLUSTERS: self._on_cluster}
        self._api = api
        self._questions = Questions()

    def _on_cluster(self, cluster: Obj) -> Iterable[Key]:
        """Lead from a cluster that jobs choose by its name to these."""
        meta = cluster["metadata"]
        for job in self._api.list(RAYJOBS, meta.get("namespace", "")):
            if job["spec"].get("clusterSelector") and (job.get("status") or {}).get("rayClusterName") == meta["name"]:
                yield job["metadata"]["namespace"], job["metadata"]["name"]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring everything of a job in line with it."""
        job = self._api.find(RAYJOBS, namespace, name)
        if job is None:
            self._questions.forget(lambda key: key[:2] != (namespace, name))
            return None
        if job["spec"].get("managedBy") not in (None, OPERATOR):
            return None
        status = {"failed": 0, "succeeded": 0, "rayJobInfo": {}, "rayClusterStatus": EMPTY, **(job.get("status") or {})}
        run = Run(self._api, job, copy.deepcopy(status))
        if job["metadata"].get("deletionTimestamp"):
            self._let_go(run)
            return None
        if wrong := validation.job_problem(job):
            self._invalid(run, *wrong)
            return None
        after = self._step(run)
        if after is not None:
            return None if after < 0 else min([after, *states.deadlines(run)])
        self._count(run)
        self._write(run)
        return min([self._poll(), *states.deadlines(run)])

    def _step(self, run: Run) -> float | None:
        state = str(run.status.get("jobDeploymentStatus") or "")
        if not state:
            run.job = self._with_finalizer(run.job)
            states.new(run)
            return None
        if state == "Running":
            after = states.running(run, self._ask)
            return self._poll() if after == states.POLL else after
        steps: Mapping[str, Callable[[Run], float | None]] = {
            "Initializing": states.initializing,
            "Waiting": states.waiting,
            "Suspending": states.releasing,
            "Retrying": states.releasing,
            "Suspended": states.suspended,
            "Complete": states.finished,
            "Failed": states.finished,
        }
        return steps[state](run) if state in steps else -1

    def _poll(self) -> float:
        return self._api.setting("rayjob.poll", states.POLL)

    def _ask(self, run: Run, cluster: Obj, submits: bool) -> Answer | None:
        address, job_id = run.dashboard(cluster), str(run.status.get("jobId") or "")
        if not address:
            return Answer(error="the head has no address")
        body = request_of(run.job, job_id) if submits else None
        return self._questions.take((run.namespace, run.name, job_id), lambda: ask(address, job_id, body))

    def _with_finalizer(self, job: Obj) -> Obj:
        meta = job["metadata"]
        if FINALIZER in (meta.get("finalizers") or ()):
            return job
        changed = {**job, "metadata": {**meta, "finalizers": [*(meta.get("finalizers") or ()), FINALIZER]}, "spec": as_written(job["spec"])}
        return self._api.update(changed, manager=MANAGER)

    def _let_go(self, run: Run) -> None:
        meta = run.job["metadata"]
        if FINALIZER not in (meta.get("finalizers") or ()):
            return
        if run.status.get("jobStatus") not in states.TERMINAL and run.status.get("jobId") and (address := run.dashboard(run.cluster())):
            stop(address, str(run.status["jobId"]))
        left = [name for name in meta["finalizers"] if name != FINALIZER]
        self._api.update({**run.job, "metadata": {**meta, "finalizers": left}}, manager=MANAGER)

    def _invalid(self, run: Run, reason: str, message: str) -> None:
        if run.status.get("jobDeploymentStatus") == "ValidationFailed" and run.status.get("message") == message:
            return
        run.event("Warning", reason, f"{run.namespace}/{run.name}: {message}", "Validate")
        run.status |= {"jobDeploymentStatus": "ValidationFailed", "reason": "ValidationFailed", "message": message}
        self._api.update_status({**run.job, "status": run.status}, manager=MANAGER)

    def _count(self, run: Run) -> None:
        """Count ends, and let a failed job run again as often as it may."""
        status = run.status
        if status.get("jobDeploymentStatus") == "Failed":
            status["failed"] = int(status.get("failed") or 0) + 1
            limit = int(run.spec.get("backoffLimit") or 0)
            if status["failed"] <= limit and status.get("reason") not in _FINAL:
                status["jobDeploymentStatus"] = "Retrying"
        elif status.get("jobDeploymentStatus") == "Complete" and status.get("jobStatus") == "SUCCEEDED":
            status["succeeded"] = int(status.get("succeeded") or 0) + 1

    def _write(self, run: Run) -> None:
        old = run.job.get("status") or {}
        same = all(old.get(key) == run.status.get(key) for key in _CRUCIAL)
        if same and not differs(old.get("rayClusterStatus") or EMPTY, run.status["rayClusterStatus"]):
            return
        if run.status.get("jobDeploymentStatus") in ("Complete", "Failed"):
            run.status["endTime"] = timestamp(self._api.now())
        self._api.update_status({**run.job, "status": run.status}, manager=MANAGER)


def as_written(spec: Obj) -> Obj:
    """Return a spec as the operator writes it back: Go's structs have these fields always, and leave an empty text out."""
    found = copy.deepcopy(spec)
    if not found.get("entrypoint"):
        found.pop("entrypoint", None)
    cluster = found.get("rayClusterSpec") or {}
    roles = [cluster.get("headGroupSpec") or {}, *(cluster.get("workerGroupSpecs") or ())]
    for group in roles[1:]:
        group.setdefault("scaleStrategy", {})
    templates = [role["template"] for role in roles if isinstance(role.get("template"), dict)]
    if isinstance(found.get("submitterPodTemplate"), dict):
        templates.append(found["submitterPodTemplate"])
    for template in templates:
        template.setdefault("metadata", {})
        for container in (template.get("spec") or {}).get("containers") or ():
            resources = container.setdefault("resources", {})
            for kind in ("limits", "requests"):
                if isinstance(resources.get(kind), dict):
                    resources[kind] = {name: str(amount) for name, amount in resources[kind].items()}
    return found
