"""PyTorchJob inside the local cluster: what the Training Operator 1.9.4 does for this kind and no other."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from typing import Any

from arena_local.sdk.bundle import Admission, Api, Bundle, Obj
from arena_local.sdk.crds import load_crds, load_effects
from arena_local.training import FieldErrors, Kind, Replica, Run, TrainingController, quota_job, validate_common
from arena_local.training.status import complete, counts, set_condition
from arena_pytorchjob import plugin

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

MASTER, WORKER = "Master", "Worker"
INIT_IMAGE = "alpine:3.10"
INIT_TRIES = 100


def _prepare(job: Obj) -> None:
    """Fill the defaults that are this kind's own: the bounds of an elastic job, processes per node."""
    spec = job.get("spec") or {}
    elastic = spec.get("elasticPolicy")
    worker = (spec.get("pytorchReplicaSpecs") or {}).get(WORKER)
    if elastic is not None:
        low, high = elastic.get("minReplicas"), elastic.get("maxReplicas")
        size = (worker or {}).get("replicas")
        size = 1 if size is None else size
        elastic["minReplicas"] = low if low is not None else high if high is not None else size
        elastic["maxReplicas"] = high if high is not None else low if low is not None else size
    if spec.get("nprocPerNode") is None and (elastic or {}).get("nProcPerNode") is None and spec:
        spec["nprocPerNode"] = "auto"


def _is_master(run: Run, replica: Replica, index: int) -> bool:
    return replica.type == MASTER if MASTER in run.replicas else replica.type == WORKER and index == 0


def _decide(run: Run) -> None:
    """Set the conditions: the master decides where there is one, else the workers."""
    for replica in run.replicas.values():
        counters = run.status["replicaStatuses"][replica.type]
        labels = sorted(run.labels(replica.type).items())
        counters["selector"] = ",".join(f"{k}={v}" for k, v in labels)
        active, succeeded, failed = counts(run, replica.type)
        if MASTER in run.replicas:
            if replica.type == MASTER and _master_decides(run, replica.count, active, succeeded):
                return
        elif replica.type == WORKER:
            _workers_decide(run, replica.count, active, succeeded)
        if failed and replica.count > succeeded + active:
            _failed(run, replica, failed)


def _master_decides(run: Run, count: int, active: int, succeeded: int) -> bool:
    if active:
        set_condition(run, "Running", "Running", f"PyTorchJob {run.name} is running.")
    if succeeded != count:
        return False
    _succeed(run, f"PyTorchJob {run.name} is successfully completed.")
    return True


def _workers_decide(run: Run, count: int, active: int, succeeded: int) -> None:
    where = f"{run.namespace}/{run.name}"
    elastic = run.job["spec"].get("elasticPolicy") is not None
    if succeeded == count or (elastic and succeeded):
        _succeed(run, f"PyTorchJob {where} successfully completed.")
    elif active:
        set_condition(run, "Running", "Running", f"PyTorchJob {where} is running.")


def _succeed(run: Run, message: str) -> None:
    run.event("Normal", run.reason("Succeeded"), message)
    complete(run)
    set_condition(run, "Succeeded", "Succeeded", message)


def _failed(run: Run, replica: Replica, failed: int) -> None:
    if replica.restart != "Never":
        message = f"PyTorchJob {run.name} is restarting because {failed} {replica.type} replica(s) failed."
        run.event("Warning", run.reason("Restarting"), message)
        set_condition(run, "Restarting", "Restarting", message)
        return
    message = f"PyTorchJob {run.name} is failed because {failed} {replica.type} replica(s) failed."
    run.event("Normal", run.reason("Failed"), message)
    complete(run)
    set_condition(run, "Failed", "Failed", message)


def environment(run: Run, replica: Replica, index: int) -> list[tuple[str, str]]:
    """Return the variables of one pod in the operator's order: who is the master, the world, the ranks, and torchrun's PET_ names."""
    spec = run.job["spec"]
    nproc = spec.get("nprocPerNode")
    env = [("PYTHONUNBUFFERED", "1")]
    if MASTER in run.replicas:
        port = str(run.kind.port_of(run.replicas[MASTER]))
        address = f"{run.name}-master-0"
        rank = str(index if replica.type == MASTER else index + 1)
        processes = int(nproc) if re.fullmatch(r"[+-]?[0-9]+", str(nproc or "")) else 1
        env += [("MASTER_PORT", port), ("PET_MASTER_PORT", port), ("MASTER_ADDR", address), ("PET_MASTER_ADDR", address)]
        env += [("WORLD_SIZE", str(run.total() * processes)), ("RANK", rank), ("PET_NODE_RANK", rank)]
    if nproc is not None:
        env.append(("PET_NPROC_PER_NODE", str(nproc)))
    elastic = spec.get("elasticPolicy")
    return env + ([("PET_NNODES", str(run.total()))] if elastic is None else _elastic(run, elastic))


