"""What a failed instance wrote last is told with the failure: its pod may be gone in a moment (rule "Kept logs", L4, L8)."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.cli.waiting import wait_for
from arena_core.contract.errors import JobFailed


def test_wait_shows_the_last_lines_of_the_instance_that_failed(arena: Any, make: Any, capfd: pytest.CaptureFixture[str]) -> None:
    arena.submit("pytorchjob", make("boom", "seq 1 50; echo Traceback: out of luck; exit 3", clean_task_policy="None"))
    context = type("Context", (), {"client": arena})()
    with pytest.raises(JobFailed) as caught:
        wait_for(context, "boom", "finished", "pytorchjob", 60)
    assert caught.value.last_lines[-1] == "Traceback: out of luck"
    told = capfd.readouterr().err
    assert "the last lines of its log:\n" in told and "  Traceback: out of luck\n" in told and "  10\n" not in told
    assert "`arena logs boom` shows its log" in caught.value.hint
    with pytest.raises(JobFailed):
        wait_for(context, "boom", "finished", "pytorchjob", 60, logs_shown=True)
    assert "last lines" not in capfd.readouterr().err
