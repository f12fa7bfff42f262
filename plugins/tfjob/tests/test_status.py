"""From conditions and pods to Arena's words: every recorded life cycle step by step, every recorded status, arbitrary JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena_core.contract.types import Phase
from arena_core.families.testing import TrainingJobStatus
from arena_core.testing.lifecycles import owned, read_words, words_of
from arena_core.testing.seen import seen
from arena_tfjob import plugin

AREA, KIND = "tfjob", "TFJob"
WORDS = read_words(Path(__file__).parent / "data" / "words.txt")


def status(job, objects):
    return plugin.arena_job_status(seen(job, owned(objects, job)), None)


@pytest.mark.parametrize(("scenario", "kind", "expected"), WORDS, ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
    recording = json.loads(file.read_text())
    assert words_of(recording["timeline"], kind, status) == expected


def test_every_recorded_life_cycle_stands_in_the_table(shared):
    recorded = set()
    for file in (shared / "recordings" / AREA).glob("*.json"):
        if any(e["kind"] == KIND and e["type"] == "ADDED" for e in json.loads(file.read_text())["timeline"]):
            recorded.add(file.stem)
    assert recorded <= {w[0] for w in WORDS}


class TestTFJobStatus(TrainingJobStatus):
    plugin = plugin
    kind = KIND
    field = "tfReplicaSpecs"
    container = "tensorflow"

    def test_every_recorded_status_has_a_phase(self, shared):
        rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == KIND]
        assert len(rows) > 50
        for row in rows:
            self.check(row["status"])

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
