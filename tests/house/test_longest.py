"""The files that take longest are handed to the workers first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests import longest


def test_every_file_that_is_named_is_there() -> None:
    assert [name for name in longest.LONGEST if not (longest.ROOT / name).is_file()] == []
    assert len(set(longest.LONGEST)) == len(longest.LONGEST)


def test_they_come_first_and_the_others_keep_their_order() -> None:
    names = ["tests/z.py", longest.LONGEST[1], "tests/a.py", longest.LONGEST[0]]
    items: list[Any] = [SimpleNamespace(path=Path(longest.ROOT, name), name=n) for name in names for n in (1, 0)]
    longest.first(items)
    assert [(item.path.relative_to(longest.ROOT).as_posix(), item.name) for item in items] == [
        (name, n) for name in (longest.LONGEST[0], longest.LONGEST[1], "tests/z.py", "tests/a.py") for n in (1, 0)
    ]
