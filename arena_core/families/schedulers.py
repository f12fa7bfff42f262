"""The names under which jobs and pods speak to Kueue, Volcano and the coscheduling plugin: kinds, labels, annotations.

Beneath the other modules of this package, which know what they mean; the core gets them from ``registry.queues``, and ``podspec`` from the
arguments. Nothing is imported but the contract's ``Resource``.
"""

from __future__ import annotations

from arena_core.contract.types import Resource

KUEUE = "kueue.x-k8s.io"
#: The label that queues a job: on the job, never on its pods, which would be queued one by one.
QUEUE_LABEL = f"{KUEUE}/queue-name"
PRIORITY_LABEL = f"{KUEUE}/priority-class"
ON_JOBS_ALONE = frozenset({QUEUE_LABEL, PRIORITY_LABEL})
# Kueue stores v1beta2 and calls v1beta1 deprecated, older releases have v1beta1 alone; what is read here is the same in both.
_VERSION, _OLDER = "v1beta2", ("v1beta1",)
WORKLOAD = Resource(KUEUE, _VERSION, "Workload", "workloads", older=_OLDER)
LOCAL_QUEUE = Resource(KUEUE, _VERSION, "LocalQueue", "localqueues", older=_OLDER)
CLUSTER_QUEUE = Resource(KUEUE, _VERSION, "ClusterQueue", "clusterqueues", namespaced=False, older=_OLDER)
COHORT = Resource(KUEUE, _VERSION, "Cohort", "cohorts", namespaced=False, older=(*_OLDER, "v1alpha1"))
WORKLOAD_PRIORITY = Resource(KUEUE, _VERSION, "WorkloadPriorityClass", "workloadpriorityclasses", namespaced=False, older=_OLDER)

FLAVOR = Resource(KUEUE, _VERSION, "ResourceFlavor", "resourceflavors", namespaced=False, older=_OLDER)
CHECK = Resource(KUEUE, _VERSION, "AdmissionCheck", "admissionchecks", namespaced=False, older=_OLDER)
TOPOLOGY = Resource(KUEUE, _VERSION, "Topology", "topologies", namespaced=False, older=(*_OLDER, "v1alpha1"))

VOLCANO_GROUP = Resource("scheduling.volcano.sh", "v1beta1", "PodGroup", "podgroups")
VOLCANO_QUEUE = Resource("scheduling.volcano.sh", "v1beta1", "Queue", "queues", namespaced=False)
#: Kubernetes' own: what the name of a class in a PodGroup means.
PRIORITY_CLASS = Resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", namespaced=False)
COSCHEDULING_GROUP = Resource("scheduling.x-k8s.io", "v1alpha1", "PodGroup", "podgroups")
#: All that decides who starts when, apart from nodes and pods.
QUEUEING = (
    PRIORITY_CLASS,
    *(LOCAL_QUEUE, CLUSTER_QUEUE, WORKLOAD, COHORT, FLAVOR, CHECK, TOPOLOGY, WORKLOAD_PRIORITY),
    *(VOLCANO_QUEUE, VOLCANO_GROUP, COSCHEDULING_GROUP),
)
#: The annotation, and the label, that names a pod's group.
VOLCANO_NAME = "scheduling.k8s.io/group-name"
COSCHEDULING_NAME = "scheduling.x-k8s.io/pod-group"
#: What operators write into ``managedBy`` for themselves, and what is known of others that stand there.
OWN_MANAGERS = frozenset(
    [
        "kubernetes.io/job-controller",
        "kubeflow.org/training-operator",
        "kubeflow.org/mpi-operator",
        "jobset.sigs.k8s.io/jobset-controller",
        "trainer.kubeflow.org/trainjob-controller",
        "ray.io/kuberay-operator",
        "workload.codeflare.dev/appwrapper",
    ]
)
OTHER_MANAGERS = {f"{KUEUE}/multikueue": "Kueue runs it in another cluster (MultiKueue): its instances and their logs are there"}


def is_volcano(scheduler: str) -> bool:
    """Return whether the scheduler speaks Volcano's PodGroups: everything else is taken for one with the coscheduling plugin."""
    return scheduler.startswith("volcano")
