"""Command lines of Arena's users make what Arena makes of them, by meaning; each file of this folder has lines of one area.

A line runs as ``--dry-run client -o json``. See the head of ``serve.yaml`` for the form; further areas put their own files beside it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import arena, home

__all__ = ["arena", "home"]
HERE = Path(__file__).parent
#: Every worker reads them when it collects: libyaml does that in a fifth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CASES = [(file.stem, case) for file in sorted(HERE.glob("*.yaml")) for case in yaml.load(file.read_text(encoding="utf-8"), LOADER)]
KEYS = {"line", "makes", "lacks", "refused", "differs"}


def missing(expected: Any, found: Any, where: str = "") -> Iterator[str]:
    """Yield what of ``expected`` is not in ``found``; of a list of named rows each is looked for by its name."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from missing(value, found.get(key), f"{where}.{key}" if where else str(key))
    elif isinstance(expected, list) and isinstance(found, list) and all(isinstance(row, dict) and "name" in row for row in expected):
        rows = {row.get("name"): row for row in found if isinstance(row, dict)}
        for row in expected:
            yield from missing(row, rows.get(row["name"]), f"{where}[{row['name']}]")
    elif expected != found:
        yield f"{where}: {found!r} instead of {expected!r}"


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{area}-{number}" for number, (area, _) in enumerate(CASES)])
def test_a_line_makes_what_arena_makes(arena: Any, case: dict[str, Any]) -> None:
    assert set(case) <= KEYS and ("makes" in case) != ("refused" in case), case
    program, *words = shlex.split(case["line"])
    assert program == "arena"
    done = arena(*words[:2], "--dry-run", "client", "-o", "json", *words[2:])
    if "refused" in case:
        assert (done.code, done.out) == (2, "") and case["refused"] in done.err, done.err
        return
    assert done.code == 0, done.err
    said = json.loads(done.out)
    objects = {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in (said["items"] if said["kind"] == "List" else [said])}
    wrong = list(missing(case["makes"], objects))
    wrong += [f"{name} is there" for name in case.get("lacks", ()) if name in objects]
    assert not wrong, "; ".join(wrong)


def test_what_is_missing_is_seen() -> None:
    found = {"a": {"rows": [{"name": "x", "v": 1}, {"name": "y"}], "plain": [1, 2]}}
    assert not list(missing({"a": {"rows": [{"name": "x"}], "plain": [1, 2]}}, found))
    assert list(missing({"a": {"rows": [{"name": "x", "v": 2}, {"name": "z"}], "plain": [2]}}, found)) == [
        "a.rows[x].v: 1 instead of 2",
        "a.rows[z]: None instead of {'name': 'z'}",
        "a.plain: [1, 2] instead of [2]",
    ]
