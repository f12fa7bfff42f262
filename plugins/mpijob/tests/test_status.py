"""From conditions and pods to Arena's words: every recorded life cycle step by step, every recorded status, arbitrary JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena_core.contract.types import LogQuery, Phase
from arena_core.families.testing import TrainingJobStatus
from arena_core.testing.lifecycles import owned, read_words, words_of
from arena_core.testing.seen import seen
from arena_mpijob import plugin
from arena_mpijob.status import pod_sets, status

AREA, KIND = "mpijob", "MPIJob"
WORDS = read_words(Path(__file__).parent / "data" / "words.txt")


def pods_of(job, objects):
    """The workers are the job's own, the launcher is its Job's."""
    launchers = owned(objects, job, "Job")
    return [*owned(objects, job), *(pod for launcher in launchers for pod in owned(objects, launcher))]


def read(job, objects):
    return plugin.arena_job_status(seen(job, pods_of(job, objects)), None)


@pytest.mark.parametrize(("scenario", "kind", "expected"), WORDS, ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
    assert words_of(json.loads(file.read_text())["timeline"], kind, read) == expected


def test_every_recorded_life_cycle_stands_in_the_table(shared):
    files = [*(shared / "recordings" / AREA).glob("*.json"), *(shared / "recordings").glob("*/*-mpijob-*.json")]
    recorded = {f.stem for f in files if any(e["kind"] == KIND and e["type"] == "ADDED" for e in json.loads(f.read_text())["timeline"])}
    several = {"mpi-invalid"}  # many jobs in one recording
    assert len(recorded) > 30
    assert recorded - several <= {w[0] for w in WORDS}


def launcher(name="j-launcher-abcde", phase="Running", created="2026-01-01T00:00:00Z"):
    labels = {"training.kubeflow.org/job-role": "launcher", "training.kubeflow.org/job-name": "j"}
    return {"metadata": {"name": name, "labels": labels, "creationTimestamp": created}, "spec": {}, "status": {"phase": phase}}


def worker(index, phase="Running", label=None):
    labels = {"training.kubeflow.org/job-role": "worker", "training.kubeflow.org/replica-index": str(index if label is None else label)}
    return {"metadata": {"name": f"j-worker-{index}", "labels": labels}, "spec": {}, "status": {"phase": phase}}


class TestMPIJobStatus(TrainingJobStatus):
    plugin = plugin
    kind = KIND
    field = "mpiReplicaSpecs"
    container = "mpi"

    def test_every_recorded_status_has_a_phase(self, shared):
        rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == KIND]
        assert len(rows) > 30
        for row in rows:
            if not str(row["status"]).count("MPIJobEvicted"):
                self.check(row["status"])

    def specs(self, workers=2, **more):
        container = {"name": "mpi", "resources": {"limits": {"nvidia.com/gpu": "2"}}}
        template = {"spec": {"containers": [container], "priorityClassName": "high"}}
        plain = {"spec": {"containers": [{"name": "mpi"}]}}
        return {"mpiReplicaSpecs": {"Launcher": {"template": plain}, "Worker": {"replicas": workers, "template": template}}, **more}

    def test_the_launcher_is_the_chief_and_instances_are_called_as_their_pods(self):
        job = self.job(self.condition("Running"), **self.specs())
        old = launcher("j-launcher-zzzzz", "Failed", "2025-01-01T00:00:00Z")
        found = status(job, [worker(1, label=2), worker(0, label=1), old, launcher()])
        assert [i.short_name for i in found.instances] == ["j-launcher-zzzzz", "launcher-0", "worker-0", "worker-1"]
        assert found.chief and found.chief.name == "j-launcher-abcde"
        assert (found.phase, found.replicas, dict(found.requests), found.priority) == (Phase.RUNNING, 3, {"nvidia.com/gpu": 4}, "high")

    def test_a_wrapper_is_told_of_the_launcher_alone(self, arena_registry):
        job = self.job(**self.specs())
        assert [(s.name, s.replicas) for s in plugin.arena_pod_sets(job, "wrap")] == [("launcher", 1)]
        handle = arena_registry.get("mpijob")
        assert [s.name for s in handle.pod_sets(job)] == ["launcher"]
        assert [s.name for s in handle.pod_sets(job, "quota")] == ["launcher", "worker"], "the workers need room, too"
        assert [(s.name, s.replicas) for s in pod_sets(job, "quota")] == [("launcher", 1), ("worker", 2)]

    def test_a_launcher_that_waits_is_explained(self):
        job = self.job(self.condition("Created"), **self.specs(launcherCreationPolicy="WaitForWorkersReady"))
        job["status"]["conditions"][0]["reason"] = "MPIJobCreated"
        found = status(job, [worker(0), worker(1, "Unknown")])
        assert (found.phase, found.reason) == (Phase.PENDING, "WaitingForWorkers") and "1 of 2 run" in found.message
        assert found.message in [c.message for c in plugin.arena_explain(seen(job, [worker(0), worker(1, "Unknown")]), None)]

    def test_evicted_workers_are_no_failure(self):
        evicted = {**self.condition("Failed", "1/2 workers are evicted"), "reason": "MPIJobEvicted"}
        job = self.job(self.condition("Created"), self.condition("Running", status="False"), evicted, **self.specs())
        found = status(job, [launcher(), worker(0)])
        assert (found.phase, found.message) == (Phase.PENDING, "1/2 workers are evicted")
        job["status"]["completionTime"] = "2026-01-01T00:02:00Z"
        assert status(job, []).phase is Phase.FAILED

    def test_a_reason_without_its_second_half_is_told_as_a_sentence(self):
        failed = {**self.condition("Failed", "Job has reached the specified backoff limit: "), "reason": "BackoffLimitExceeded/"}
        found = status(self.job(failed, **self.specs()), [launcher(phase="Failed")])
        assert (found.reason, found.message) == ("BackoffLimitExceeded", "Job has reached the specified backoff limit")

    def test_what_the_operator_refuses_has_no_status(self):
        (cause,) = plugin.arena_explain(seen(self.job(**self.specs()), [], []), None)
        assert "MPI Operator" in cause.message and "ValidationError" in cause.message

    def test_logs_are_the_launchers(self, arena_registry):
        job = self.job(self.condition("Running"), **self.specs())
        sources = arena_registry.get("mpijob").log_sources(seen(job, [worker(0), launcher()]), LogQuery())
        assert [s.pod for s in sources] == ["j-launcher-abcde"]
