"""What `arena what-if` says, beside what then happens; all 200 states with ``ARENA_FORESEE=all``."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.foresee.truth import compare

WHOLE = os.environ.get("ARENA_FORESEE") == "all"
#: One of each kind of answer; the figure of all is in benchmarks/RESULTS.md.
FEW = (0, 1, 2, 5, 6, 12)


@pytest.mark.parametrize("seed", () if WHOLE else FEW)
def test_what_is_foretold_comes_true(seed: int) -> None:
    case = asyncio.run(compare(seed))
    assert case.right, case


@pytest.mark.skipif(not WHOLE, reason="200 states take two minutes: ARENA_FORESEE=all")
def test_of_200_states_95_in_100_are_right() -> None:
    cases = [asyncio.run(compare(seed)) for seed in range(200)]
    wrong = [case for case in cases if not case.right]
    assert len(wrong) <= 10, wrong
