"""Patterns and loggers that load at their first use do what those of the standard library do."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.lazily import Logger, pattern


@given(st.text("ab \n", max_size=8), st.sampled_from(["match", "search", "fullmatch", "findall", "split"]))
def test_a_pattern_is_a_pattern(text: str, method: str) -> None:
    ours, theirs = pattern(r"(a+)|b\b", re.IGNORECASE), re.compile(r"(a+)|b\b", re.IGNORECASE)
    found, expected = getattr(ours, method)(text), getattr(theirs, method)(text)
    assert [str(m) for m in ours.finditer(text)] == [str(m) for m in theirs.finditer(text)]
    assert str(found) == str(expected)
    assert ours.sub("x", text) == theirs.sub("x", text) and ours.pattern == theirs.pattern


def test_a_broken_pattern_is_told_at_its_use() -> None:
    broken = pattern("(")
    with pytest.raises(re.error):
        broken.match("a")


def test_records_name_the_line_that_wrote_them(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Logger("arena_core.x").debug("%s of %d", "one", 2)
    record = caplog.records[-1]
    assert (record.name, record.getMessage(), record.funcName) == (
        "arena_core.x",
        "one of 2",
        "test_records_name_the_line_that_wrote_them",
    )


@pytest.mark.parametrize(("level", "said"), [("debug", ""), ("info", ""), ("warning", "careful: 1\n")])
def test_without_logging_only_warnings_are_shown(level: str, said: str) -> None:
    code = f"import sys; from arena_core.lazily import Logger; Logger('x').{level}('careful: %s', 1); print('logging' in sys.modules)"
    done: Any = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stderr, done.stdout.strip()) == (said, str(bool(said)))
