"""The types of the fields that the inside reads, as in Kubernetes' own API.

A type, ``[x]`` for a list of them, ``{"*": x}`` for a mapping of any names to them, ``{"name": x}`` for a mapping with such a field.
Kinds that others define are checked in their general fields only; their job types and readers take them as they come.
"""

from __future__ import annotations

from arena_core.typed import Any

_TEXTS = {"*": str}
_QUANTITIES: dict[str, Any] = {"*": object}
_CONDITION = {"type": str, "status": str, "reason": str, "message": str, "lastTransitionTime": str, "lastUpdateTime": str}
_OWNER = {"apiVersion": str, "kind": str, "name": str, "uid": str, "controller": bool, "blockOwnerDeletion": bool}
#: Of any object.
ANY: dict[str, Any] = {
    "apiVersion": str,
    "metadata": {
        "name": str,
        "namespace": str,
        "uid": str,
        "resourceVersion": str,
        "generateName": str,
        "creationTimestamp": str,
        "deletionTimestamp": str,
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "ownerReferences": [_OWNER],
        "finalizers": [str],
    },
    "spec": dict,
    "status": {"conditions": [_CONDITION]},
}

_RESOURCES = {"limits": _QUANTITIES, "requests": _QUANTITIES}
_CONTAINER = {
    "name": str,
    "image": str,
    "command": [str],
    "args": [str],
    "env": [{"name": str, "value": str, "valueFrom": {}}],
    "envFrom": [{}],
    "ports": [{"name": str, "containerPort": int}],
    "volumeMounts": [{"name": str, "mountPath": str}],
    "resources": _RESOURCES,
    "restartPolicy": str,
}
_STATE = {
    "waiting": {"reason": str, "message": str},
    "running": {"startedAt": str},
    "terminated": {"exitCode": int, "signal": int, "reason": str, "message": str, "startedAt": str, "finishedAt": str},
}
_CONTAINER_STATUS = {"name": str, "image": str, "ready": bool, "started": bool, "restartCount": int, "state": _STATE, "lastState": _STATE}
_POD_SPEC = {
    "containers": [_CONTAINER],
    "initContainers": [_CONTAINER],
    "volumes": [{"name": str}],
    "nodeName": str,
    "schedulerName": str,
    "priorityClassName": str,
    "restartPolicy": str,
    "nodeSelector": _TEXTS,
    "tolerations": [{"key": str, "operator": str, "value": str, "effect": str}],
    "imagePullSecrets": [{"name": str}],
    "schedulingGates": [{"name": str}],
}
BY_KIND: dict[str, dict[str, Any]] = {
    "Pod": {
        "spec": _POD_SPEC,
        "status": {
            "phase": str,
            "reason": str,
            "message": str,
            "podIP": str,
            "hostIP": str,
            "startTime": str,
            "containerStatuses": [_CONTAINER_STATUS],
            "initContainerStatuses": [_CONTAINER_STATUS],
        },
    },
    "Event": {
        "involvedObject": {"kind": str, "name": str, "namespace": str, "uid": str, "apiVersion": str, "fieldPath": str},
        "type": str,
        "reason": str,
        "message": str,
        "count": int,
        "firstTimestamp": str,
        "lastTimestamp": str,
        "eventTime": str,
        "source": {"component": str, "host": str},
        "series": {"count": int, "lastObservedTime": str},
        "reportingComponent": str,
        "reportingInstance": str,
    },
    "Node": {
        "spec": {"taints": [{"key": str, "value": str, "effect": str}], "unschedulable": bool},
        "status": {"allocatable": _QUANTITIES, "capacity": _QUANTITIES, "addresses": [{"type": str, "address": str}]},
    },
    "Service": {"spec": {"ports": [{"name": str, "port": int, "nodePort": int}], "type": str, "clusterIP": str, "selector": _TEXTS}},
    "Deployment": {"spec": {"replicas": int, "template": {"spec": _POD_SPEC}}, "status": {"readyReplicas": int, "replicas": int}},
    "ConfigMap": {"data": _TEXTS},
    "Namespace": {"status": {"phase": str}},
}
