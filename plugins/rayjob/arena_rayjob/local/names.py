"""Names, labels and ports as KubeRay 1.7.0 writes them."""

from __future__ import annotations

import random
from typing import Any

from arena_core.k8s.owners import reference as owner_reference
from arena_local.sdk.bundle import Obj

RAYJOBS, RAYCLUSTERS, JOBS = "rayjobs.ray.io", "rayclusters.ray.io", "jobs.batch"
MANAGER = "kuberay-operator"
VERSION = "v1.7.0"
CLUSTER, NODE_TYPE, GROUP, IDENTIFIER = "ray.io/cluster", "ray.io/node-type", "ray.io/group", "ray.io/identifier"
ORIGIN, ORIGIN_KIND = "ray.io/originated-from-cr-name", "ray.io/originated-from-crd"
CREATED_BY, APPLICATION = "app.kubernetes.io/created-by", "app.kubernetes.io/name"
SUBMITTER = "ray-job-submitter"
K8S_JOB, HTTP, SIDECAR, INTERACTIVE = "K8sJobMode", "HTTPMode", "SidecarMode", "InteractiveMode"
DASHBOARD, AGENT, GCS, METRICS = 8265, 52365, 6379, 8080
DEFAULT_PORTS = {"client": 10001, "dashboard": DASHBOARD, "gcs-server": GCS, "serve": 8000}
#: What the operator works on unless ``spec.managedBy`` names somebody else.
OPERATOR = "ray.io/kuberay-operator"
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def suffix() -> str:
    """Return five random characters, of those that Kubernetes takes."""
    return "".join(random.choices(_LETTERS, k=5))


def label(text: str) -> str:
    """Return a label's value: the end of a text that is too long, never with a punctuation mark in front."""
    text = text[-63:]
    return text if text[:1].isalnum() else f"r{text[1:]}"


def cluster_labels(cluster: str, kind: str) -> dict[str, str]:
    """Return the labels of the head's Service, by which it selects; pods have them, too."""
    return {
        CREATED_BY: MANAGER,
        APPLICATION: "kuberay",
        CLUSTER: cluster,
        IDENTIFIER: label(f"{cluster}-{kind}"),
        NODE_TYPE: kind,
    }


def head_service(name: str) -> str:
    """Return the name of the head's Service of a cluster or job."""
    return f"{name}-head-svc"


def host(cluster: Obj) -> str:
    """Return the whole name of the head's Service."""
    named = ((cluster["spec"].get("headGroupSpec") or {}).get("headService") or {}).get("metadata") or {}
    meta = cluster["metadata"]
    return f"{named.get('name') or head_service(meta['name'])}.{meta['namespace']}.svc.cluster.local"


def made_for(owner: Obj, name: str, labels: dict[str, str] | None = None) -> Obj:
    """Return the metadata of an object that belongs to a job or a cluster."""
    found: Obj = {"name": name, "namespace": owner["metadata"]["namespace"], "ownerReferences": [owner_reference(owner)]}
    return {**found, "labels": labels} if labels else found


def groups(spec: Obj) -> list[Obj]:
    """Return the groups of workers of a RayCluster's spec."""
    found: Any = spec.get("workerGroupSpecs") or []
    return [group for group in found if isinstance(group, dict)]


def desired(group: Obj) -> int:
    """Return how many pods a group of workers is to have: within its bounds, none while it is suspended."""
    if group.get("suspend"):
        return 0
    least, most = int(group.get("minReplicas") or 0), group.get("maxReplicas")
    count = max(int(group.get("replicas") or 0), least)
    count = count if most is None else max(least, min(count, int(most)))
    return count * int(group.get("numOfHosts") or 1)
