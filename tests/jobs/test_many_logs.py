"""``logs -f`` of many instances at full speed: each line once and in its turn, while they write and when all is written; memory is bounded.

Smaller than ``benchmarks/see.py``, which does it with 64 instances and 10^6 lines and states the speed beside kubectl's.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ARENA = str(Path(sys.executable).with_name("arena"))
INSTANCES, LINES = 12, 1500
#: The command prints 9 MB; an idle one has 40 MiB. What it reads ahead of a slow reader is kept in files.
MOST = 120
#: Runs a command and says its peak of memory. The kernel counts a child's from that of its parent, so the parent is a small one.
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def faults(lines: Iterable[bytes]) -> tuple[int, dict[bytes, int]]:
    """Return how many lines are not the next of their instance, and the last number of each instance."""
    last: dict[bytes, int] = {}
    wrong = 0
    for line in lines:
        label, _, rest = line.partition(b" line ")
        number = int(rest.split(b" ", 1)[0])
        wrong += number != last.get(label.strip(), 0) + 1
        last[label.strip()] = number
    return wrong, last


def followed(words: list[str], env: Mapping[str, str], file: Path) -> int:
    """Run to the end with the output in a file; returns the peak of memory in MiB."""
    with file.open("wb") as out:
        done = subprocess.run([sys.executable, "-c", MEASURED, ARENA, *words], env=dict(env), stdout=out, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1]) // 1024


def test_no_line_is_lost_or_doubled_and_memory_is_bounded(local_cluster: Any, tmp_path: Path) -> None:
    namespace, env = local_cluster.namespace("many"), local_cluster.environment()
    text = "line %.0f of a log that is written as fast as it goes, by one of many instances, which is longer than most: " + "x" * 400
    words = ["submit", "volcanojob", "--name", "many", "--image", "x", "--replicas", str(INSTANCES), f"seq -f '{text}' {LINES}"]
    subprocess.run([ARENA, "-n", namespace, *words], env=env, check=True, capture_output=True, timeout=60)
    follow = ["logs", "many", "--all-instances", "-f", "-n", namespace]
    whole = (0, {f"task-{n}".encode(): LINES for n in range(INSTANCES)})
    for file in (tmp_path / "while", tmp_path / "after"):
        memory = followed(follow, env, file)
        with file.open("rb") as lines:
            assert faults(lines) == whole, file.name
        assert memory < MOST, file.name


def test_the_check_finds_what_it_is_for() -> None:
    good = [b"task-0 line 1 x", b"task-1 line 1 x", b"task-0 line 2 x"]
    assert faults(good) == (0, {b"task-0": 2, b"task-1": 1})
    assert faults([good[0], good[0]])[0] == faults([good[0], b"task-0 line 3 x"])[0] == faults(reversed(good))[0] - 1 == 1
