"""The demo as a newcomer meets it: a fresh clone with nothing installed and an empty pip cache, and once more."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import table

ROOT = Path(__file__).resolve().parents[1]


def run() -> str:
    """Return the table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        env = {k: v for k, v in os.environ.items() if k not in ("KUBECONFIG", "ARENA_HOME", "VIRTUAL_ENV", "PYTHONPATH")}
        env |= {"HOME": folder, "PIP_NO_CACHE_DIR": "1"}
        for what, goal in (("fresh clone, empty pip cache: `python3 dev.py demo`", "< 90 s"), ("again", "< 8 s")):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "dev.py", "demo"], cwd=clone, env=env, check=True, capture_output=True)
            rows.append((what, f"{time.perf_counter() - begin:.1f} s", goal))
        subprocess.run([clone / ".venv/bin/arena", "local", "down"], cwd=clone, env=env, check=False, capture_output=True)
    return table(("what", "measured", "goal"), rows)
