"""From conditions, counters and pods of a Job to Arena's words: recorded life cycles step by step, recorded statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena_core.contract.types import Phase
from arena_core.testing.lifecycles import owned, read_words, words_of
from arena_core.testing.seen import seen
from arena_job import plugin

WORDS = read_words(Path(__file__).parent / "data" / "words.txt")


def status(job, objects):
    return plugin.arena_job_status(seen(job, owned(objects, job)), None)


@pytest.mark.parametrize(("scenario", "kind", "expected"), WORDS, ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
    assert words_of(json.loads(file.read_text())["timeline"], kind, status) == expected


def test_every_recorded_job_stands_in_the_table(shared):
    recorded = {f.stem for f in (shared / "recordings" / "batchjob").glob("job-*.json")}
    assert recorded and recorded <= {w[0] for w in WORDS}


def test_every_recorded_status_says_the_same_without_pods_as_its_conditions(shared):
    rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == "Job"]
    assert len(rows) > 50
    for row in rows:
        job = {"metadata": {"name": "j"}, "spec": {}, "status": row["status"] or {}}
        true = {c["type"] for c in job["status"].get("conditions") or [] if c["status"] == "True"}
        phase = plugin.arena_job_status(seen(job, None), None).phase
        if "Complete" in true or "Failed" in true:
            assert phase is (Phase.SUCCEEDED if "Complete" in true else Phase.FAILED), row
        else:
            assert phase in (Phase.PENDING, Phase.RUNNING), row


def pod(name, phase, index=None, created="2026-01-01T00:00:00Z", **status):
    labels = {} if index is None else {"batch.kubernetes.io/job-completion-index": str(index)}
    return {"metadata": {"name": name, "labels": labels, "creationTimestamp": created}, "spec": {}, "status": {"phase": phase, **status}}


def job(**spec):
    return {"metadata": {"name": "j"}, "spec": spec, "status": {}}


def test_of_one_number_the_newest_pod_is_first_and_number_0_is_the_chief():
    pods = [pod("j-1-a", "Running", 1), pod("j-0-old", "Failed", 0), pod("j-0-new", "Running", 0, "2026-01-01T00:01:00Z")]
    found = plugin.arena_job_status(seen(job(parallelism=2, completions=2), pods), None)
    assert [(i.short_name, i.name, i.chief) for i in found.instances] == [
        ("worker-0", "j-0-new", True),
        ("worker-0", "j-0-old", False),
        ("worker-1", "j-1-a", False),
    ]


def test_no_other_number_passes_for_the_chief():
    assert plugin.arena_job_status(seen(job(parallelism=2), [pod("j-1-a", "Running", 1)]), None).chief is None


def test_a_replacement_is_the_chief_of_a_single_job_and_the_first_pod_of_a_parallel_one():
    pods = [pod("j-a", "Failed"), pod("j-b", "Running", created="2026-01-01T00:01:00Z")]
    assert plugin.arena_job_status(seen(job(), pods), None).chief.name == "j-b"
    assert plugin.arena_job_status(seen(job(parallelism=2), pods), None).chief.name == "j-a"


def test_pods_count_up_to_what_must_succeed():
    container = {"name": "main", "resources": {"limits": {"nvidia.com/gpu": "2"}}}
    found = job(parallelism=5, completions=3, template={"spec": {"containers": [container], "priorityClassName": "high"}})
    status = plugin.arena_job_status(seen(found), None)
    assert (status.replicas, dict(status.requests), status.priority) == (3, {"nvidia.com/gpu": 6}, "high")
    (only,) = plugin.arena_pod_sets(found)
    assert (only.path, only.replicas) == ("spec.template", 3)


def test_between_two_pods_it_waits_and_says_why():
    failed = {**job(), "status": {"failed": 1, "startTime": "2026-01-01T00:00:00Z"}}
    assert plugin.arena_job_status(seen(failed, None), None).phase is Phase.PENDING
    assert [c.reason for c in plugin.arena_explain(seen(failed, [pod("j-a", "Failed")]), None)] == ["BackOff"]


def test_suspended_by_somebody_or_held_by_a_queue():
    assert plugin.arena_job_status(seen(job(suspend=True)), None).phase is Phase.SUSPENDED
    queued = job(suspend=True)
    queued["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "q"}
    assert plugin.arena_job_status(seen(queued), None).phase is Phase.QUEUING
