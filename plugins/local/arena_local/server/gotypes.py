"""What the JSON schemas of the built-in kinds cannot say: which Go fields are values with ``omitempty``, and which structs always show."""

from __future__ import annotations

#: Strings that are pointers in Go, so that an empty one is kept.
POINTER_STRINGS = frozenset(
    {
        "storageClassName",
        "ingressClassName",
        "runtimeClassName",
        "setHostnameAsFQDN",
        "preemptionPolicy",
        "fsType",
        "holderIdentity",
        "completionMode",
        "managedBy",
        "description",
    }
)
#: Texts of JSON documents inside a schema, and of other maps, where nothing is dropped.
OPAQUE_TYPES = frozenset(
    {"FieldsV1", "RawExtension", "JSON", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrStringArray"}
)
#: Booleans that are values with ``omitempty``: false is not stored.
VALUE_BOOLEANS = frozenset(
    {
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "readOnly",
        "stdin",
        "stdinOnce",
        "tty",
        "paused",
        "unschedulable",
        "publishNotReadyAddresses",
        "globalDefault",
        "nullable",
        "deprecated",
        "preserveUnknownFields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "uniqueItems",
    }
)
#: Integers that are values with ``omitempty``: zero is not stored. Per Go type where the name alone is not enough.
VALUE_INTEGERS = frozenset(
    {
        "hostPort",
        "nodePort",
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
        "minReadySeconds",
        "observedGeneration",
        "generation",
        "priority",
    }
)
VALUE_INTEGER_TYPES = frozenset({"DeploymentStatus", "JobStatus", "ScaleSpec"})
#: Pointers in spite of the names above.
POINTER_FIELDS = frozenset(
    {
        ("PodSpec", "priority"),
        ("CustomResourceColumnDefinition", ""),
        ("Lease", ""),
        ("Event", ""),
        ("ClientIPConfig", "timeoutSeconds"),
        ("JobStatus", "ready"),
        ("JobStatus", "terminating"),
        ("DeploymentStatus", "terminatingReplicas"),
    }
)
#: Structs (not pointers) that Go writes even when they are empty, by Go type.
ALWAYS: dict[str, tuple[str, ...]] = {
    "Container": ("resources",),
    "PodTemplateSpec": ("metadata", "spec"),
    "Pod": ("spec", "status"),
    "Deployment": ("spec", "status"),
    "DeploymentSpec": ("strategy", "template"),
    "ReplicaSet": ("spec", "status"),
    "StatefulSet": ("spec", "status"),
    "StatefulSetSpec": ("updateStrategy", "template"),
    "DaemonSet": ("spec", "status"),
    "DaemonSetSpec": ("updateStrategy", "template"),
    "Job": ("spec", "status"),
    "JobSpec": ("template",),
    "CronJob": ("spec", "status"),
    "CronJobSpec": ("jobTemplate",),
    "JobTemplateSpec": ("metadata", "spec"),
    "Service": ("spec", "status"),
    "ServiceStatus": ("loadBalancer",),
    "Namespace": ("spec", "status"),
    "Node": ("spec", "status"),
    "PersistentVolumeClaim": ("spec", "status"),
    "PersistentVolumeClaimSpec": ("resources",),
    "PersistentVolume": ("spec", "status"),
    "ResourceQuota": ("spec", "status"),
    "Ingress": ("spec", "status"),
    "IngressStatus": ("loadBalancer",),
    "HorizontalPodAutoscaler": ("spec", "status"),
    "PodDisruptionBudget": ("spec", "status"),
    "Scale": ("spec", "status"),
    "Lease": ("spec",),
    "LimitRange": ("spec",),
    "ReplicationController": ("spec", "status"),
    "NetworkPolicy": ("spec",),
    "Event": ("source",),
    "ContainerStatus": ("lastState", "state"),
    "NodeStatus": ("daemonEndpoints", "nodeInfo"),
    "NodeDaemonEndpoints": ("kubeletEndpoint",),
}
#: Times that are plain values in Go: null where nothing was set.
NULL_TIMES: dict[str, tuple[str, ...]] = {
    "PodCondition": ("lastProbeTime", "lastTransitionTime"),
    "NodeCondition": ("lastHeartbeatTime", "lastTransitionTime"),
    "JobCondition": ("lastProbeTime", "lastTransitionTime"),
    "DeploymentCondition": ("lastUpdateTime", "lastTransitionTime"),
    "ReplicaSetCondition": ("lastTransitionTime",),
    "ContainerStateRunning": ("startedAt",),
    "ContainerStateTerminated": ("startedAt", "finishedAt"),
}
#: Lists that are written as null or [] when empty because the field has no ``omitempty``.
NULL_LISTS = frozenset({("Role", "rules"), ("ClusterRole", "rules"), ("EndpointSlice", "endpoints"), ("EndpointSlice", "ports")})


def dropped_when_empty(go_type: str, field: str, kind: str) -> bool:
    """Return whether Go leaves the zero value of a field (of JSON type ``kind``) out."""
    if kind == "string":
        return field not in POINTER_STRINGS
    if (go_type, field) in POINTER_FIELDS:
        return False
    if kind == "boolean":
        return field in VALUE_BOOLEANS
    if kind == "integer":
        return field in VALUE_INTEGERS or go_type in VALUE_INTEGER_TYPES
    return kind in ("array", "map")
