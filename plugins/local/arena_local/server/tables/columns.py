"""The columns of the built-in kinds: name, priority, and where their description stands."""

from __future__ import annotations

from typing import NamedTuple

from arena_local.server.tables.storecells import NAMES


class Column(NamedTuple):
    """One column. ``doc`` is ``Type.field`` of the API's own documentation, or a text."""

    name: str
    doc: str
    wide: bool = False
    format: str = ""


_NAME = Column("Name", "ObjectMeta.name", format="name")
_AGE = Column("Age", "ObjectMeta.creationTimestamp")
_CONTAINERS = Column("Containers", "Names of each container in the template.", wide=True)
_IMAGES = Column("Images", "Images referenced by each container in the template.", wide=True)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "pods": (
        _NAME,
        Column("Ready", "The aggregate readiness state of this pod for accepting traffic."),
        Column("Status", "The aggregate status of the containers in this pod."),
        Column(
            "Restarts",
            "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
        ),
        _AGE,
        Column("IP", "PodStatus.podIP", wide=True),
        Column("Node", "PodSpec.nodeName", wide=True),
        Column("Nominated Node", "PodStatus.nominatedNodeName", wide=True),
        Column("Readiness Gates", "PodSpec.readinessGates", wide=True),
    ),
    "deployments.apps": (
        _NAME,
        Column("Ready", "Number of the pod with ready state"),
        Column("Up-to-date", "DeploymentStatus.updatedReplicas"),
        Column("Available", "DeploymentStatus.availableReplicas"),
        _AGE,
        _CONTAINERS,
        _IMAGES,
        Column("Selector", "DeploymentSpec.selector", wide=True),
    ),
    "replicasets.apps": (
        _NAME,
        Column("Desired", "ReplicaSetSpec.replicas"),
        Column("Current", "ReplicaSetStatus.replicas"),
        Column("Ready", "ReplicaSetStatus.readyReplicas"),
        _AGE,
        _CONTAINERS,
        _IMAGES,
        Column("Selector", "ReplicaSetSpec.selector", wide=True),
    ),
    "statefulsets.apps": (
        _NAME,
        Column("Ready", "Number of the pod with ready state"),
        _AGE,
        _CONTAINERS,
        _IMAGES,
    ),
    "daemonsets.apps": (
        _NAME,
        Column("Desired", "DaemonSetStatus.desiredNumberScheduled"),
        Column("Current", "DaemonSetStatus.currentNumberScheduled"),
        Column("Ready", "DaemonSetStatus.numberReady"),
        Column("Up-to-date", "DaemonSetStatus.updatedNumberScheduled"),
        Column("Available", "DaemonSetStatus.numberAvailable"),
        Column("Node Selector", "PodSpec.nodeSelector"),
        _AGE,
        _CONTAINERS,
        _IMAGES,
        Column("Selector", "DaemonSetSpec.selector", wide=True),
    ),
    "jobs.batch": (
        _NAME,
        Column("Status", "Status of the job."),
        Column("Completions", "JobStatus.succeeded"),
        Column("Duration", "Time required to complete the job."),
        _AGE,
        _CONTAINERS,
        _IMAGES,
        Column("Selector", "JobSpec.selector", wide=True),
    ),
    "cronjobs.batch": (
        _NAME,
        Column("Schedule", "CronJobSpec.schedule"),
        Column("Timezone", "CronJobSpec.timeZone"),
        Column("Suspend", "CronJobSpec.suspend"),
        Column("Active", "CronJobStatus.active"),
        Column("Last Schedule", "CronJobStatus.lastScheduleTime"),
        _AGE,
        _CONTAINERS,
        _IMAGES,
        Column("Selector", "JobSpec.selector", wide=True),
    ),
    "services": (
        _NAME,
        Column("Type", "ServiceSpec.type"),
        Column("Cluster-IP", "ServiceSpec.clusterIP"),
        Column("External-IP", "ServiceSpec.externalIPs"),
        Column("Port(s)", "ServiceSpec.ports"),
        _AGE,
        Column("Selector", "ServiceSpec.selector", wide=True),
    ),
    "endpoints": (_NAME, Column("Endpoints", "Endpoints.subsets"), _AGE),
    "endpointslices.discovery.k8s.io": (
        _NAME,
        Column("AddressType", "EndpointSlice.addressType"),
        Column("Ports", "EndpointSlice.ports"),
        Column("Endpoints", "EndpointSlice.endpoints"),
        _AGE,
    ),
    "configmaps": (_NAME, Column("Data", "ConfigMap.data"), _AGE),
    "secrets": (_NAME, Column("Type", "Secret.type"), Column("Data", "Secret.data"), _AGE),
    "serviceaccounts": (_NAME, _AGE),
    "namespaces": (_NAME, Column("Status", "The status of the namespace"), _AGE),
    "nodes": (
        _NAME,
        Column("Status", "The status of the node"),
        Column("Roles", "The roles of the node"),
        _AGE,
        Column("Version", "NodeSystemInfo.kubeletVersion"),
        Column("Internal-IP", "NodeStatus.addresses", wide=True),
        Column("External-IP", "NodeStatus.addresses", wide=True),
        Column("OS-Image", "NodeSystemInfo.osImage", wide=True),
        Column("Kernel-Version", "NodeSystemInfo.kernelVersion", wide=True),
        Column("Container-Runtime", "NodeSystemInfo.containerRuntimeVersion", wide=True),
    ),
    "events": (
        Column("Last Seen", "Event.lastTimestamp"),
        Column("Type", "Event.type"),
        Column("Reason", "Event.reason"),
        Column("Object", "Event.involvedObject"),
        Column("Subobject", "ObjectReference.fieldPath", wide=True),
        Column("Source", "Event.source", wide=True),
        Column("Message", "Event.message"),
        Column("First Seen", "Event.firstTimestamp", wide=True),
        Column("Count", "Event.count", wide=True),
        Column("Name", "ObjectMeta.name", wide=True, format="name"),
    ),
    "persistentvolumeclaims": (
        _NAME,
        Column("Status", "PersistentVolumeClaimStatus.phase"),
        Column("Volume", "PersistentVolumeClaimSpec.volumeName"),
        Column("Capacity", "PersistentVolumeClaimStatus.capacity"),
        Column("Access Modes", "PersistentVolumeClaimStatus.accessModes"),
        Column("StorageClass", "PersistentVolumeClaimSpec.storageClassName"),
        Column("VolumeAttributesClass", "PersistentVolumeClaimSpec.volumeAttributesClassName"),
        _AGE,
        Column("VolumeMode", "PersistentVolumeClaimSpec.volumeMode", wide=True),
    ),
    "leases.coordination.k8s.io": (_NAME, Column("Holder", "LeaseSpec.holderIdentity"), _AGE),
    "priorityclasses.scheduling.k8s.io": (
        _NAME,
        Column("Value", "PriorityClass.value"),
        Column("Global-Default", "PriorityClass.globalDefault"),
        _AGE,
        Column("PreemptionPolicy", "PriorityClass.preemptionPolicy"),
    ),
    "resourcequotas": (
        _NAME,
        Column("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
        Column("Limit", "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node."),
        _AGE,
    ),
    "customresourcedefinitions.apiextensions.k8s.io": (_NAME, Column("Created At", "ObjectMeta.creationTimestamp")),
}


def _named(names: str) -> tuple[Column, ...]:
    """Return the columns of a kind whose columns need no more than a name."""
    shown, _, wide = names.partition("|")
    fixed = {"Name": _NAME, "Age": _AGE, "Created At": Column("Created At", "ObjectMeta.creationTimestamp")}
    narrow = [fixed.get(name) or Column(name, name) for name in shown.split(",")]
    return (*narrow, *(Column(name, name, wide=True) for name in wide.split(",") if name))


COLUMNS |= {kind: _named(names) for kind, names in NAMES.items()}
DEFAULT = (_NAME, _AGE)
