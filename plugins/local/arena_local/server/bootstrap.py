"""What a new cluster has from the start."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from arena_local.sdk.bundle import ApiError

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]


def _priority_class(name: str, value: int, description: str) -> Obj:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "description": description,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def _objects() -> list[Obj]:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("default", "kube-system", "kube-public", "kube-node-lease")
    ]
    use = "Used for system critical pods that must "
    return [
        *spaces,
        _priority_class("system-cluster-critical", 2000000000, use + "run in the cluster, but can be moved to another node if necessary."),
        _priority_class("system-node-critical", 2000001000, use + "not be moved from their current node."),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]},
        },
    ]


def first_objects(server: Core) -> None:
    """Create what is not there yet."""
    for obj in _objects():
        try:
            server.create(obj, manager="kube-apiserver")
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise


def root_certificate() -> str:
    """Return what stands in ConfigMap kube-root-ca.crt: there is no TLS here, so it says that."""
    text = "The local cluster speaks plain HTTP on the loopback interface and has no certificate.\n"
    return f"{text}# {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"
