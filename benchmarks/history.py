"""What the history costs a list: the same command with the recorder on and off, in turn, in the same environment else."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from arena_local.context import Options
from arena_local.testing import LocalCluster
from benchmarks.harness import BIN, once, table

JOBS = 100
GOAL = 5.0


def run(rounds: int = 15) -> str:
    """Return the table: the least of many runs, since the rest is what else the machine did."""
    with LocalCluster.start(Options(nodes=20, simulate=True)) as cluster, tempfile.TemporaryDirectory() as name:
        homes = {kind: Path(name) / kind for kind in ("on", "off")}
        for kind, home in homes.items():
            home.mkdir()
            (home / "config").write_text(f"history = {kind}\n")
        base = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        env = {kind: {**base, "HOME": str(home), "ARENA_HOME": str(home)} for kind, home in homes.items()}
        words = ["submit", "job", "--name", "j", "--image", "x", "--sweep", f"N=1..{JOBS}", "sleep 100000"]
        subprocess.run([BIN / "arena", *words], env=env["on"], check=True, capture_output=True)
        arena = [str(BIN / "arena"), "list"]
        first = [once(arena, env[kind])[0] for kind in ("off", "on")]
        seen: dict[str, list[float]] = {kind: [] for kind in env}
        for number in range(rounds):
            for kind in ("on", "off") if number % 2 else ("off", "on"):
                seen[kind].append(once(arena, env[kind])[0])
    off, on = min(seen["off"]), min(seen["on"])
    rows = [
        (f"`arena list`, {JOBS} jobs that run, nothing new", f"{off:.0f}", f"{on:.0f}", f"{on - off:+.1f}", f"≤ {GOAL:.0f}"),
        (f"the first after they were submitted ({JOBS} states to note), one run", f"{first[0]:.0f}", f"{first[1]:.0f}", "", ""),
    ]
    return table(("command", "CPU ms, history off", "on", "dearer by", "goal"), rows)
