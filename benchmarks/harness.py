"""Measuring: CPU, wall and memory of a command by wait4, rounds interleaved, medians; and tables in markdown."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Figure:
    """Medians over the rounds: CPU and wall in milliseconds, peak memory in MiB."""

    cpu: float
    wall: float
    low: float
    high: float
    rss: float


def once(command: Sequence[str], env: Mapping[str, str]) -> tuple[float, float, float, int]:
    """Run once; return (cpu ms, wall ms, peak MiB, exit code)."""
    # Where byte code may not be written every start compiles: that is not what is measured.
    plain = {k: v for k, v in env.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    child = subprocess.Popen(list(command), env=plain, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = (time.perf_counter() - start) * 1000
    return (usage.ru_utime + usage.ru_stime) * 1000, wall, usage.ru_maxrss / 1024, child.returncode


Command = Sequence[str] | Callable[[int], Sequence[str]]


def compare(commands: Mapping[str, Command], env: Mapping[str, str], rounds: int = 11) -> dict[str, Figure]:
    """Run all commands once per round, every second round in reverse, after one uncounted round.

    A function gives the words for a round: what makes or deletes something needs another name each time.
    """
    seen: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for n in range(rounds + 1):
        names = list(commands) if n % 2 else list(reversed(commands))
        for name in names:
            asked = commands[name]
            words = asked(n) if callable(asked) else asked
            cpu, wall, rss, code = once(words, env)
            if code:
                raise SystemExit(f"{name}: exit code {code}: {' '.join(words)}")
            if n:
                seen[name].append((cpu, wall, rss))
    return {
        name: Figure(
            statistics.median(r[0] for r in runs),
            statistics.median(r[1] for r in runs),
            min(r[1] for r in runs),
            max(r[1] for r in runs),
            statistics.median(r[2] for r in runs),
        )
        for name, runs in seen.items()
    }


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def kubectl() -> str:
    """Return the path of kubectl: the developer's wheel, or the one on the PATH."""
    found = BIN / "kubectl"
    return str(found) if found.exists() else shutil.which("kubectl") or "kubectl"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)
