"""How often `arena what-if` is right: random states, what it says of one more job, and what then happens; and what it costs."""

from __future__ import annotations

import asyncio
from collections import Counter

from benchmarks.harness import table
from tests.foresee.truth import compare

STATES = 200


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
