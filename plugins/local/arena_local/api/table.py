"""Tables, as kubectl prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arena_local.api.registry import Resource
from arena_local.store import Entry

if TYPE_CHECKING:
    from arena_local.api.server import ApiServer

Obj = dict[str, Any]


def table_of(server: ApiServer, resource: Resource, entries: list[Entry], version: str, include: str) -> Obj:
    """Return the Table of objects."""
    rows = [
        {
            "cells": [entry.key[1]],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": entry.obj["metadata"]},
        }
        for entry in entries
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}],
        "rows": rows,
    }