def _elastic(run: Run, policy: dict[str, Any]) -> list[tuple[str, str]]:
    port = policy.get("rdzvPort")
    if port is None:
        port = run.kind.port_of(run.replicas[WORKER])
    host = policy.get("rdzvHost") or f"{run.name}-worker-0"
    env = [("PET_RDZV_ENDPOINT", f"{host}:{port}"), ("PET_RDZV_BACKEND", str(policy.get("rdzvBackend") or "c10d"))]
    env.append(("PET_NNODES", f"{policy['minReplicas']}:{policy['maxReplicas']}"))
    for name, key in (("PET_MAX_RESTARTS", "maxRestarts"), ("PET_NPROC_PER_NODE", "nProcPerNode"), ("PET_RDZV_ID", "rdzvId")):
        if policy.get(key) is not None:
            env.append((name, str(policy[key])))
    if policy.get("rdzvConf"):
        env.append(("PET_RDZV_CONF", ",".join(f"{c.get('key')}={c.get('value')}" for c in policy["rdzvConf"])))
    if policy.get("standalone"):
        env.append(("PET_STANDALONE", ""))
    return env


def _cluster_spec(run: Run, replica: Replica, index: int, pod: Obj) -> None:
    """Write the environment into every container, and make a worker wait until the master's name resolves."""
    env = [{"name": name, "value": value} for name, value in environment(run, replica, index)]
    for container in pod.get("containers") or []:
        container["env"] = [*(container.get("env") or []), *copy.deepcopy(env)]
    if MASTER in run.replicas and replica.type != MASTER:
        pod["initContainers"] = [*(pod.get("initContainers") or []), _init_container(f"{run.name}-master-0")]


def _init_container(master: str) -> Obj:
    script = (
        f"err=1;for i in $(seq {INIT_TRIES}); do if nslookup {master}; then err=0 && break; fi;"
        "echo waiting for master; sleep 2; done; exit $err"
    )
    return {
        "name": "init-pytorch",
        "image": INIT_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        "resources": {"limits": {"cpu": "100m", "memory": "20Mi"}, "requests": {"cpu": "50m", "memory": "10Mi"}},
    }


def _autoscaler(run: Run) -> None:
    """Keep a HorizontalPodAutoscaler for an elastic job with metrics."""
    policy = run.job["spec"].get("elasticPolicy") or {}
    if policy.get("metrics") is None:
        return
    resource = "horizontalpodautoscalers.autoscaling"
    target = {"kind": "PyTorchJob", "name": run.name, "apiVersion": "kubeflow.org/v1"}
    bounds = {"minReplicas": policy["minReplicas"], "maxReplicas": policy["maxReplicas"]}
    spec = {"scaleTargetRef": target, **bounds, "metrics": copy.deepcopy(policy["metrics"])}
    found = run.api.find(resource, run.namespace, run.name)
    if run.suspended:
        if found is not None:
            run.api.delete(resource, run.namespace, run.name, manager="training-operator")
    elif found is None:
        meta = {"name": run.name, "namespace": run.namespace, "ownerReferences": [run.owner()]}
        new = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": meta, "spec": spec}
        run.api.create(new, manager="training-operator")
    elif any(found.get("spec", {}).get(key) != value for key, value in spec.items()):
        run.api.update({**found, "spec": {**found["spec"], **spec}}, manager="training-operator")


KIND = Kind(
    kind="PyTorchJob",
    plural="pytorchjobs",
    specs="pytorchReplicaSpecs",
    container="pytorch",
    port_name="pytorchjob-port",
    port=23456,
    restart="OnFailure",
    controller="pytorchjob-controller",
    order=(MASTER, WORKER),
    is_master=_is_master,
    decide=_decide,
    cluster_spec=_cluster_spec,
    prepare=_prepare,
    before=_autoscaler,
)


def _validate(api: Api, job: Obj, old: Obj | None, operation: str) -> Iterable[str]:
    """Refuse what the operator's webhook refuses; return its warnings.

    The old object is not looked at: the operator compares the new one with itself, so ``managedBy`` can be changed.
    """
    errors = FieldErrors()
    specs = validate_common(errors, job, None, KIND.specs, KIND.container, (MASTER, WORKER))
    warnings = _validate_elastic(errors, job.get("spec") or {}, specs)
    for name in sorted(specs):
        replicas, path = (specs[name] or {}).get("replicas"), f"spec.{KIND.specs}[{name}].replicas"
        if name == MASTER and replicas != 1:
            errors.forbidden(path, "must be 1")
        elif name != MASTER and replicas is not None and replicas < 1:
            errors.forbidden(path, "must be at least 1")
    errors.check(warnings)
    return warnings


def _validate_elastic(errors: FieldErrors, spec: Obj, specs: Obj) -> Sequence[str]:
    elastic = spec.get("elasticPolicy")
    if elastic is None:
        return []
    if WORKER not in specs:
        errors.required(f"spec.{KIND.specs}[{WORKER}]", "must be configured if elastic policy is used")
    if elastic.get("nProcPerNode") is None:
        return []
    if spec.get("nprocPerNode") is not None:
        errors.forbidden("spec.elasticPolicy.nProcPerNode", "must not be used with spec.nprocPerNode")
    return ["spec.elasticPolicy.nProcPerNode is deprecated, use spec.nprocPerNode instead"]


BUNDLE = Bundle(
    name="pytorchjob",
    crds=lambda: load_crds("arena_pytorchjob"),
    effects=lambda: load_effects("arena_pytorchjob"),
    admission=(Admission("validator.pytorchjob.training-operator.kubeflow.org", KIND.resource, validate=_validate),),
    controllers=(lambda api: TrainingController(KIND, api),),
    quota=(quota_job(plugin, "kubeflow.org/pytorchjob", (MASTER, WORKER)),),
)
