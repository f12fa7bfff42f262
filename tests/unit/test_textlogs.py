"""A log that is in no pod: what the job's object holds of it is shown, and why there is no more is said; nothing else passes for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from arena_core.contract.errors import NotFound
from arena_core.contract.types import Instance, JobStatus, JobView, LogQuery, LogSource, Phase
from arena_core.kube.logoptions import LogOptions
from arena_core.usecases.sources import choose
from arena_core.usecases.textlogs import absent, apart, lines_of, notes_of
from arena_core.usecases.views import Job

END = LogSource(label="driver", text="a\nb\nc", missing="that was the end", hint="look there")
NONE = LogSource(label="driver", missing="it is in no pod", hint="look there")
POD = LogSource("x-head", "main", "head-0")


@pytest.mark.parametrize(("tail", "found"), [(-1, ["a", "b", "c"]), (2, ["b", "c"]), (0, []), (9, ["a", "b", "c"])])
def test_the_lines_that_are_held(tail: int, found: list[str]) -> None:
    lines = list(lines_of([END], LogOptions(tail=tail)))
    assert [line.text for line in lines] == found
    assert all(line.instance == "driver" and line.time is None for line in lines)


def test_why_there_is_no_more() -> None:
    assert list(notes_of([END])) == ["note: that was the end (look there)"]
    assert absent([END]) is None
    error = absent([NONE])
    assert isinstance(error, NotFound) and (error.message, error.hint) == ("it is in no pod", "look there")


@pytest.mark.parametrize(
    ("query", "pods"),
    [(LogQuery(), [""]), (LogQuery(instance="head-0"), ["x-head"]), (LogQuery(all_instances=True), ["", "x-head"])],
)
def test_the_jobs_log_is_the_one_without_a_pod_unless_an_instance_is_named(query: LogQuery, pods: list[str]) -> None:
    handle: Any = SimpleNamespace(log_sources=lambda view, query: [NONE, POD], job_type=SimpleNamespace(leads=True))
    status = JobStatus(Phase.RUNNING, instances=(Instance("x-head", "Running", role="head", index=0),))
    job = Job("t", JobView({"metadata": {"name": "x"}}, pods=({"metadata": {"name": "x-head"}},), status=status))
    assert [source.pod for source in choose(handle, job, query)] == pods
    assert [len(part) for part in apart([NONE, POD])] == [1, 1]
