"""What the tests of this plugin share: the reference material (absent in a plain checkout), command lines as the CLI reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.cli.parse import Parser
from arena_core.cli.submit.options import flags_of, read_arguments, words_of
from arena_core.types import Manifest

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[4] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the reference material is not here")
    return SHARED


@pytest.fixture(scope="session")
def read_argv() -> Callable[[Any, list[str]], Any]:
    """Return what turns the words behind ``submit TYPE`` into the model, as the command line does."""

    def read(model: Any, argv: list[str]) -> Any:
        parsed = Parser(flags_of(model), program=True).parse(argv)
        raw: dict[str, Any] = dict(parsed.values)
        words = words_of(parsed)
        if words:
            raw["command"] = words
        return read_arguments(model, raw, parsed.problems)

    return read


@pytest.fixture(scope="session")
def leaves() -> Callable[[Any], dict[str, str]]:
    """Return what flattens an object to its leaves, list elements by their name."""

    def walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and all(isinstance(v, dict) for v in value):
            for index, item in enumerate(value):
                yield from walk(item, f"{path}[{item.get('mountPath') or item.get('name') or index}]")
        else:
            yield path, json.dumps(value, sort_keys=True)

    return lambda obj: dict(walk(obj, ""))


@pytest.fixture(scope="session")
def differences(leaves: Callable[[Any], dict[str, str]]) -> Callable[[Manifest, Manifest], dict[str, tuple[str, str]]]:
    """Return what compares two objects leaf by leaf: path → (theirs, ours)."""

    def compare(theirs: Manifest, ours: Manifest) -> dict[str, tuple[str, str]]:
        a, b = leaves(theirs), leaves(ours)
        return {path: (a.get(path, ""), b.get(path, "")) for path in sorted(a.keys() | b.keys()) if a.get(path) != b.get(path)}

    return compare
