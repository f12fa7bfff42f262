"""Every example of docs/library.md and of the README's part on Python runs as it stands, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from arena_local.testing import LocalCluster

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/library.md").read_text(encoding="utf-8"), re.M | re.S)
PROGRAMS = [block for block in BLOCKS if "def test_" not in block]
#: What the examples print, in their order; a pattern each.
PRINTED = [
    r"master-0 hello\nmaster-0 world\nSUCCEEDED 0:00:\d\d\n",
    r"2 \['try-0', 'try-1'\]\n\[<Phase.SUCCEEDED: 'SUCCEEDED'>, <Phase.SUCCEEDED: 'SUCCEEDED'>\]\n",
    r"broken master-0 3 \('no data',\)\njob broken does not exist in namespace default\n",
    r"no longer waiting\n",
    r"async-0-master-0\n",
]


def test_there_is_an_expectation_for_each_example() -> None:
    assert len(PROGRAMS) == len(PRINTED) and len(BLOCKS) == len(PROGRAMS) + 1


@pytest.mark.parametrize("number", range(len(PRINTED)))
def test_an_example_runs(local_cluster: LocalCluster, tmp_path: Path, number: int) -> None:
    env = local_cluster.environment() | {"ARENA_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", PROGRAMS[number]], env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(PRINTED[number], done.stdout), done.stdout


def test_an_application_tests_itself_with_the_fixtures(tmp_path: Path) -> None:  # Y2
    """From outside: a folder with nothing but this test file, run by pytest as its author would."""
    (tmp_path / "test_application.py").write_text(next(block for block in BLOCKS if "def test_" in block), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "ARENA", "KUBE"))} | {"HOME": str(tmp_path)}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_fixture_has_a_name_to_import() -> None:
    from arena_core import testing
    from arena_core.testing import pytest_plugin

    assert testing.local_cluster is pytest_plugin.local_cluster and testing.arena_client is pytest_plugin.arena_client
