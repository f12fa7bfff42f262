"""The runtimes that a new local cluster has, as the operator's own manifests name them."""

from __future__ import annotations

from typing import Any

from arena_local.sdk.bundle import Obj
from arena_trainjob.names import GROUP, NODE, STEP, TRAINER

#: Frameworks whose nodes are all alike: name of the runtime → ML policy.
_ALIKE: dict[str, dict[str, Any]] = {
    "torch-distributed": {"torch": {}},
    "jax-distributed": {"jax": {}},
    "xgboost-distributed": {"xgboost": {}},
    "plain": {},
}
#: Images are names only: pods are processes of this machine.
_IMAGE = "local"


def shipped() -> list[Obj]:
    """Return the cluster's runtimes. A failed node is not started again there, so that its log stays."""
    return [_runtime(name, policy) for name, policy in _ALIKE.items()]


def _runtime(name: str, policy: dict[str, Any]) -> Obj:
    framework = name.partition("-")[0]
    container = {"name": NODE, "image": _IMAGE, "imagePullPolicy": "IfNotPresent"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    node = {
        "name": NODE,
        "groupName": "default",
        "replicas": 1,
        "template": {"metadata": {"labels": {STEP: TRAINER}}, "spec": {"backoffLimit": 0, "template": template}},
    }
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": name, "labels": {"trainer.kubeflow.org/framework": framework}},
        "spec": {"mlPolicy": {"numNodes": 1, **policy}, "template": {"spec": {"replicatedJobs": [node]}}},
    }
