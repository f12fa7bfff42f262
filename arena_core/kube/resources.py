"""Where kinds are served: paths in the API, what a list gives, and the built-in kinds that the core itself talks about."""

from __future__ import annotations

from arena_core.contract.errors import UsageError
from arena_core.contract.types import Manifest, Resource
from arena_core.kube.address import quoted
from arena_core.records import record

PODS = Resource("", "v1", "Pod", "pods")
SERVICES = Resource("", "v1", "Service", "services")
CONFIGMAPS = Resource("", "v1", "ConfigMap", "configmaps")
EVENTS = Resource("", "v1", "Event", "events")
ENDPOINTS = Resource("", "v1", "Endpoints", "endpoints")
CLAIMS = Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
NAMESPACES = Resource("", "v1", "Namespace", "namespaces", namespaced=False)
NODES = Resource("", "v1", "Node", "nodes", namespaced=False)
SELF_SUBJECT_REVIEWS = Resource("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False)

_KNOWN = (
    PODS,
    SERVICES,
    CONFIGMAPS,
    EVENTS,
    ENDPOINTS,
    NAMESPACES,
    NODES,
)


@record
class ListResult:
    """The objects of a list, and the version of the collection, from where a watch can go on."""

    items: list[Manifest]
    resource_version: str = ""


def resource_of(api_version: str, kind: str) -> Resource:
    """Return the resource of an object by its ``apiVersion`` and ``kind``, without asking the server.

    Kinds that are not among the above follow Kubernetes' own rule of plurals (``NetworkPolicy`` is served as ``networkpolicies``).
    """
    group, _, version = api_version.rpartition("/")
    for known in _KNOWN:
        if (known.group, known.kind) == (group, kind):
            return Resource(group, version, kind, known.plural, known.namespaced)
    word = kind.lower()
    if word.endswith(("s", "x", "ch", "sh")):
        plural = word + "es"
    elif word.endswith("y") and word[-2:-1] not in "aeiou":
        plural = word[:-1] + "ies"
    else:
        plural = word + "s"
    return Resource(group, version, kind, plural)


def path_of(resource: Resource, namespace: str = "", name: str | None = None, subresource: str = "") -> str:
    """Return the path of a collection (without a name), an object or a subresource.

    A name that is empty, or that would lead to another place, is a ``UsageError``: what is meant for one object must never reach its
    collection.

    >>> path_of(PODS, "default", "x", "log")
    '/api/v1/namespaces/default/pods/x/log'
    """
    path = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    if namespace and resource.namespaced:
        path += f"/namespaces/{_segment(namespace, 'namespace')}"
    path += f"/{resource.plural}"
    if name is not None:
        path += f"/{_segment(name, resource.kind)}"
    return f"{path}/{subresource}" if subresource else path


def _segment(name: str, kind: str) -> str:
    """Return the name as one part of a path; Kubernetes' own rule for what cannot be one (``IsValidPathSegmentName``)."""
    if not name.strip() or name in (".", "..") or "/" in name or "%" in name or not name.isprintable():
        shown = name if len(name) <= 80 else name[:77] + "..."
        raise UsageError(f"{shown!r} cannot be the name of a {kind.lower() if kind == 'namespace' else kind}", "check the name")
    if name.isascii() and name.replace("-", "").replace(".", "").isalnum():
        return name
    return quoted(name)
