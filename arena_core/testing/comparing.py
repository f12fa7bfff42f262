"""Objects beside others: leaf by leaf, and against the schema of a CRD as strictly as a server checks them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any


def leaves(obj: Any) -> dict[str, str]:
    """Return path → JSON of every leaf of an object; elements of a list are named by their ``mountPath`` or ``name``.

    >>> leaves({"spec": {"env": [{"name": "A", "value": "1"}]}})
    {'spec.env[A].name': '"A"', 'spec.env[A].value': '"1"'}
    """
    return dict(_walk(obj, ""))


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and all(isinstance(v, dict) for v in value):
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}[{item.get('mountPath') or item.get('name') or index}]")
    else:
        yield path, json.dumps(value, sort_keys=True)


def differences(theirs: Any, ours: Any) -> dict[str, tuple[str, str]]:
    """Return path → (their leaf, our leaf) where two objects differ; a leaf that one of them lacks is empty there.

    >>> differences({"a": 1, "b": 2}, {"a": 1, "b": 3})
    {'b': ('2', '3')}
    """
    a, b = leaves(theirs), leaves(ours)
    return {path: (a.get(path, ""), b.get(path, "")) for path in sorted(a.keys() | b.keys()) if a.get(path) != b.get(path)}


def packed_crd(package: str, name: str) -> dict[str, Any]:
    """Return a CRD that a plugin ships for the local cluster as ``crds/NAME.json.gz`` (``pytorchjobs.kubeflow.org``)."""
    data = (resources.files(package) / "crds" / f"{name}.json.gz").read_bytes()
    crd: dict[str, Any] = json.loads(gzip.decompress(data))
    return crd


def strict_schema(crd: Mapping[str, Any], version: str = "") -> dict[str, Any]:
    """Return the JSON Schema of a CRD's version (the first, if none is named) that refuses unknown fields, as ``fieldValidation=Strict``.

    The metadata of the object itself is not looked at: a CRD says nothing of it.
    """
    versions = crd["spec"]["versions"]
    chosen = next(v for v in versions if version in ("", v["name"]))
    schema: dict[str, Any] = _closed(chosen["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    return schema


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    is_open = "additionalProperties" in closed or closed.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(closed.get("properties"), dict) and not is_open:
        closed["additionalProperties"] = False
    if closed.get("x-kubernetes-int-or-string") is True:
        closed["type"] = ["integer", "string"]
    return closed
