"""What every namespace gets: ServiceAccount ``default`` and ConfigMap ``kube-root-ca.crt``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from arena_local.bundle import Api, ApiError, Key, Obj

_NOTE = "kubernetes.io/description"


class NamespaceController:
    """Makes the objects that pods of a namespace count on, and makes them again when someone deletes them."""

    name = "namespace-objects"
    resource = "namespaces"
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {"serviceaccounts": _namespace_of, "configmaps": _namespace_of}

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Create what is missing, unless the namespace is going."""
        found = self._api.find(self.resource, "", name)
        if found is None or found["metadata"].get("deletionTimestamp"):
            return None
        note = "The local cluster talks plain HTTP over loopback: there is no authority to trust."
        for resource, obj in (
            ("serviceaccounts", {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}),
            (
                "configmaps",
                {
                    "kind": "ConfigMap",
                    "metadata": {"name": "kube-root-ca.crt", "namespace": name, "annotations": {_NOTE: note}},
                    "data": {"ca.crt": ""},
                },
            ),
        ):
            meta: Obj = obj["metadata"]  # type: ignore[assignment]
            if self._api.find(resource, name, meta["name"]) is None:
                try:
                    self._api.create({"apiVersion": "v1", **obj}, manager="kube-controller-manager")
                except ApiError as error:
                    if error.code not in (403, 404, 409):
                        raise
        return None


def _namespace_of(obj: Obj) -> Iterable[Key]:
    meta = obj["metadata"]
    return (("", meta["namespace"]),) if meta["name"] in ("default", "kube-root-ca.crt") else ()
