"""What every job type must do."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Phase
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import Sample
from arena_serve.custom import plugin
from arena_serve.probes import KINDS
from arena_serve.tensorflow import plugin as tensorflow
from arena_serve.triton import plugin as triton

TIME = "2026-01-01T00:00:10Z"
READY = {"ready": True, "started": True, "state": {"running": {"startedAt": "2026-01-01T00:00:02Z"}}}
STARTS = {"ready": False, "started": False, "state": {"waiting": {"reason": "ContainerCreating"}}}


def pod(index: int, phase: str, container: dict[str, Any]) -> dict[str, Any]:
    meta = {"name": f"pod-{index}", "creationTimestamp": "2026-01-01T00:00:00Z"}
    status = {"phase": phase, "startTime": "2026-01-01T00:00:01Z", "containerStatuses": [{"name": "custom-serving", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "custom-serving"}]}, "status": status}


def conditions(
    available: str, progressing: str = "True", reason: str = "NewReplicaSetAvailable", message: str = ""
) -> list[dict[str, Any]]:
    """The Deployment controller's two, as it writes them."""
    return [
        {"type": "Available", "status": available, "reason": "MinimumReplicas", "lastTransitionTime": TIME},
        {"type": "Progressing", "status": progressing, "reason": reason, "message": message, "lastTransitionTime": TIME},
    ]


def counts(replicas: int, updated: int, available: int, **more: Any) -> dict[str, Any]:
    return {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": updated, "availableReplicas": available, **more}


SAMPLES = (
    Sample(Phase.PENDING, {"metadata": {"generation": 1}, "status": {}}),
    Sample(
        Phase.PENDING,
        {"metadata": {"generation": 1}, "status": counts(1, 1, 0, conditions=conditions("False", reason="ReplicaSetUpdated"))},
        (pod(0, "Pending", STARTS),),
    ),
    Sample(
        Phase.PENDING,
        {"status": counts(1, 1, 0, conditions=conditions("False", "False", "ProgressDeadlineExceeded", 'ReplicaSet "x" has timed out'))},
        (pod(0, "Pending", STARTS),),
    ),
    Sample(
        Phase.READY, {"metadata": {"generation": 1}, "status": counts(1, 1, 1, conditions=conditions("True"))}, (pod(0, "Running", READY),)
    ),
    Sample(
        Phase.RUNNING,
        {"metadata": {"generation": 2}, "status": counts(1, 1, 1, conditions=conditions("True"))},
        (pod(0, "Running", READY),),
    ),
    Sample(
        Phase.RUNNING,
        {"metadata": {"generation": 1}, "status": counts(2, 1, 2, conditions=conditions("True", reason="ReplicaSetUpdated"))},
        (pod(0, "Running", READY), pod(1, "Running", READY)),
    ),
    Sample(Phase.SUSPENDED, {"spec": {"replicas": 0}, "status": {"observedGeneration": 1, "conditions": conditions("True")}}),
)


def probe(kind: str, port: str = "8000") -> dict[str, Any]:
    return {f"{kind}_probe_action": "httpGet", f"{kind}_probe_action_options": {"path": "/healthz", "port": port}}


ROLLOUT = {
    **{f"{kind}_probe_action": probe(kind) for kind in KINDS},
    **{f"{kind}_probe_action_options": probe(kind, port="9000") for kind in KINDS},
    **{f"{kind}_probe_options": {**probe(kind), f"{kind}_probe_options": {"periodSeconds": "3"}} for kind in KINDS},
    "data_subpath_expr": {"data": ["m:/m"], "data_subpath_expr": ["m:a"]},
    "temp_dir_subpath_expr": {"temp_dirs": ["s:/s"], "temp_dir_subpath_expr": ["s:a"]},
    "max_replicas": {"max_replicas": 4, "cpu": "1"},
    "min_replicas": {"max_replicas": 4, "min_replicas": 2, "cpu": "1"},
    "scale_metric": {"max_replicas": 4, "scale_metric": "memory", "memory": "1Gi", "cpu": "1"},
    "scale_target": {"max_replicas": 4, "scale_target": "50", "cpu": "1"},
}
KEYS = ("replicas", "updatedReplicas", "availableReplicas", "observedGeneration", "generation", "template", "ports")


class TestCustom(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    minimal = {"name": "x", "version": "v1", "image": "busybox", "restful_port": 8000}
    full = {
        "command": "python serve.py",
        "replicas": 3,
        "gpus": 1,
        "cpu": "2",
        "memory": "4Gi",
        "port": 8001,
        "metrics_port": 8002,
        "env": ["A=b"],
        "env_from_secret": ["TOKEN=hub"],
        "data": ["models:/models"],
        "data_subpath_expr": ["models:$(ARENA_POD_NAME)"],
        "temp_dirs": ["scratch:/scratch"],
        "temp_dir_subpath_expr": ["scratch:a"],
        "config_files": [{"path": "/etc/app/x.conf", "content": "a"}],
        "share_memory": "1Gi",
        "max_surge": "50%",
        "max_unavailable": "0",
        "drain": "5s",
        "model_name": "m",
        "model_version": "3",
        "readiness_probe_action": "httpGet",
        "readiness_probe_action_options": ["path: /healthz", "port: 8000"],
        "readiness_probe_options": ["periodSeconds: 2"],
    }
    effects = ROLLOUT
    keys = KEYS


class TestTensorflow(JobTypeConformance):
    plugin = tensorflow
    samples = SAMPLES
    minimal = {"name": "x", "version": "v1", "model_name": "m", "model_path": "/models/m"}
    full = {
        "replicas": 3,
        "gpumemory": 4,
        "cpu": "2",
        "port": 8600,
        "restful_port": 8601,
        "monitoring_config_file": "/etc/m",
        "data": ["models:/models"],
        "enable_istio": True,
        "max_replicas": 5,
    }
    effects = {**ROLLOUT, "shell": {"command": "x", "shell": "bash"}}
    keys = KEYS


class TestTriton(JobTypeConformance):
    plugin = triton
    samples = SAMPLES
    minimal = {"name": "x", "version": "v1", "model_repository": "/models"}
    full = {
        "replicas": 3,
        "gpus": 1,
        "backend": "vllm",
        "http_port": 9000,
        "grpc_port": 9001,
        "metrics_port": 9002,
        "allow_metrics": True,
        "load_models": ["a", "b"],
        "extend_command": "--log-verbose=1 --strict-readiness=true",
        "data": ["models:/models"],
    }
    effects = {
        **ROLLOUT,
        "backend": {"gpus": 1, "backend": "vllm"},
        "shell": {"command": "x", "shell": "bash"},
        "metrics_port": {"allow_metrics": True, "metrics_port": 9002},
    }
    keys = KEYS
