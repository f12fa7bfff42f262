"""From conditions and pods to Arena's words: every recorded life cycle step by step, every recorded status, arbitrary JSON."""

from __future__ import annotations

from pathlib import Path

from arena_core.contract.types import LogQuery, Phase
from arena_core.testing.lifecycles import owned, read_words
from arena_core.testing.seen import seen
from arena_mpijob import plugin
from arena_mpijob.status import pod_sets, status
from tests.recorded import RecordedLives


def launcher(name="j-launcher-abcde", phase="Running", created="2026-01-01T00:00:00Z"):
    labels = {"training.kubeflow.org/job-role": "launcher", "training.kubeflow.org/job-name": "j"}
    return {"metadata": {"name": name, "labels": labels, "creationTimestamp": created}, "spec": {}, "status": {"phase": phase}}


def worker(index, phase="Running", label=None):
    labels = {"training.kubeflow.org/job-role": "worker", "training.kubeflow.org/replica-index": str(index if label is None else label)}
    return {"metadata": {"name": f"j-worker-{index}", "labels": labels}, "spec": {}, "status": {"phase": phase}}


class TestMPIJobStatus(RecordedLives):
    plugin = plugin
    kind = "MPIJob"
    field = "mpiReplicaSpecs"
    container = "mpi"
    recordings = ("mpijob/*.json", "*/*-mpijob-*.json")
    words = read_words(Path(__file__).parent / "data" / "words.txt")
    without_a_line = frozenset({"mpi-invalid"})  # many jobs in one recording
    least = 30
    looked_at_elsewhere = "MPIJobEvicted"

    def pods_of(self, job, objects):
        """The workers are the job's own, the launcher is its Job's."""
        return [*owned(objects, job), *(pod for launcher in owned(objects, job, "Job") for pod in owned(objects, launcher))]

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
