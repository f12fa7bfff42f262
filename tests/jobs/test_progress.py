"""Progress of jobs that run: from the end of the chief's log, one small request each."""

from __future__ import annotations

import time
from typing import Any

from arena_core.cli import progress as shown
from arena_core.usecases.progress.of_job import BYTES, own_status

TRAIN = """python3 -u -c '
import time
for n in range(1, 8):
    print(f"epoch 3/10 step {n * 100}/1000 loss {1 / n:.4f}", flush=True)
print("x" * 200000, flush=True)
print("epoch 3/10 step 800/1000 loss 0.1000", flush=True)
time.sleep(300)'"""


def test_a_running_job_says_how_far_it_is(arena: Any) -> None:
    quiet = {"name": "quiet", "image": "i", "command": "echo hello; sleep 300"}
    arena.direct.submit("pytorchjob", {"name": "train", "image": "i", "command": TRAIN, "workers": 2})
    arena.direct.submit("pytorchjob", quiet)
    for name in ("train", "quiet"):
        arena.direct.wait(name, "running", timeout=60)
    end = time.monotonic() + 30
    while True:
        jobs = list(arena.list().jobs)
        arena.calls()
        found = arena.progress(jobs)
        calls = arena.calls()
        train = next(job for job in jobs if job.name == "train")
        if train.uid in found:
            break
        assert time.monotonic() < end, found
        time.sleep(0.2)
    assert len(calls) == 2 and all(call.endswith("-master-0/log") for call in calls), calls
    assert set(found) == {train.uid}, "of a job that says nothing nothing is said"
    progress = found[train.uid].progress
    assert progress.epoch == 3 and progress.total == 1000 and progress.fraction is not None and 0.2 < progress.fraction <= 0.3
    assert found[train.uid].figure == "loss" and len(found[train.uid].values) >= 3
    assert "epoch 3/10, step" in shown.sentence(found[train.uid])


def test_a_job_that_has_ended_is_not_asked(arena: Any, make: Any) -> None:
    arena.direct.submit("pytorchjob", make("over", "echo epoch 3/10 loss 0.1"))
    done = arena.direct.wait("over", timeout=60)
    arena.calls()
    assert arena.progress([done]) == {} and arena.calls() == []
    assert BYTES <= 1 << 16


def test_what_a_training_writes_into_its_status_counts() -> None:
    status = {"progressPercentage": 45, "estimatedRemainingSeconds": 600, "metrics": [{"name": "loss", "value": "0.12"}]}
    found = own_status({"status": {"trainerStatus": status}})
    assert found and found.fraction == 0.45 and found.seconds_left == 600 and found.metrics == {"loss": 0.12}
    for odd in ({}, {"trainerStatus": 3}, {"trainerStatus": {"progressPercentage": "45", "metrics": 1}}):
        assert own_status({"status": odd}) is None
