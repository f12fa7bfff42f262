"""From conditions, counts of Jobs and pods of a JobSet to Arena's words: recorded life cycles step by step, recorded statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena_core.contract.types import NOT_TAKEN_UP, Phase
from arena_core.testing.lifecycles import owned, read_words, words_of
from arena_core.testing.seen import seen
from arena_job.jobset import plugin

WORDS = read_words(Path(__file__).parent / "data" / "jobset_words.txt")


def status(jobset, objects):
    jobs = owned(objects, jobset, "Job")
    others = [obj for (kind, _), obj in objects.items() if kind == "Workload"]
    return plugin.arena_job_status(seen(jobset, [pod for job in jobs for pod in owned(objects, job)], [*jobs, *others]), None)


@pytest.mark.parametrize(("scenario", "kind", "expected"), WORDS, ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
    assert words_of(json.loads(file.read_text())["timeline"], kind, status) == expected


def test_every_recorded_jobset_stands_in_the_table(shared):
    recorded = {f.stem for f in (shared / "recordings").glob("*/*.json") if f.stem.startswith(("js-", "awm-jobset-", "kqm-jobset-"))}
    # One refused object after the other has no life.
    assert len(recorded) > 35 and recorded - {"js-invalid"} <= {w[0] for w in WORDS}


def jobset(roles=(("driver", 1, 1), ("workers", 2, 2)), rows=None, **spec):
    entries = [
        {"name": name, "replicas": jobs, "template": {"spec": {"parallelism": pods, "completions": pods, "template": {"spec": {}}}}}
        for name, jobs, pods in roles
    ]
    found = {"metadata": {"name": "j"}, "spec": {"replicatedJobs": entries, **spec}}
    if rows is not None:
        found["status"] = {"replicatedJobsStatus": [{"name": n, "active": a, "ready": r, "succeeded": s} for n, a, r, s in rows]}
    return found


@pytest.mark.parametrize(
    ("rows", "phase"),
    [
        ([("driver", 1, 0, 0), ("workers", 2, 0, 0)], Phase.PENDING),
        ([("driver", 1, 1, 0), ("workers", 2, 0, 0)], Phase.PENDING),
        ([("driver", 1, 1, 0), ("workers", 2, 2, 0)], Phase.RUNNING),
        ([("driver", 1, 1, 0), ("workers", 0, 0, 2)], Phase.RUNNING),
        ([("driver", 0, 1, 0), ("workers", 0, 0, 2)], Phase.RUNNING),
        ([("driver", 0, 0, 0)], Phase.PENDING),
        (None, Phase.PENDING),
    ],
)
def test_without_pods_the_counts_of_jobs_tell(rows, phase):
    assert plugin.arena_job_status(seen(jobset(rows=rows), None), None).phase is phase


@pytest.mark.parametrize("kind", ["Completed", "Failed"])
def test_the_end_counts_also_where_a_queue_has_suspended_it_afterwards(kind):
    found = jobset(suspend=True)
    found["status"] = {"conditions": [{"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:09Z"}]}
    got = plugin.arena_job_status(seen(found, None), None)
    assert (got.phase, got.end) == (Phase.SUCCEEDED if kind == "Completed" else Phase.FAILED, "2026-01-01T00:00:09Z")


def pod(role, job, index, name="", phase="Running", created="2026-01-01T00:00:00Z"):
    labels = {"jobset.sigs.k8s.io/replicatedjob-name": role, "jobset.sigs.k8s.io/job-index": str(job)}
    labels["batch.kubernetes.io/job-completion-index"] = str(index)
    meta = {"name": name or f"j-{role}-{job}-{index}-x", "labels": labels, "creationTimestamp": created}
    return {"metadata": meta, "spec": {}, "status": {"phase": phase}}


PODS = [pod("workers", 1, 0), pod("workers", 0, 1), pod("driver", 0, 0)]


@pytest.mark.parametrize(
    ("spec", "chief"),
    [
        ({}, "driver-0"),
        ({"successPolicy": {"operator": "All", "targetReplicatedJobs": ["workers"]}}, None),
        ({"coordinator": {"replicatedJob": "workers", "jobIndex": 1}}, "workers-2"),
        ({"coordinator": {"replicatedJob": "workers", "podIndex": 1}}, "workers-1"),
    ],
)
def test_who_leads_and_how_the_pods_are_counted(spec, chief):
    found = plugin.arena_job_status(seen(jobset(**spec), PODS), None)
    assert {i.short_name for i in found.instances} == {"driver-0", "workers-1", "workers-2"}
    assert (found.chief.short_name if found.chief else None) == chief
    assert found.replicas == 5


def test_of_one_number_the_newest_pod_leads():
    pods = [pod("driver", 0, 0, "old", "Failed"), pod("driver", 0, 0, "new", created="2026-01-01T00:01:00Z")]
    found = plugin.arena_job_status(seen(jobset(), pods), None)
    assert [(i.name, i.chief) for i in found.instances] == [("new", True), ("old", False)]


def causes(job, related=()):
    return [(c.reason, c.message) for c in plugin.arena_explain(seen(job, (), related), None)]


def test_why_it_waits():
    assert [c[0] for c in causes(jobset())] == [NOT_TAKEN_UP]
    ordered = jobset(rows=[("driver", 1, 0, 0), ("workers", 0, 0, 0)], startupPolicy={"startupPolicyOrder": "InOrder"})
    assert causes(ordered) == [("WaitingForRole", "the role workers starts once the role driver is ready")]
    after = jobset(rows=[("driver", 1, 1, 0), ("workers", 0, 0, 0)])
    after["spec"]["replicatedJobs"][1]["dependsOn"] = [{"name": "driver", "status": "Complete"}]
    after["status"]["replicatedJobsStatus"][0]["ready"] = 0
    assert causes(after) == [("WaitingForRole", "the role workers starts once the role driver has succeeded")]
    assert "kueue.x-k8s.io/multikueue takes care" in causes(jobset(managedBy="kueue.x-k8s.io/multikueue"))[0][1]


def test_why_it_failed_names_the_jobs_that_have():
    failed = jobset()
    text = "jobset failed due to reaching max number of restarts (first failed job: j-workers-0)"
    failed["status"] = {"conditions": [{"type": "Failed", "status": "True", "reason": "ReachedMaxRestarts", "message": text}]}
    condition = {
        "type": "Failed",
        "status": "True",
        "reason": "DeadlineExceeded",
        "message": "Job was active longer than specified deadline",
    }
    labels = {"jobset.sigs.k8s.io/replicatedjob-name": "workers"}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j-workers-0", "labels": labels},
        "status": {"conditions": [condition]},
    }
    assert causes(failed, [job]) == [
        ("ReachedMaxRestarts", "it failed more often than --retry allows"),
        ("DeadlineExceeded", "the Job j-workers-0 of the role workers has failed: Job was active longer than specified deadline"),
    ]


def test_pod_sets():
    sets = plugin.arena_pod_sets(jobset())
    assert [(s.name, s.path, s.replicas) for s in sets] == [
        ("driver", "spec.replicatedJobs[0].template.spec.template", 1),
        ("workers", "spec.replicatedJobs[1].template.spec.template", 4),
    ]
