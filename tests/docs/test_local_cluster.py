"""docs/local-cluster.md names everything that it promises to name."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/local-cluster.md").read_text(encoding="utf-8")


def test_every_difference_is_listed_with_its_reason() -> None:
    for name, entry in json.loads((ROOT / "tests/contract/known.json").read_text(encoding="utf-8")).items():
        assert re.search(rf"^\| `{re.escape(name)}` \| [^|]+ \| {re.escape(entry['why'])} \|$", TEXT, re.M), name
    lists = runpy.run_path(str(ROOT / "plugins/local/tests/contract/excused.py"))
    for name, why in {**lists["EXCUSED"], **lists["UNSTABLE"]}.items():
        assert f"| `{name}` | {why[0].upper()}{why[1:]}. |" in TEXT, name


def test_nothing_is_listed_that_agrees() -> None:
    known = json.loads((ROOT / "tests/contract/known.json").read_text(encoding="utf-8"))
    lists = runpy.run_path(str(ROOT / "plugins/local/tests/contract/excused.py"))
    listed = re.findall(r"^\| `([^`]+)` \|", TEXT.split("### Recorded answers")[1], re.M)
    requests = json.loads((ROOT / "tests/contract/known_headers.json").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted([*known, *requests, *lists["EXCUSED"], *lists["UNSTABLE"]])


def test_every_setting_is_named() -> None:
    sources = list((ROOT / "plugins").glob("*/arena_*/**/*.py"))
    used = {name for p in sources for name in re.findall(r"\bsetting\(\s*\"([a-z.-]+)\"", p.read_text(encoding="utf-8"))}
    assert len(used) > 10
    table = TEXT.split("## Waits that can be shortened")[1].split("\n## ")[0]
    named = {name for line in table.splitlines() if line.startswith("|") for name in re.findall(r"`([a-z.-]+)`", line.split("|")[1])}
    assert named == used
