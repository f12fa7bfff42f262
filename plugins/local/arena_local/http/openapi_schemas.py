"""The schemas inside openapi documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arena_core.k8s.copies import clone
from arena_local.server.docs import definition_doc
from arena_local.server.registry import Resource
from arena_local.server.schema import OBJECT_META, raw_definitions

Obj = dict[str, Any]
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."


class Components:
    """Collects the definitions that a document refers to, with their descriptions."""

    def __init__(self) -> None:
        self.schemas: Obj = {}

    def add(self, name: str) -> None:
        """Add a built-in definition and all that it refers to."""
        if name in self.schemas or name not in raw_definitions():
            return
        self.schemas[name] = {}
        text, fields = definition_doc(name)
        raw = raw_definitions()[name]
        shown: Obj = {"description": text} if text else {}
        shown |= self._shown(raw)
        for field, doc in fields.items():
            if doc and field in shown.get("properties", {}):
                shown["properties"][field] = {"description": doc, **shown["properties"][field]}
        self.schemas[name] = shown

    def _shown(self, raw: Mapping[str, Any]) -> Obj:
        if "$ref" in raw:
            self.add(raw["$ref"])
            rest = {key: value for key, value in raw.items() if key != "$ref"}
            return {**rest, "allOf": [{"$ref": f"#/components/schemas/{raw['$ref']}"}]}
        if raw.get("x-arena") == "int-or-string":
            return {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"}
        if raw.get("x-arena") == "quantity":
            return {"oneOf": [{"type": "string"}, {"type": "number"}]}
        out: Obj = {}
        for key, value in raw.items():
            if key == "properties":
                out[key] = {name: self._shown(child) for name, child in value.items()}
                for name in ("apiVersion", "kind"):
                    out[key].get(name, {}).pop("enum", None)
            elif key in ("items", "additionalProperties") and isinstance(value, dict):
                out[key] = self._bare(value)
            else:
                out[key] = value
        return out

    def _bare(self, raw: Mapping[str, Any]) -> Obj:
        """A reference that stands alone, as items do."""
        if set(raw) == {"$ref"}:
            self.add(raw["$ref"])
            return {"$ref": f"#/components/schemas/{raw['$ref']}"}
        return self._shown(raw)


def crd_name(resource: Resource) -> str:
    """Return the name of a custom resource's schema: the group reversed, version, kind."""
    return ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])


def _raw(resource: Resource) -> Obj:
    made: Obj = clone(resource.raw_schema or {"type": "object"})
    return made


def _head(resource: Resource, meta: Obj) -> Obj:
    fields = definition_doc("io.k8s.api.core.v1.ConfigMap")[1]
    return {
        "apiVersion": {"description": fields.get("apiVersion", ""), "type": "string"},
        "kind": {"description": fields.get("kind", ""), "type": "string"},
        "metadata": {"description": fields.get("metadata", ""), **meta},
    }


def _finish(resource: Resource, schema: Obj) -> Obj:
    schema["x-kubernetes-group-version-kind"] = [{"group": resource.group, "kind": resource.kind, "version": resource.version}]
    selectable = resource.crd_version.get("selectableFields")
    if selectable:
        schema["x-kubernetes-selectable-fields"] = [{"fieldPath": item["jsonPath"].lstrip(".")} for item in selectable]
    return schema


def crd_schema(resource: Resource) -> Obj:
    """Return a CRD's schema as v3 shows it."""
    schema = _raw(resource)
    meta = {"allOf": [{"$ref": f"#/components/schemas/{OBJECT_META}"}]}
    schema["properties"] = {**(schema.get("properties") or {}), **_head(resource, meta)}
    _int_or_string(schema)
    return _finish(resource, schema)


def _int_or_string(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("x-kubernetes-int-or-string") is True and "anyOf" not in schema:
            schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
        for value in schema.values():
            _int_or_string(value)
    elif isinstance(schema, list):
        for value in schema:
            _int_or_string(value)


def crd_schema_v2(resource: Resource) -> Obj:
    """Return a CRD's schema as v2 can say it: without defaults, and without types where null is allowed."""
    schema = _reduced(_raw(resource))
    schema["properties"] = {**(schema.get("properties") or {}), **_head(resource, {"$ref": f"#/definitions/{OBJECT_META}"})}
    return _finish(resource, schema)


def _reduced(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    if raw.get("nullable") or raw.get("x-kubernetes-preserve-unknown-fields") or raw.get("x-kubernetes-int-or-string"):
        return {key: value for key, value in raw.items() if key.startswith("x-") or key == "description"}
    out: Obj = {}
    for key, value in raw.items():
        if key in ("default", "nullable", "anyOf", "oneOf", "not"):
            continue
        if key == "properties":
            out[key] = {name: _reduced(child) for name, child in value.items()}
        else:
            out[key] = _reduced(value) if key in ("items", "additionalProperties") else value
    return out
