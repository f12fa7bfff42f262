"""From conditions, counts of Jobs and pods of a TrainJob to Arena's words: recorded life cycles step by step, and single statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena_core.contract.types import NOT_TAKEN_UP, LogQuery, Phase
from arena_core.testing.lifecycles import owned, read_words, words_of
from arena_core.testing.seen import seen
from arena_trainjob import plugin

WORDS = read_words(Path(__file__).parent / "data" / "words.txt")


def status(job, objects):
    sets = owned(objects, job, "JobSet")
    jobs = [found for jobset in sets for found in owned(objects, jobset, "Job")]
    others = owned(objects, job, "Workload")
    return plugin.arena_job_status(seen(job, [pod for found in jobs for pod in owned(objects, found)], [*sets, *jobs, *others]), None)


@pytest.mark.parametrize(("scenario", "kind", "expected"), WORDS, ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
    assert words_of(json.loads(file.read_text())["timeline"], kind, status) == expected


def test_every_recorded_trainjob_stands_in_the_table(shared):
    recorded = {f.stem for f in (shared / "recordings").glob("*/*.json") if f.stem.startswith(("tj-", "awm-trainjob-", "kqm-trainjob-"))}
    # Refused objects have no life.
    lifeless = {"tj-invalid", "tj-runtime-missing", "tj-runtime-unsupported", "awm-trainjob-no-podsets"}
    assert len(recorded) > 25 and recorded - lifeless <= {w[0] for w in WORDS}


def trainjob(rows=None, conditions=(), **spec):
    found = {"metadata": {"name": "t"}, "spec": spec}
    if rows is not None or conditions:
        told = [{"name": n, "active": a, "ready": r, "succeeded": s} for n, a, r, s in rows or ()]
        found["status"] = {"jobsStatus": told, "conditions": list(conditions)}
    return found


@pytest.mark.parametrize(
    ("rows", "phase", "reason"),
    [
        (None, Phase.PENDING, ""),
        ([("node", 1, 0, 0)], Phase.PENDING, ""),
        ([("node", 1, 1, 0)], Phase.RUNNING, ""),
        ([("dataset-initializer", 1, 1, 0), ("node", 0, 0, 0)], Phase.PENDING, "Initializing"),
        ([("dataset-initializer", 0, 0, 1), ("node", 1, 1, 0)], Phase.RUNNING, ""),
        ([("launcher", 1, 0, 0), ("node", 1, 1, 0)], Phase.PENDING, ""),
        ([("launcher", 1, 1, 0), ("node", 1, 1, 0)], Phase.RUNNING, ""),
    ],
)
def test_without_pods_the_counts_of_jobs_tell(rows, phase, reason):
    found = plugin.arena_job_status(seen(trainjob(rows), None), None)
    assert (found.phase, found.reason) == (phase, reason)


def pod(role, index, phase="Running", job=0, created="2026-01-01T00:00:00Z", name=""):
    labels = {"jobset.sigs.k8s.io/replicatedjob-name": role, "jobset.sigs.k8s.io/job-index": str(job)}
    labels["batch.kubernetes.io/job-completion-index"] = str(index)
    meta = {"name": name or f"t-{role}-{job}-{index}", "labels": labels, "creationTimestamp": created}
    return {"metadata": meta, "spec": {}, "status": {"phase": phase}}


@pytest.mark.parametrize(
    ("pods", "order"),
    [
        ([pod("node", 1), pod("node", 0)], ["node-0", "node-1"]),
        ([pod("node", 0), pod("launcher", 0), pod("dataset-initializer", 0)], ["launcher-0", "node-0", "dataset-initializer-0"]),
        ([pod("node", 0, job=1), pod("node", 0)], ["node-0", "node-1"]),
    ],
)
def test_who_leads_and_how_the_pods_are_counted(pods, order):
    found = plugin.arena_job_status(seen(trainjob(), pods), None)
    assert [i.short_name for i in found.instances] == order
    assert [i.chief for i in found.instances] == [True] + [False] * (len(order) - 1)


def test_while_only_an_initializer_runs_the_training_has_not_begun():
    found = plugin.arena_job_status(seen(trainjob(), [pod("model-initializer", 0)]), None)
    assert (found.phase, found.reason) == (Phase.PENDING, "Initializing")
    assert found.message == "model-initializer runs before the training"


def causes(job, related=()):
    return [(c.reason, c.message) for c in plugin.arena_explain(seen(job, (), related), None)]


def test_why_it_waits_and_why_it_failed():
    assert [c[0] for c in causes(trainjob())] == [NOT_TAKEN_UP]
    condition = {"type": "RestartingJobSet", "status": "True", "reason": "DefaultFailurePolicy", "message": "applying"}
    jobset = {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "metadata": {"name": "t"}}
    jobset["status"] = {"restarts": 2, "conditions": [condition]}
    assert causes(trainjob([("node", 0, 0, 0)]), [jobset]) == [("DefaultFailurePolicy", "restart 2: all its Jobs are made anew (applying)")]
    failed = trainjob(conditions=[{"type": "Failed", "status": "True", "reason": "FailedJobs", "message": "m"}])
    ended = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "t-node-0"}, "status": {"conditions": [ended]}}
    assert causes(failed, [job])[-1] == ("BackoffLimitExceeded", "the Job t-node-0 has failed: Job has reached the specified backoff limit")


def test_the_log_that_a_deadline_took_is_told_to_be_gone():
    failed = trainjob(conditions=[{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "m"}])
    (source,) = plugin.arena_log_sources(seen(failed, ()), LogQuery(), None)
    assert "were deleted" in source.missing and "--data" in source.hint
    assert plugin.arena_log_sources(seen(failed, [pod("node", 0)]), LogQuery(), None)[0].pod == "t-node-0-0"


def test_pod_sets_of_an_mpi_runtime_end_with_the_launcher():
    from arena_core.args import parse
    from arena_trainjob.args import TrainJobArgs
    from arena_trainjob.manifests import build

    job = build(parse(TrainJobArgs, {"name": "x", "workers": 3, "runtime_jobs": ["launcher", "node"], "data": ["c:/d"]}))[0]
    assert [(s.name, s.replicas) for s in plugin.arena_pod_sets(job, "wrap")] == [("launcher", 1)]
    assert [(s.name, s.replicas) for s in plugin.arena_pod_sets(job, "quota")] == [("launcher", 1), ("node", 2)]
