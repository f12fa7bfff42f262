"""What KServe makes of a predictor: a Deployment and a Service. Pure."""

from __future__ import annotations

import copy
from typing import Any

from arena_core.k8s.owners import reference
from arena_local.sdk.bundle import Obj
from arena_serve.kserve.names import COMPONENT, CONTAINER, LABEL, predictor

PORT = 8080
#: Fields of a predictor that are none of its pod's.
_SCALING = ("minReplicas", "maxReplicas", "scaleMetric", "scaleMetricType", "scaleTarget", "autoScaling", "containerConcurrency")
_ROUTING = ("timeout", "canaryTrafficPercent", "logger", "batcher")
_ELSEWHERE = ("labels", "annotations", "deploymentStrategy", "model", "name", "storageContainerName", "storageUris", "workerSpec")
_OWN = {*_SCALING, *_ROUTING, *_ELSEWHERE}


def replicas(isvc: Obj) -> int:
    """Return how many instances there are: no metrics are measured, so it is the least number, and never none."""
    return max(1, int(isvc["spec"]["predictor"].get("minReplicas", 1)))


def _metadata(isvc: Obj) -> Obj:
    meta = isvc["metadata"]
    labels = {**(meta.get("labels") or {}), LABEL: meta["name"], COMPONENT: "predictor", "app": f"isvc.{predictor(meta['name'])}"}
    made = {"name": predictor(meta["name"]), "namespace": meta["namespace"], "labels": labels}
    return {**made, "ownerReferences": [reference(isvc)]}


def _pod(isvc: Obj) -> Obj:
    spec = copy.deepcopy(isvc["spec"]["predictor"])
    containers: list[Any] = [spec["model"]] if spec.get("model") else spec["containers"]
    main = containers[0]
    for field in ("modelFormat", "runtime", "storageUri", "storage", "runtimeVersion", "protocolVersion", "confidential"):
        main.pop(field, None)
    main.setdefault("image", "none")
    main |= {"name": CONTAINER}
    env = {row["name"]: row for row in main.get("env") or []}
    main["env"] = [*env.values(), *([] if "INFERENCE_SERVICE_NAME" in env else [_named(isvc)])]
    return {**{key: value for key, value in spec.items() if key not in _OWN}, "containers": containers}


def _named(isvc: Obj) -> Obj:
    return {"name": "INFERENCE_SERVICE_NAME", "value": isvc["metadata"]["name"]}


def deployment(isvc: Obj) -> Obj:
    """Return the predictor's Deployment."""
    metadata, given = _metadata(isvc), isvc["spec"]["predictor"]
    template = {
        "metadata": {
            "labels": {**metadata["labels"], **(given.get("labels") or {})},
            "annotations": {**(isvc["metadata"].get("annotations") or {}), **(given.get("annotations") or {})},
        },
        "spec": _pod(isvc),
    }
    spec = {"replicas": replicas(isvc), "selector": {"matchLabels": {"app": metadata["labels"]["app"]}}, "template": template}
    if given.get("deploymentStrategy"):
        spec["strategy"] = given["deploymentStrategy"]
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def service(isvc: Obj) -> Obj:
    """Return the Service in front of it: port 80 leads to the container's first one."""
    metadata = _metadata(isvc)
    found = [port["containerPort"] for container in _pod(isvc)["containers"] for port in container.get("ports") or []]
    first, *others = found or [PORT]
    ports = [{"name": metadata["name"], "port": 80, "targetPort": first, "protocol": "TCP"}]
    ports += [{"name": f"{metadata['name']}-{number}", "port": number, "targetPort": number, "protocol": "TCP"} for number in others]
    spec = {"selector": {"app": metadata["labels"]["app"]}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
