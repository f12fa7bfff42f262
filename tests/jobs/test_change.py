"""suspend, resume, scale: just the place that the type names is changed, of this very job, and what may not be is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import Phase
from arena_core.registry import Registry
from arena_core.usecases.change import merge_patch
from arena_volcano import status as volcano_status


def test_a_suspended_job_has_no_instances_and_runs_again(arena: Any, make: Any) -> None:
    arena.submit("pytorchjob", make("held", "sleep 300"))
    arena.wait("held", "running", timeout=60)
    suspended = arena.suspend("held")
    assert suspended.manifest["spec"]["runPolicy"]["suspend"] is True
    assert arena.suspend("held").manifest["metadata"]["generation"] == suspended.manifest["metadata"]["generation"], "it is so already"
    assert not arena.resume(suspended).manifest["spec"]["runPolicy"]["suspend"]
    assert arena.wait("held", "running", timeout=60).status.phase is Phase.RUNNING, "pods of the run before are not its failures"
    arena.delete("held")


def test_a_volcano_job_is_suspended_by_its_command(arena: Any, make: Any) -> None:
    arena.submit("volcanojob", {**make("vcheld", "sleep 300"), "replicas": 1})
    arena.wait("vcheld", "running", timeout=60)
    suspended = arena.suspend("vcheld")
    assert suspended.status.phase is Phase.SUSPENDED, "what is said to be suspended is so, not only asked for"
    assert arena.suspend("vcheld").status.phase is Phase.SUSPENDED
    assert arena.resume("vcheld").status.phase is not Phase.SUSPENDED
    job = arena.wait("vcheld", "running", timeout=60)
    assert job.manifest["status"]["retryCount"] == 1, "resuming counts as a restart"
    arena.delete("vcheld")


@pytest.mark.parametrize(
    ("status", "most", "why"),
    [
        ({"state": {"phase": "Running"}}, 3, ""),
        ({"state": {"phase": "Aborted"}, "retryCount": 1}, 3, ""),
        ({"state": {"phase": "Aborted"}, "retryCount": 2}, 3, "all 2 of them are used up"),
        ({"state": {"phase": "Running"}}, 1, "it may have none (maxRetry 1)"),
        ({"state": {"phase": "Restarting"}}, 3, "try again in a moment"),
        ({"state": {"phase": "Terminating"}}, 3, "being terminated"),
    ],
)
def test_a_volcano_job_that_would_not_come_back_is_not_suspended(status: Any, most: int, why: str) -> None:
    found = checked("volcanojob", {"spec": {"maxRetry": most}, "status": status})
    assert why in found
    assert bool(found) is bool(why)
    if status["state"]["phase"] == "Aborted":
        (cause,) = volcano_status.explain({"metadata": {"name": "j"}, "spec": {"maxRetry": most}, "status": status}, [])
        assert cause.hint == (found or "`arena resume j` lets it run again")


def test_what_has_ended_is_not_changed(arena: Any, make: Any) -> None:
    arena.submit("pytorchjob", make("over", "true"))
    arena.wait("over", timeout=60)
    with pytest.raises(ArenaError, match=r"over has ended \(SUCCEEDED\): it can no longer be changed"):
        arena.suspend("over")
    with pytest.raises(UsageError, match="the size of a pytorchjob cannot be changed while it runs: its instances were told"):
        arena.scale(arena.submit("pytorchjob", make("runs", "sleep 300")), {"worker": 2})
    arena.delete("runs")


def checked(kind: str, job: Any) -> str:
    return Registry(environ={}).get(kind).job_type.suspend_check(job)


QUEUED = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "q"}}}


@pytest.mark.parametrize("kind", ["pytorchjob", "tfjob", "mpijob", "job", "jobset", "appwrapperjob"])
def test_what_a_queue_decides_nobody_else_does(kind: str) -> None:
    assert "queue q" in checked(kind, QUEUED)
    assert checked(kind, {}) == ""


def test_a_rayjob_that_would_be_spoilt_is_not_suspended() -> None:
    assert "spoils" in checked("rayjob", {"spec": {"shutdownAfterJobFinishes": False}})
    assert checked("rayjob", {"spec": {"shutdownAfterJobFinishes": True}}) == ""
    assert "queue q" in checked("rayjob", {**QUEUED, "spec": {"shutdownAfterJobFinishes": True}})


def roles(kind: str, job: Any) -> list[tuple[str, str, int, int | None]]:
    job_type = Registry(environ={}).get(kind).job_type
    found = [(one.role, one.path, one.minimum, one.maximum) for one in job_type.scale(job)]
    assert found or job_type.scale_check(job), "what cannot be scaled says why"
    return found


def test_an_elastic_job_is_scaled_within_its_bounds() -> None:
    elastic = {"spec": {"elasticPolicy": {"minReplicas": 1, "maxReplicas": 4}, "pytorchReplicaSpecs": {"Worker": {"replicas": 2}}}}
    assert roles("pytorchjob", elastic) == [("worker", "spec.pytorchReplicaSpecs.Worker.replicas", 1, 4)]
    assert roles("pytorchjob", {"spec": {"pytorchReplicaSpecs": {"Worker": {"replicas": 2}}}}) == []
    assert roles("pytorchjob", {**QUEUED, **elastic}) == []


def test_tasks_of_volcano_are_scaled_down_to_what_must_run_together() -> None:
    tasks = [{"name": "a", "replicas": 3}, {"name": "b", "replicas": 2, "minAvailable": 1}]
    job = {"spec": {"minAvailable": 4, "tasks": tasks}}
    assert roles("volcanojob", job) == [("a", "spec.tasks[0].replicas", 2, None), ("b", "spec.tasks[1].replicas", 1, None)]


def test_a_live_volcano_job_gets_another_size(arena: Any, make: Any) -> None:
    arena.submit("volcanojob", {**make("grow", "sleep 300"), "replicas": 1, "min_available": 1})
    (task,) = [one.role for one in arena.jobs.get("volcanojob").job_type.scale(arena.get("grow").manifest)]
    assert arena.scale("grow", {task: 2}).manifest["spec"]["tasks"][0]["replicas"] == 2
    until = time.monotonic() + 60
    while len(arena.get("grow").pods) < 2 and time.monotonic() < until:
        time.sleep(0.2)
    assert len(arena.get("grow").pods) == 2
    arena.delete("grow")


def test_a_list_is_patched_as_a_whole_for_this_version() -> None:
    job = {
        "metadata": {"uid": "u", "resourceVersion": "7"},
        "spec": {"tasks": [{"name": "a", "replicas": 1}, {"name": "b", "replicas": 2}]},
    }
    patch = merge_patch(job, {"spec.tasks[0].replicas": 3, "spec.tasks[1].replicas": 4})
    assert patch["metadata"] == {"uid": "u", "resourceVersion": "7"}
    assert patch["spec"] == {"tasks": [{"name": "a", "replicas": 3}, {"name": "b", "replicas": 4}]}
    assert job["spec"]["tasks"][0]["replicas"] == 1, "the job itself is left alone"
