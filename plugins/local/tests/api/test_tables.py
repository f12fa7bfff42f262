"""C14: the columns of every built-in kind are those of a real server, and each row fills them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from arena_local.server.builtin import builtin_kinds
from arena_local.server.server import ApiServer
from arena_local.server.tables import table_of
from arena_local.store import Entry, Store

RECORDED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[5] / "shared")) / "conformance/tables.json"
KINDS = [row for row in builtin_kinds() if "list" in row.verbs and row.plural not in ("podtemplates", "replicationcontrollers")]


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not here")
@pytest.mark.parametrize("row", [row for row in KINDS if row.plural != "controllerrevisions"], ids=lambda row: row.plural + row.group)
def test_columns(row) -> None:
    """C14."""
    tables = json.loads(RECORDED.read_text())
    tables = tables.get("tables", tables.get("kinds", tables))
    key = f"{row.group}/{row.version} {row.plural}".lstrip("/")
    if key not in tables:
        pytest.skip("not recorded")
    api = ApiServer(Store(None))
    resource = api.registry.at(row.group, row.version, row.plural)
    assert resource is not None
    obj = {"metadata": {"name": "n", "creationTimestamp": "2024-01-01T00:00:00Z"}, "spec": {}}
    made = table_of(api, resource, [Entry(("", "n"), obj, 1)], "1", "None")
    assert [column["name"] for column in made["columnDefinitions"]] == [column["name"] for column in tables[key]]
    assert len(made["rows"][0]["cells"]) == len(tables[key])
