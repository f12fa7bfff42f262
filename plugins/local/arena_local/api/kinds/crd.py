"""CustomResourceDefinitions: defaults and checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_local.api.causes import Cause, bad_value, required, unsupported
from arena_local.api.kinds.base import Host, Strategy

Obj = dict[str, Any]


class CrdStrategy(Strategy):
    """CRDs."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Fill in names and conversion."""
        spec = obj["spec"]
        names = spec.setdefault("names", {})
        if names.get("kind"):
            names.setdefault("singular", names["kind"].lower())
            names.setdefault("listKind", names["kind"] + "List")
        spec.setdefault("conversion", {"strategy": "None"})

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Note the stored version."""
        stored = [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
        obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}
        del obj["status"]["conditions"]

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check names, versions and schemas."""
        spec, names = obj["spec"], obj["spec"].get("names") or {}
        wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
        if obj["metadata"].get("name") != wanted:
            yield bad_value("metadata.name", obj["metadata"].get("name", ""), 'must be spec.names.plural+"."+spec.group')
        if not spec.get("group"):
            yield required("spec.group")
        if spec.get("scope") not in ("Cluster", "Namespaced"):
            if spec.get("scope"):
                yield unsupported("spec.scope", spec["scope"], ["Cluster", "Namespaced"])
            else:
                yield required("spec.scope")
        if not spec.get("versions"):
            yield required("spec.versions")
