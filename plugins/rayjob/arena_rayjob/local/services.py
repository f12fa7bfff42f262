"""The Services of a Ray cluster: the head's, by which everything is reached, and that of groups with several hosts. Pure."""

from __future__ import annotations

import copy

from arena_local.sdk.bundle import Obj
from arena_rayjob.local.names import (
    CLUSTER,
    DEFAULT_PORTS,
    IDENTIFIER,
    METRICS,
    NODE_TYPE,
    ORIGIN,
    ORIGIN_KIND,
    cluster_labels,
    head_service,
    label,
    made_for,
)


def ports_of(cluster: Obj) -> list[Obj]:
    """Return the Service's ports: those of the Ray container, else Ray's usual ones, and that of the metrics."""
    containers = cluster["spec"]["headGroupSpec"]["template"]["spec"]["containers"]
    found = {port.get("name") or f"{port['containerPort']}-port": int(port["containerPort"]) for port in containers[0].get("ports") or ()}
    found = found or dict(DEFAULT_PORTS)
    found.setdefault("metrics", METRICS)
    return [{"name": name, "port": found[name], "appProtocol": "tcp"} for name in sorted(found)]


def head(cluster: Obj) -> Obj:
    """Return the head's Service of a cluster; one that the user has described is completed."""
    name = cluster["metadata"]["name"]
    labels = cluster_labels(name, "head")
    wanted = copy.deepcopy(cluster["spec"]["headGroupSpec"].get("headService") or {})
    kind = str(cluster["spec"]["headGroupSpec"].get("serviceType") or "")
    spec: Obj = {**(wanted.get("spec") or {}), "selector": labels}
    spec["ports"] = [*(spec.get("ports") or ()), *ports_of(cluster)]
    notes = {**((wanted.get("metadata") or {}).get("annotations") or {}), **(cluster["spec"].get("headServiceAnnotations") or {})}
    given = wanted.get("metadata") or {}
    metadata = made_for(cluster, given.get("name") or head_service(name), {**(given.get("labels") or {}), **labels})
    if kind:
        spec.setdefault("type", kind)
    if not wanted and kind in ("", "ClusterIP"):
        spec |= {"clusterIP": "None", "publishNotReadyAddresses": True}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {**metadata, "annotations": notes} if notes else metadata, "spec": spec}


def of_job(job: Obj, cluster: Obj) -> Obj:
    """Return the Service of a RayJob, whose name stays when its cluster changes."""
    found, name = head(cluster), job["metadata"]["name"]
    labels = {ORIGIN: name, ORIGIN_KIND: "RayJob", NODE_TYPE: "head", IDENTIFIER: label(f"{name}-head")}
    return {**found, "metadata": made_for(job, head_service(name), labels)}


def headless(cluster: Obj) -> Obj:
    """Return the Service by which the hosts of a worker reach each other."""
    name = cluster["metadata"]["name"]
    spec = {"clusterIP": "None", "selector": {CLUSTER: name, NODE_TYPE: "worker"}, "publishNotReadyAddresses": True, "type": "ClusterIP"}
    metadata = made_for(cluster, f"{name}-headless", {"ray.io/headless-worker-svc": name})
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
