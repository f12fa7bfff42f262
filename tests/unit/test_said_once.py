"""A summary that only repeats how an instance failed is left out; one that says more stays."""

from __future__ import annotations

from arena_core.contract.types import Cause, Rank
from arena_core.usecases.explain import _said_once


def test_how_it_failed_is_said_once() -> None:
    first = Cause("a-task-0 exited with 7", object="pod/a-task-0", rank=Rank.FAILED)
    same = Cause("a-task-0 failed with exit code 7", rank=Rank.INFO)
    more = Cause("Job a has failed because it has reached the specified backoff limit", rank=Rank.INFO)
    rule = Cause("Container c for pod x/a-task-0 failed with exit code 7 matching FailJob rule at index 0", rank=Rank.INFO)
    other = Cause("a-task-1 failed with exit code 7", rank=Rank.INFO)
    assert _said_once([first, same, more, rule, other]) == [first, more, rule, other]
    assert _said_once([same, more]) == [same, more] and _said_once([]) == []
