"""Measure everything and write the tables to RESULTS.md: `python3 dev.py bench [--rounds N] [PART ...]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import demo, growth, jobs, manytypes, page, see, server, startup

HERE = Path(__file__).resolve().parent
PARTS = {
    "demo": ("The demo", lambda rounds: demo.run()),
    "startup": ("Commands beside kubectl (100 PyTorchJobs, local cluster)", lambda rounds: startup.run(rounds)),
    "manytypes": ("Sixty installed job types", lambda rounds: manytypes.run(rounds)),
    "growth": ("Long lists and logs beside kubectl", lambda rounds: growth.run(rounds)),
    "see": ("Seeing many jobs, beside kubectl", lambda rounds: see.run(rounds)),
    "server": ("The local cluster as an API server", lambda rounds: server.run()),
    "page": ("Logs in the browser", lambda rounds: page.run(rounds)),
    "jobs": ("Jobs from end to end", lambda rounds: jobs.run()),
}


def main() -> None:
    """Run the parts that were asked for, all by default; each prints its table, and all together are written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=11)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    lines = [
        "# Benchmarks",
        "",
        "Made by `python3 dev.py bench`. Figures are of one run on one machine; compare the ratios beside another program of the same run.",
        "",
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} at the start.",
    ]
    for name in asked.parts or PARTS:
        title, run = PARTS[name]
        text = run(asked.rounds)
        print(f"\n## {title}\n\n{text}", flush=True)
        lines += ["", f"## {title}", "", text]
    if not asked.parts:
        (HERE / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
