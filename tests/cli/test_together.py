"""Modules that are kept together are those that Python would have loaded, or none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import inspect, sys, traceback
from arena_core.cli.together import Together
together = Together(sys.argv[1])
sys.meta_path.insert(0, together)
sys.path.insert(0, sys.argv[2])
from arena_thing import part
from arena_thing.inner import deep
print(part.VALUE, type(part.__spec__.loader).__name__, type(deep.__spec__.loader).__name__, part.__file__ == inspect.getsourcefile(part), inspect.getsource(part).strip()[:5], part.__cached__.endswith(".pyc"), deep.__package__)
try:
    part.fail()
except ZeroDivisionError as error:
    print(traceback.extract_tb(error.__traceback__)[-1].line)
together.keep()
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    inner = tmp_path / "code" / "arena_thing" / "inner"
    inner.mkdir(parents=True)
    (inner / "__init__.py").write_text("")
    (inner / "deep.py").write_text("DEEP = 1\n")
    (inner.parent / "__init__.py").write_text("")
    (inner.parent / "part.py").write_text("VALUE = 1\ndef fail():\n    return 1 / 0\n")
    return tmp_path / "code"


def run(kept: Path, code: Path, **environment: str) -> str:
    env = {**{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}, **environment}
    words = [sys.executable, "-c", PROGRAM, str(kept), str(code)]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=60).stdout


FOUND, KEPT = "SourceFileLoader SourceFileLoader", "_Loader _Loader"
REST = "True VALUE True arena_thing.inner\nreturn 1 / 0\n"


def test_what_was_loaded_once_is_read_together(tmp_path: Path, package: Path) -> None:
    kept = tmp_path / "kept.modules"
    assert run(kept, package) == f"1 {FOUND} {REST}"
    before = kept.stat()
    assert run(kept, package) == f"1 {KEPT} {REST}"
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == (before.st_mtime_ns, before.st_ino), "it is written once"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["kept.modules"]


def test_a_source_that_has_changed_is_read_itself(tmp_path: Path, package: Path) -> None:
    kept = tmp_path / "kept.modules"
    run(kept, package)
    (package / "arena_thing" / "part.py").write_text("VALUE = 22\ndef fail():\n    return 1 / 0\n")
    assert run(kept, package).startswith("22 SourceFileLoader _Loader")
    assert run(kept, package) == f"22 {KEPT} {REST}"


def test_modules_of_another_place_are_not_taken_for_these(tmp_path: Path, package: Path) -> None:
    kept, other = tmp_path / "kept.modules", tmp_path / "other"
    run(kept, package)
    package.rename(other)
    package.symlink_to(tmp_path / "nowhere")
    (other / "arena_thing" / "part.py").write_text("VALUE = 333\ndef fail():\n    return 1 / 0\n")
    assert run(kept, other) == f"333 {FOUND} {REST}"


@pytest.mark.parametrize("damage", [b"", b"arena modules 1\n", b"arena modules 1\n" + b"\xff" * 40, None])
def test_a_damaged_file_is_as_none(tmp_path: Path, package: Path, damage: bytes | None) -> None:
    kept = tmp_path / "kept.modules"
    run(kept, package)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1] if damage is None else damage)
    assert run(kept, package) == f"1 {FOUND} {REST}"
    assert run(kept, package) == f"1 {KEPT} {REST}"
    assert kept.read_bytes() == whole


def test_where_nothing_may_be_written_nothing_is(tmp_path: Path, package: Path) -> None:
    kept = tmp_path / "missing" / "kept.modules"
    assert run(kept, package) == run(kept, package) == f"1 {FOUND} {REST}"
    kept = tmp_path / "kept.modules"
    run(kept, package, PYTHONDONTWRITEBYTECODE="1")
    assert not kept.exists()


def test_the_command_itself_runs_from_it(tmp_path: Path) -> None:
    """With byte code in a place of its own, as for a first start."""
    env = {
        **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPYCACHEPREFIX": str(tmp_path),
        "ARENA_HOME": str(tmp_path),
    }
    words = [sys.executable, "-c", "from arena_core.cli.start import start; start()", "version", "--short"]
    texts = [subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=60).stdout for _ in range(2)]
    assert texts[0] == texts[1] != ""
    assert [path.name for path in tmp_path.rglob("*.modules")] == [f"together.{sys.implementation.cache_tag}.modules"]
