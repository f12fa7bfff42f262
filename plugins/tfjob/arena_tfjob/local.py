"""TFJob inside the local cluster: what the Training Operator 1.9.4 does for this kind and no other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from arena_core.k8s import conditions
from arena_local.sdk.bundle import Admission, Api, Bundle, Obj
from arena_local.sdk.crds import load_crds, load_effects
from arena_local.training import FieldErrors, Kind, Replica, Run, TrainingController, quota_job, validate_common
from arena_local.training.kind import INDEX_LABEL
from arena_local.training.status import complete, counts, set_condition
from arena_tfjob import plugin

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

CHIEF, MASTER, PS, WORKER, EVALUATOR = "Chief", "Master", "PS", "Worker", "Evaluator"
CHIEFS = (CHIEF, MASTER)
#: The types that the operator looks at for the status; it makes pods for others, too, and never judges them.
JUDGED = (CHIEF, EVALUATOR, MASTER, PS, WORKER)


def _has_chief(run: Run) -> bool:
    return any(t in run.replicas for t in CHIEFS)


def _is_master(run: Run, replica: Replica, index: int) -> bool:
    return replica.type in CHIEFS if _has_chief(run) else replica.type == WORKER and index == 0


def _decide(run: Run) -> None:
    """Set the conditions: the chief decides where there is one, else worker 0 or all workers."""
    # Taken down before Running drives it out of the list: a role that is made again has not failed.
    restarting = conditions.find({"status": run.status}, "Restarting")
    for replica in (run.replicas[t] for t in JUDGED if t in run.replicas):
        active, succeeded, failed = counts(run, replica.type)
        where = f"{run.namespace}/{run.name}"
        if replica.type in CHIEFS or (replica.type == WORKER and not _has_chief(run)):
            if active and (replica.type in CHIEFS or not _workers_done(run, replica, succeeded)):
                set_condition(run, "Running", "Running", f"TFJob {where} is running.")
            if succeeded == replica.count or (replica.type == WORKER and _workers_done(run, replica, succeeded)):
                _succeed(run, f"TFJob {where} successfully completed.")
        if failed and restarting:
            set_condition(run, "Restarting", "Restarting", str(restarting.get("message", "")))
        elif failed:
            _failed(run, replica, failed)


def _workers_done(run: Run, replica: Replica, succeeded: int) -> bool:
    if succeeded == replica.count:
        return True
    return run.job["spec"].get("successPolicy") != "AllWorkers" and any(_completed(run, pod) for pod in run.pods_of(WORKER))


def _completed(run: Run, pod: Obj) -> bool:
    if pod["metadata"].get("labels", {}).get(INDEX_LABEL) != "0" or pod.get("status", {}).get("phase") != "Succeeded":
        return False
    found = pod["status"].get("containerStatuses") or []
    return any(c.get("name") == run.kind.container and (c.get("state", {}).get("terminated") or {}).get("exitCode") == 0 for c in found)


def _succeed(run: Run, message: str) -> None:
    run.event("Normal", run.reason("Succeeded"), message)
    complete(run)
    set_condition(run, "Succeeded", "Succeeded", message)


def _failed(run: Run, replica: Replica, failed: int) -> None:
    if run.job["spec"].get("enableDynamicWorker") and replica.type == WORKER:
        return
    message = f"TFJob {run.namespace}/{run.name} has failed because {failed} {replica.type} replica(s) failed."
    run.event("Normal", run.reason("Failed"), message)
    complete(run)
    set_condition(run, "Failed", "Failed", message)


def tf_config(run: Run, replica: Replica, index: int) -> str:
    """Return the TF_CONFIG of one pod: the whole cluster, or with dynamic workers only what this one needs to know."""
    task = {"type": replica.lower, "index": index}
    if run.job["spec"].get("enableDynamicWorker"):
        return json.dumps({"cluster": _sparse(run, replica, index), "task": task}, separators=(",", ":"))
    cluster = {r.lower: _hosts(run, r) for r in sorted(run.replicas.values(), key=lambda r: r.lower)}
    return json.dumps({"cluster": cluster, "task": task, "environment": "cloud"}, separators=(",", ":"))


def _hosts(run: Run, replica: Replica) -> list[str]:
    return [_host(run, replica, i) for i in range(replica.count)]


def _host(run: Run, replica: Replica, index: int) -> str:
    return f"{run.name}-{replica.lower}-{index}.{run.namespace}.svc:{run.kind.port_of(replica)}"


def _sparse(run: Run, replica: Replica, index: int) -> dict[str, Any]:
    if replica.type == WORKER:
        servers = _hosts(run, run.replicas[PS]) if PS in run.replicas else None
        return {"worker": {str(index): _host(run, replica, index)}, "ps": servers}
    return {"worker": {}, "ps": [_host(run, replica, index)] if replica.type == PS else []}


def _cluster_spec(run: Run, replica: Replica, index: int, pod: Obj) -> None:
    """Write TF_CONFIG into the main container of a job of more than one pod; it comes after the user's own and wins."""
    if sum(run.replicas[t].count for t in JUDGED if t in run.replicas) == 1:
        return
    for container in pod.get("containers") or []:
        if container.get("name") == run.kind.container:
            container["env"] = [*(container.get("env") or []), {"name": "TF_CONFIG", "value": tf_config(run, replica, index)}]
            return


KIND = Kind(
    kind="TFJob",
    plural="tfjobs",
    specs="tfReplicaSpecs",
    container="tensorflow",
    port_name="tfjob-port",
    port=2222,
    restart="Never",
    controller="tfjob-controller",
    order=JUDGED,
    is_master=_is_master,
    decide=_decide,
    cluster_spec=_cluster_spec,
    delete_reason="SuccessfulDeleteJob",
    delete_failed_reason="FailedDeleteJob",
)


def _validate(api: Api, job: Obj, old: Obj | None, operation: str) -> Iterable[str]:
    """Refuse what the operator's webhook refuses."""
    errors = FieldErrors()
    specs = validate_common(errors, job, old, KIND.specs, KIND.container)
    if sum(t in specs for t in CHIEFS) > 1:
        errors.forbidden(f"spec.{KIND.specs}", "must not have more than 1 Chief or Master role")
    errors.check()
    return ()


BUNDLE = Bundle(
    name="tfjob",
    crds=lambda: load_crds("arena_tfjob"),
    effects=lambda: load_effects("arena_tfjob"),
    admission=(Admission("validator.tfjob.training-operator.kubeflow.org", KIND.resource, validate=_validate),),
    controllers=(lambda api: TrainingController(KIND, api),),
    quota=(quota_job(plugin, "kubeflow.org/tfjob", (CHIEF, MASTER, PS, WORKER, EVALUATOR)),),
)
