"""CustomResourceDefinitions: defaults and checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.k8s.copies import same
from arena_local.server.causes import Cause, bad_value, required, unsupported
from arena_local.server.core import Host
from arena_local.server.kinds.base import Strategy
from arena_local.server.kinds.crdschema import check_schema
from arena_local.server.rules import unsupported_rules
from arena_local.server.schema import compile_schema

Obj = dict[str, Any]
_SCOPES = ("Cluster", "Namespaced")


class CrdStrategy(Strategy):
    """CRDs."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Fill in names and conversion."""
        spec = obj["spec"] if isinstance(obj.get("spec"), dict) else obj.setdefault("spec", {})
        names = spec.setdefault("names", {})
        if names.get("kind"):
            names.setdefault("singular", names["kind"].lower())
            names.setdefault("listKind", names["kind"] + "List")
        spec.setdefault("conversion", {"strategy": "None"})

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Note the stored version."""
        stored = [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
        obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}

    def prepare_update(self, host: Host, obj: Obj, old: Obj) -> None:
        """Note a new stored version."""
        status = dict(obj.get("status") or {})
        stored = list(status.get("storedVersions") or [])
        new = [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
        status["storedVersions"] = [*stored, *(name for name in new if name not in stored)]
        obj["status"] = status

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check names, versions and schemas."""
        spec, names = obj["spec"], obj["spec"].get("names") or {}
        wanted = f"{names.get('plural', '')}.{spec.get('group', '')}"
        if obj["metadata"].get("name") != wanted:
            yield bad_value("metadata.name", obj["metadata"].get("name", ""), 'must be spec.names.plural+"."+spec.group')
        if not spec.get("group"):
            yield required("spec.group")
        if not spec.get("scope"):
            yield required("spec.scope")
        elif spec["scope"] not in _SCOPES:
            yield unsupported("spec.scope", spec["scope"], _SCOPES)
        for field in ("plural", "kind"):
            if not names.get(field):
                yield required(f"spec.names.{field}")
        yield from self._versions(obj)

    @staticmethod
    def _versions(obj: Obj) -> Iterator[Cause]:
        versions = obj["spec"].get("versions") or []
        stored = [version for version in versions if version.get("storage")]
        schemas = [(version.get("schema") or {}).get("openAPIV3Schema") for version in versions]
        shared = len(versions) > 0 and all(schema is not None and same(schema, schemas[0]) for schema in schemas)
        if len(stored) != 1:
            shown = [_internal(version, hide_schema=shared) for version in versions]
            yield bad_value("spec.versions", shown, "must have exactly one version marked as storage version")
        if not (obj.get("status") or {}).get("storedVersions"):
            yield bad_value("status.storedVersions", None, "must have at least one stored version")
        if shared and schemas[0] is not None:
            yield from check_schema(schemas[0], "spec.validation.openAPIV3Schema")
            return
        for index, schema in enumerate(schemas):
            where = f"spec.versions[{index}].schema.openAPIV3Schema"
            if schema is None:
                yield required(where)
            else:
                yield from check_schema(schema, where)

    def warnings(self, obj: Obj, old: Obj | None) -> Iterator[str]:
        """Warn of rules that are not evaluated here."""
        if old is not None and same(obj["spec"], old["spec"]):
            return
        for version in obj["spec"].get("versions") or ():
            schema = (version.get("schema") or {}).get("openAPIV3Schema")
            for rule, why in unsupported_rules(compile_schema(schema)) if schema else ():
                yield f"{version.get('name', '')}: the local cluster does not evaluate this rule ({why}): {rule[:200]}"

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Group, plural and scope stay; stored versions stay served."""
        for path in (("group",), ("scope",), ("names", "plural"), ("names", "kind")):
            new, before = obj["spec"], old["spec"]
            for part in path:
                new, before = (new or {}).get(part), (before or {}).get(part)
            if new != before:
                yield bad_value("spec." + ".".join(path), new, "field is immutable")
        names = {version["name"] for version in obj["spec"].get("versions") or ()}
        for index, name in enumerate((obj.get("status") or {}).get("storedVersions") or ()):
            if name not in names:
                text = f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a "
                text += "storage migration ensures no data remains persisted in "
                yield bad_value(f"status.storedVersions[{index}]", name, f"{text}{name} and removes {name} from status.storedVersions")


def _internal(version: Obj, *, hide_schema: bool) -> Obj:
    """Return a version as Go prints its internal struct."""
    return {
        "Name": version.get("name", ""),
        "Served": bool(version.get("served")),
        "Storage": bool(version.get("storage")),
        "Deprecated": bool(version.get("deprecated")),
        "DeprecationWarning": version.get("deprecationWarning"),
        "Schema": None if hide_schema else version.get("schema"),
        "Subresources": version.get("subresources"),
        "AdditionalPrinterColumns": version.get("additionalPrinterColumns"),
        "SelectableFields": version.get("selectableFields"),
    }
