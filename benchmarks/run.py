"""Measure everything and write the tables to RESULTS.md: `python3 dev.py bench [--rounds N] [PART ...]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import bigcluster, bigpage, demo, foresee, growth, history, jobs, manytypes, page, see, server, stalls, startup, torches

HERE = Path(__file__).resolve().parent
PARTS = {
    "demo": ("The demo", lambda rounds: demo.run()),
    "startup": ("Commands beside kubectl (100 PyTorchJobs, local cluster)", lambda rounds: startup.run(rounds)),
    "manytypes": ("Sixty installed job types", lambda rounds: manytypes.run(rounds)),
    "growth": ("Long lists and logs beside kubectl", lambda rounds: growth.run(rounds)),
    "history": ("What the history costs", lambda rounds: history.run(max(rounds, 15))),
    "see": ("Seeing many jobs, beside kubectl", lambda rounds: see.run(rounds)),
    "server": ("The local cluster as an API server", lambda rounds: server.run()),
    "page": ("Logs in the browser", lambda rounds: page.run(rounds)),
    "bigpage": ("Many millions of lines in the browser", lambda rounds: bigpage.run(rounds)),
    "stalls": ("Stalls that `arena stacks` is to find", lambda rounds: stalls.run()),
    "torch": ("Stalls of a real PyTorch", lambda rounds: torches.run()),
    "rehearse": ("Rehearsals of jobs with a mistake, and of good ones", lambda rounds: foresee.rehearsals()),
    "foresee": ("Forecasts beside what happens", lambda rounds: foresee.run()),
    "bigcluster": ("What-if in a large cluster", lambda rounds: bigcluster.run()),
    "jobs": ("Jobs from end to end", lambda rounds: jobs.run()),
}


RESULTS = HERE / "RESULTS.md"
HEAD = """\
# Benchmarks

Made by `python3 dev.py bench`; `python3 dev.py bench PART` makes one part anew. Figures are of one run on one machine: compare the
ratios beside another program of the same run."""


def main() -> None:
    """Run the parts that were asked for, all by default; each prints its table and takes the place of its last one in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=11)
    asked = parser.parse_args()
    known = sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in asked.parts or PARTS:
        title, run = PARTS[name]
        machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
        made = f"{time.strftime('%Y-%m-%d')}, {machine}."
        text = f"{made}\n\n{run(asked.rounds)}".strip()
        print(f"\n## {title}\n\n{text}", flush=True)
        known[title] = text
        parts = [f"## {title}\n\n{known[title]}" for title, _ in PARTS.values() if title in known]
        RESULTS.write_text("\n\n".join([HEAD, *parts]) + "\n", encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Return the parts of the page by their titles."""
    parts = (part.partition("\n") for part in text.split("\n## ")[1:])
    return {title: body.strip() for title, _, body in parts}


if __name__ == "__main__":
    main()
