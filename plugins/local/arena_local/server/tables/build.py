"""Putting a Table together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from arena_local.server.ages import age
from arena_local.server.docs import field_doc
from arena_local.server.jsonpath import find_all
from arena_local.server.registry import Resource
from arena_local.server.schema import raw_definitions
from arena_local.server.tables.cells import CELLS
from arena_local.server.tables.columns import COLUMNS, DEFAULT, Column
from arena_local.store import Entry

if TYPE_CHECKING:
    from arena_local.server.core import Core

Obj = dict[str, Any]


@lru_cache(maxsize=256)
def _described(doc: str, near: str) -> str:
    kind, _, field = doc.partition(".")
    if not field or " " in kind:
        return doc
    names = [name for name in raw_definitions() if name.rsplit(".", 1)[-1] == kind]
    names.sort(key=lambda name: name.rsplit(".", 1)[0] != near.rsplit(".", 1)[0])
    return field_doc(names[0], field) if names else ""


def _definition(column: Column, resource: Resource) -> Obj:
    text = _described(column.doc, resource.definition)
    return {"name": column.name, "type": "string", "format": column.format, "description": text, "priority": int(column.wide)}


def _custom(resource: Resource) -> tuple[list[Obj], list[tuple[str, str]]]:
    """Return the definitions and the (path, type) of a CRD's columns."""
    columns, name = resource.crd_version.get("additionalPrinterColumns"), _definition(DEFAULT[0], resource)
    if not columns:
        return [name, {**_definition(DEFAULT[1], resource), "type": "date"}], [(".metadata.creationTimestamp", "date")]
    found = [name]
    for column in columns:
        path = column["jsonPath"]
        text = column.get("description") or f"Custom resource definition column (in JSONPath format): {path}"
        shape = {"name": column["name"], "type": column["type"], "format": column.get("format", "")}
        found.append({**shape, "description": text, "priority": column.get("priority", 0)})
    return found, [(column["jsonPath"], column["type"]) for column in columns]


def _cell(obj: Obj, path: str, kind: str, now: datetime) -> Any:
    values = find_all(obj, path)
    if not values or values[0] is None:
        return None
    value = values[0]
    if kind == "integer":
        return int(value) if isinstance(value, int | float) else None
    if kind == "number":
        return float(value) if isinstance(value, int | float) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "date":
        return age(str(value), now)
    return _text(value)


def _text(value: Any) -> str:
    """Return a value as Go's text template prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(f'"{item}"' if isinstance(item, str) else _text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f'"{key}":{_quoted(item)}' for key, item in sorted(value.items())) + "}"
    return str(value)


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else _text(value)


def _row_maker(server: Core, resource: Resource) -> tuple[list[Obj], Callable[[Obj], list[Any]]]:
    now = server.now()
    if resource.custom:
        definitions, paths = _custom(resource)
        return definitions, lambda obj: [obj["metadata"]["name"], *(_cell(obj, path, kind, now) for path, kind in paths)]
    columns = COLUMNS.get(resource.storage_id, DEFAULT)
    definitions = [_definition(column, resource) for column in columns]
    cells = CELLS.get(resource.storage_id)
    if cells is None:
        return definitions, lambda obj: [obj["metadata"]["name"], age(obj["metadata"].get("creationTimestamp"), now)]
    return definitions, lambda obj: cells(obj, now)


def table_of(server: Core, resource: Resource, entries: list[Entry], version: str, include: str) -> Obj:
    """Return the Table of objects; ``include`` says what a row carries beside its cells."""
    definitions, cells = _row_maker(server, resource)
    rows = []
    for entry in entries:
        # The columns of a CRD are read from the version that is asked for.
        row: Obj = {"cells": cells(server.from_storage(resource, entry.obj) if resource.custom else entry.obj)}
        if include == "Object":
            row["object"] = server.from_storage(resource, entry.obj)
        elif include == "Metadata":
            row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": entry.obj["metadata"]}
        else:
            row["object"] = None
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": definitions,
        "rows": rows,
    }
