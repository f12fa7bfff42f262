"""From an object's apiVersion and kind to the resource that the API serves."""

from __future__ import annotations

from arena_local.sdk.bundle import Api, ApiError, Obj

_BUILT_IN = {
    ("", "Pod"): "pods",
    ("", "Service"): "services",
    ("", "ConfigMap"): "configmaps",
    ("", "Secret"): "secrets",
    ("", "PersistentVolumeClaim"): "persistentvolumeclaims",
    ("apps", "Deployment"): "deployments.apps",
    ("apps", "StatefulSet"): "statefulsets.apps",
    ("batch", "Job"): "jobs.batch",
}
#: What the operator's own ClusterRole allows it to create, with what cluster administrators add for the shipped job types
#: (docs/cluster-setup.md); any other built-in kind is forbidden to it.
_FORBIDDEN_GROUPS = ("coordination.k8s.io", "rbac.authorization.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io")
ACCOUNT = "system:serviceaccount:appwrapper-system:appwrapper-controller-manager"


def plural_of(kind: str) -> str:
    """Return the plural as Kubernetes guesses it (``meta.UnsafeGuessKindToResource``)."""
    lower = kind.lower()
    if lower.endswith("s"):
        return lower + "es"
    return lower[:-1] + "ies" if lower.endswith("y") else lower + "s"


def resource_of(api: Api, obj: Obj) -> str:
    """Return ``plural.group`` of the object's kind.

    Raises ``LookupError`` with the operator's words where the cluster does not serve it, and ``ApiError`` 403 for what the
    operator has no right to create.
    """
    version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    group = version.rpartition("/")[0]
    resource = _BUILT_IN.get((group, kind)) or (f"{plural_of(kind)}.{group}" if group else plural_of(kind))
    if group in _FORBIDDEN_GROUPS:
        plural, where = resource.partition(".")[0], obj.get("metadata", {}).get("namespace", "")
        text = f'cannot create resource "{plural}" in API group "{group}" in the namespace "{where}"'
        raise ApiError(403, "Forbidden", f'{resource} is forbidden: User "{ACCOUNT}" {text}')
    if not api.served(resource):
        raise LookupError(f'no matches for kind "{kind}" in version "{version}"')
    return resource
