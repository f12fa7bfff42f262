"""Lines are handed on together only where nothing is done with single ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from arena_core.cli.commands import logs
from arena_core.cli.flags import Parsed


@pytest.mark.parametrize(
    ("values", "everyone", "joined"),
    [
        ({}, False, True),
        ({"follow": True, "timestamps": True, "instance": "worker-0"}, False, True),
        ({}, True, False),
        ({"include": ["x"]}, False, False),
        ({"highlight": ["x"]}, False, False),
        ({"output": "json"}, False, False),
        ({"selector": "a=b", "instance": "worker-0"}, False, False),
    ],
)
def test_who_looks_at_lines_gets_lines(values: dict[str, Any], everyone: bool, joined: bool) -> None:
    asked: dict[str, Any] = {}
    client = SimpleNamespace(logs=lambda name, **options: asked.update(options))
    logs._read(SimpleNamespace(client=client), Parsed(values), "x", everyone)  # type: ignore[arg-type]
    assert asked["joined"] is joined
