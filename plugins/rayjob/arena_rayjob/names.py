"""Names and labels of KubeRay."""

from __future__ import annotations

from arena_core.contract.types import Resource

RAYJOB = Resource("ray.io", "v1", "RayJob", "rayjobs")
RAYCLUSTER = Resource("ray.io", "v1", "RayCluster", "rayclusters")
JOB = Resource("batch", "v1", "Job", "jobs")
CLUSTER, NODE_TYPE, GROUP = "ray.io/cluster", "ray.io/node-type", "ray.io/group"
ORIGIN, ORIGIN_KIND = "ray.io/originated-from-cr-name", "ray.io/originated-from-crd"
REPLICA_INDEX = "ray.io/worker-group-replica-index"
HEAD, WORKER, SUBMITTER = "head", "worker", "submitter"
SUBMITTER_CONTAINER = "ray-job-submitter"
HEAD_CONTAINER, WORKER_CONTAINER = "ray-head", "ray-worker"
#: The name that Arena gives its only group of workers.
DEFAULT_GROUP = "default-group"
#: After this KubeRay's message has the end of the log.
LOG = ", last available logs"
K8S_JOB, HTTP, SIDECAR, INTERACTIVE = "K8sJobMode", "HTTPMode", "SidecarMode", "InteractiveMode"
