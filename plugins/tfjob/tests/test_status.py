"""From conditions and pods to Arena's words: every recorded life cycle step by step, every recorded status, arbitrary JSON."""

from __future__ import annotations

from pathlib import Path

from arena_core.contract.types import Phase
from arena_core.testing.lifecycles import read_words
from arena_core.testing.seen import seen
from arena_tfjob import plugin
from tests.recorded import RecordedLives


class TestTFJobStatus(RecordedLives):
    plugin = plugin
    kind = "TFJob"
    field = "tfReplicaSpecs"
    container = "tensorflow"
    recordings = ("tfjob/*.json",)
    words = read_words(Path(__file__).parent / "data" / "words.txt")

    def test_chief_first_and_gpus_of_all_replicas(self):
        def template(gpus):
            return {"spec": {"containers": [{"name": "tensorflow", "resources": {"limits": {"nvidia.com/gpu": gpus}}}]}}

        specs = {"PS": {"replicas": 2, "template": template("1")}, "Worker": {"replicas": 3, "template": template("2")}}
        job = self.job(self.condition("Running"), tfReplicaSpecs=specs)
        pods = [self.pod("j-ps-0", "ps", 0), self.pod("j-worker-1", "worker", 1), self.pod("j-worker-0", "worker", 0)]
        found = plugin.arena_job_status(seen(job, pods), None)
        assert (found.phase, found.replicas, dict(found.requests)) == (Phase.RUNNING, 5, {"nvidia.com/gpu": 8})
        assert found.chief and found.chief.name == "j-worker-0" and found.instances[0] is found.chief
        sets = {s.name: (s.path, s.replicas) for s in plugin.arena_pod_sets(job)}
        assert sets == {"ps": ("spec.tfReplicaSpecs.PS.template", 2), "worker": ("spec.tfReplicaSpecs.Worker.template", 3)}
