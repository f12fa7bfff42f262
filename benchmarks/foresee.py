"""How often `arena what-if` is right: random states, what it says of one more job, and what then happens; and what it costs."""

from __future__ import annotations

import asyncio
from collections import Counter

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster
from benchmarks.harness import table
from tests.foresee.plays import GOOD, MISTAKES
from tests.foresee.stage import play
from tests.foresee.truth import compare

STATES = 200


def rehearsals() -> str:
    """Return how many mistakes a rehearsal finds, and how many good jobs it refuses."""
    with LocalCluster.start(Options()) as cluster, ArenaClient(kubeconfig=str(cluster.kubeconfig)) as client:
        caught = [played for one in MISTAKES if (played := play(client, one)).failed]
        alarms = [one.name for one in GOOD if play(client, one, 5.0).failed]
    took = sorted(played.seconds for played in caught)
    rows = [
        ("mistakes that are caught within 10 s", f"{len(caught)} of {len(MISTAKES)}", "≥ 80 %"),
        ("median until a mistake is told, with the start of the cluster", f"{took[len(took) // 2]:.1f} s" if took else "none", ""),
        ("good jobs that are refused", f"{len(alarms)} of {len(GOOD)}", "0"),
    ]
    return table(("", "measured", "wanted"), rows)


def run() -> str:
    """Return how many of the forecasts came true, by scheduler and by verdict."""
    asked: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for seed in range(STATES):
        case = asyncio.run(compare(seed))
        for key in ((case.kind, case.verdict), (case.kind, "all"), ("all", "all")):
            asked[key] += 1
            right[key] += case.right
    rows = [
        (kind, verdict, str(asked[kind, verdict]), f"{100 * right[kind, verdict] / asked[kind, verdict]:.0f} %")
        for kind, verdict in sorted(asked)
    ]
    return (
        f"{STATES} random states of 1 to 4 nodes, up to 9 jobs and 1 to 3 queues (cohorts, preemption, priorities): verdict, who starts "
        "first, who gives way and the time, beside what happens when the job is submitted.\n\n"
        + table(("scheduler", "what happened", "states", "foretold"), rows)
    )
