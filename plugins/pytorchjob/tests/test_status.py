"""From conditions and pods to Arena's words: every recorded life cycle step by step, every recorded status, arbitrary JSON."""

from __future__ import annotations

from pathlib import Path

from arena_core.contract.types import Phase
from arena_core.testing.lifecycles import read_words
from arena_core.testing.seen import seen
from arena_pytorchjob import plugin
from tests.recorded import RecordedLives


class TestPyTorchJobStatus(RecordedLives):
    plugin = plugin
    kind = "PyTorchJob"
    field = "pytorchReplicaSpecs"
    container = "pytorch"
    recordings = ("pytorchjob/*.json",)
    words = read_words(Path(__file__).parent / "data" / "words.txt")

    def test_chief_first_and_gpus_of_all_replicas(self):
        container = {"name": "pytorch", "resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "1"}}}
        template = {"spec": {"containers": [container], "priorityClassName": "high"}}
        specs = {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 3, "template": template}}
        job = self.job(self.condition("Running"), pytorchReplicaSpecs=specs)
        pods = [self.pod("j-worker-0", "worker", 0), self.pod("j-master-0", "master", 0, **{"training.kubeflow.org/job-role": "master"})]
        found = plugin.arena_job_status(seen(job, pods), None)
        assert (found.phase, found.replicas, dict(found.requests), found.priority) == (Phase.RUNNING, 4, {"nvidia.com/gpu": 8}, "high")
        assert found.chief and found.chief.name == "j-master-0" and found.instances[0] is found.chief
        assert [i.short_name for i in found.instances] == ["master-0", "worker-0"]
        sets = {s.name: (s.path, s.replicas) for s in plugin.arena_pod_sets(job)}
        assert sets == {
            "master": ("spec.pytorchReplicaSpecs.Master.template", 1),
            "worker": ("spec.pytorchReplicaSpecs.Worker.template", 3),
        }
