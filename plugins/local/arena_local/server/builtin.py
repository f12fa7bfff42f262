"""The built-in kinds that the local cluster serves: names, scope, verbs and subresources as a real server lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
STATUS = ("status", "", "", "", ("get", "patch", "update"))
SCALE = ("scale", "Scale", "autoscaling", "v1", ("get", "patch", "update"))

#: name, kind, group, version, verbs; an empty kind is the parent's.
Sub = tuple[str, str, str, str, tuple[str, ...]]


@dataclass(frozen=True)
class BuiltinKind:
    """One row of the table."""

    group: str
    version: str
    kind: str
    plural: str
    package: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subs: tuple[Sub, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    generation: bool = False


@dataclass(frozen=True)
class _Group:
    group: str
    version: str
    package: str
    rows: tuple[BuiltinKind, ...] = field(default=())


def _rows(group: str, version: str, package: str, *rows: dict[str, object]) -> tuple[BuiltinKind, ...]:
    return tuple(BuiltinKind(group=group, version=version, package=package, **row) for row in rows)  # type: ignore[arg-type]


def _row(plural: str, kind: str, **more: object) -> dict[str, object]:
    return {"plural": plural, "kind": kind, **more}


_NO_COLLECTION = tuple(verb for verb in ALL_VERBS if verb != "deletecollection")
_CREATE = ("create",)
_POD_SUBS: tuple[Sub, ...] = (
    ("attach", "PodAttachOptions", "", "", ("create", "get")),
    ("binding", "Binding", "", "", _CREATE),
    ("ephemeralcontainers", "", "", "", ("get", "patch", "update")),
    ("eviction", "Eviction", "policy", "v1", _CREATE),
    ("exec", "PodExecOptions", "", "", ("create", "get")),
    ("log", "", "", "", ("get",)),
    ("portforward", "PodPortForwardOptions", "", "", ("create", "get")),
    ("proxy", "PodProxyOptions", "", "", ("create", "delete", "get", "patch", "update")),
    ("resize", "", "", "", ("get", "patch", "update")),
    STATUS,
)

CORE = _rows(
    "",
    "v1",
    "io.k8s.api.core.v1",
    _row("bindings", "Binding", verbs=_CREATE),
    _row("configmaps", "ConfigMap", short=("cm",)),
    _row("endpoints", "Endpoints", short=("ep",)),
    _row("events", "Event", short=("ev",)),
    _row("limitranges", "LimitRange", short=("limits",)),
    _row(
        "namespaces",
        "Namespace",
        namespaced=False,
        short=("ns",),
        verbs=_NO_COLLECTION,
        subs=(("finalize", "", "", "", ("update",)), STATUS),
    ),
    _row("nodes", "Node", namespaced=False, short=("no",), subs=(STATUS,)),
    _row("persistentvolumeclaims", "PersistentVolumeClaim", short=("pvc",), subs=(STATUS,)),
    _row("persistentvolumes", "PersistentVolume", namespaced=False, short=("pv",), subs=(STATUS,)),
    _row("pods", "Pod", short=("po",), categories=("all",), subs=_POD_SUBS, generation=True),
    _row("podtemplates", "PodTemplate", generation=True),
    _row("replicationcontrollers", "ReplicationController", short=("rc",), categories=("all",), subs=(SCALE, STATUS), generation=True),
    _row("resourcequotas", "ResourceQuota", short=("quota",), subs=(STATUS,)),
    _row("secrets", "Secret"),
    _row("serviceaccounts", "ServiceAccount", short=("sa",), subs=(("token", "TokenRequest", "authentication.k8s.io", "v1", _CREATE),)),
    _row(
        "services",
        "Service",
        short=("svc",),
        categories=("all",),
        subs=(("proxy", "ServiceProxyOptions", "", "", ("create", "delete", "get", "patch", "update")), STATUS),
    ),
)
APPS = _rows(
    "apps",
    "v1",
    "io.k8s.api.apps.v1",
    _row("controllerrevisions", "ControllerRevision"),
    _row("daemonsets", "DaemonSet", short=("ds",), categories=("all",), subs=(STATUS,), generation=True),
    _row("deployments", "Deployment", short=("deploy",), categories=("all",), subs=(SCALE, STATUS), generation=True),
    _row("replicasets", "ReplicaSet", short=("rs",), categories=("all",), subs=(SCALE, STATUS), generation=True),
    _row("statefulsets", "StatefulSet", short=("sts",), categories=("all",), subs=(SCALE, STATUS), generation=True),
)
BATCH = _rows(
    "batch",
    "v1",
    "io.k8s.api.batch.v1",
    _row("cronjobs", "CronJob", short=("cj",), categories=("all",), subs=(STATUS,), generation=True),
    _row("jobs", "Job", categories=("all",), subs=(STATUS,), generation=True),
)
AUTHENTICATION = _rows(
    "authentication.k8s.io",
    "v1",
    "io.k8s.api.authentication.v1",
    _row("selfsubjectreviews", "SelfSubjectReview", namespaced=False, verbs=_CREATE),
    _row("tokenreviews", "TokenReview", namespaced=False, verbs=_CREATE),
)
AUTHORIZATION = _rows(
    "authorization.k8s.io",
    "v1",
    "io.k8s.api.authorization.v1",
    _row("localsubjectaccessreviews", "LocalSubjectAccessReview", verbs=_CREATE),
    _row("selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False, verbs=_CREATE),
    _row("selfsubjectrulesreviews", "SelfSubjectRulesReview", namespaced=False, verbs=_CREATE),
    _row("subjectaccessreviews", "SubjectAccessReview", namespaced=False, verbs=_CREATE),
)
AUTOSCALING = _rows(
    "autoscaling",
    "v2",
    "io.k8s.api.autoscaling.v2",
    _row("horizontalpodautoscalers", "HorizontalPodAutoscaler", short=("hpa",), categories=("all",), subs=(STATUS,)),
)
COORDINATION = _rows("coordination.k8s.io", "v1", "io.k8s.api.coordination.v1", _row("leases", "Lease"))
DISCOVERY = _rows("discovery.k8s.io", "v1", "io.k8s.api.discovery.v1", _row("endpointslices", "EndpointSlice", generation=True))
EVENTS = _rows("events.k8s.io", "v1", "io.k8s.api.events.v1", _row("events", "Event", short=("ev",)))
NETWORKING = _rows(
    "networking.k8s.io",
    "v1",
    "io.k8s.api.networking.v1",
    _row("ingressclasses", "IngressClass", namespaced=False, generation=True),
    _row("ingresses", "Ingress", short=("ing",), subs=(STATUS,), generation=True),
    _row("networkpolicies", "NetworkPolicy", short=("netpol",), generation=True),
)
NODE = _rows("node.k8s.io", "v1", "io.k8s.api.node.v1", _row("runtimeclasses", "RuntimeClass", namespaced=False))
POLICY = _rows(
    "policy",
    "v1",
    "io.k8s.api.policy.v1",
    _row("poddisruptionbudgets", "PodDisruptionBudget", short=("pdb",), subs=(STATUS,), generation=True),
)
RBAC = _rows(
    "rbac.authorization.k8s.io",
    "v1",
    "io.k8s.api.rbac.v1",
    _row("clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    _row("clusterroles", "ClusterRole", namespaced=False),
    _row("rolebindings", "RoleBinding"),
    _row("roles", "Role"),
)
SCHEDULING = _rows(
    "scheduling.k8s.io",
    "v1",
    "io.k8s.api.scheduling.v1",
    _row("priorityclasses", "PriorityClass", namespaced=False, short=("pc",), generation=True),
)
STORAGE = _rows("storage.k8s.io", "v1", "io.k8s.api.storage.v1", _row("storageclasses", "StorageClass", namespaced=False, short=("sc",)))
APIEXTENSIONS = _rows(
    "apiextensions.k8s.io",
    "v1",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
    _row(
        "customresourcedefinitions",
        "CustomResourceDefinition",
        namespaced=False,
        short=("crd", "crds"),
        categories=("api-extensions",),
        subs=(STATUS,),
        generation=True,
    ),
)

_ALL = (
    CORE,
    EVENTS,
    AUTHENTICATION,
    AUTHORIZATION,
    AUTOSCALING,
    BATCH,
    NETWORKING,
    POLICY,
    RBAC,
    STORAGE,
    APIEXTENSIONS,
    SCHEDULING,
    COORDINATION,
    NODE,
    DISCOVERY,
    APPS,
)


def builtin_kinds() -> Iterator[BuiltinKind]:
    """Yield every row, groups in the order in which a server lists them."""
    for rows in _ALL:
        yield from rows


#: Groups that are a real server's own: a missing resource in them is a Status, elsewhere a plain page.
KNOWN_GROUPS = frozenset(rows[0].group for rows in _ALL) | {"admissionregistration.k8s.io", "certificates.k8s.io", "resource.k8s.io"}
