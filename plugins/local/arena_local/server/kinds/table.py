"""Which rules belong to which kind."""

from __future__ import annotations

from arena_local.server.kinds import plain
from arena_local.server.kinds.base import Strategy
from arena_local.server.kinds.crd import CrdStrategy
from arena_local.server.kinds.limitrange import LimitRangeStrategy
from arena_local.server.kinds.pod import PodStrategy
from arena_local.server.kinds.quota import QuotaStrategy
from arena_local.server.kinds.service import ServiceStrategy
from arena_local.server.kinds.workloads import (
    CronJobStrategy,
    DaemonSetStrategy,
    DeploymentStrategy,
    JobStrategy,
    ReplicatedStrategy,
    StatefulSetStrategy,
)

_RBAC = plain.RoleStrategy()
NEW_EVENT = plain.NewEventStrategy()
STRATEGIES: dict[str, Strategy] = {
    "configmaps": plain.ConfigMapStrategy(),
    "endpoints": plain.EndpointsStrategy(),
    "events": plain.EventStrategy(),
    "limitranges": LimitRangeStrategy(),
    "namespaces": plain.NamespaceStrategy(),
    "nodes": plain.NodeStrategy(),
    "persistentvolumeclaims": plain.ClaimStrategy(),
    "persistentvolumes": plain.VolumeStrategy(),
    "pods": PodStrategy(),
    "resourcequotas": QuotaStrategy(),
    "secrets": plain.SecretStrategy(),
    "serviceaccounts": plain.ServiceAccountStrategy(),
    "services": ServiceStrategy(),
    "cronjobs.batch": CronJobStrategy(),
    "jobs.batch": JobStrategy(),
    "daemonsets.apps": DaemonSetStrategy(),
    "deployments.apps": DeploymentStrategy(),
    "replicasets.apps": ReplicatedStrategy(),
    "statefulsets.apps": StatefulSetStrategy(),
    "leases.coordination.k8s.io": plain.LeaseStrategy(),
    "endpointslices.discovery.k8s.io": plain.EndpointSliceStrategy(),
    "priorityclasses.scheduling.k8s.io": plain.PriorityClassStrategy(),
    "storageclasses.storage.k8s.io": plain.StorageClassStrategy(),
    "roles.rbac.authorization.k8s.io": _RBAC,
    "rolebindings.rbac.authorization.k8s.io": _RBAC,
    "clusterroles.rbac.authorization.k8s.io": _RBAC,
    "clusterrolebindings.rbac.authorization.k8s.io": _RBAC,
    "customresourcedefinitions.apiextensions.k8s.io": CrdStrategy(),
}
