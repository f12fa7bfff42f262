"""From the two fields to Arena's words: every recorded life cycle step by step, every recorded status; pods, logs, reasons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arena_core.contract.types import LogQuery, Phase
from arena_core.testing.lifecycles import owned, read_words, words_of
from arena_core.testing.seen import seen
from arena_rayjob import plugin
from arena_rayjob.status import selectors, status

KIND = "RayJob"
WORDS = read_words(Path(__file__).parent / "data" / "words.txt")
ARENA = {"app": "rayjob", "release": "j"}


def read(job, objects):
    """The pods are those of the job's cluster and of its submitter's Job."""
    between = [*owned(objects, job, "RayCluster"), *owned(objects, job, "Job")]
    return plugin.arena_job_status(seen(job, [pod for owner in between for pod in owned(objects, owner)]), None)


@pytest.mark.parametrize(("scenario", "kind", "expected"), WORDS, ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
    timeline = json.loads(file.read_text())["timeline"]
    assert words_of(timeline, kind, read) == expected
    # The phase is the job's own: lists, which read no pods, say the same.
    assert words_of(timeline, kind, lambda job, _: plugin.arena_job_status(seen(job, None, None), None)) == expected


def test_every_recorded_life_cycle_stands_in_the_table(shared):
    files = [*(shared / "recordings" / "rayjob").glob("*.json"), *(shared / "recordings").glob("*/*-rayjob-*.json")]
    recorded = {f.stem for f in files if any(e["kind"] == KIND and e["type"] == "ADDED" for e in json.loads(f.read_text())["timeline"])}
    assert len(recorded) > 25
    assert recorded - {"ray-invalid"} <= {w[0] for w in WORDS}  # many jobs in one recording


def test_every_recorded_status_has_a_phase(shared):
    rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == KIND]
    assert len(rows) > 30
    for row in rows:
        assert status({"status": row["status"]}, []).phase is not Phase.UNKNOWN, row["status"]


def job(deployment="", ray="", mode="K8sJobMode", labels=ARENA, **more):
    template = {"spec": {"containers": [{"name": "r", "resources": {"limits": {"nvidia.com/gpu": "2"}}}], "priorityClassName": "high"}}
    group = {"groupName": "default-group", "replicas": 2, "numOfHosts": 2, "template": template}
    cluster = {"headGroupSpec": {"template": {"spec": {"containers": [{"name": "r"}]}}}, "workerGroupSpecs": [group]}
    told = {"jobDeploymentStatus": deployment, "jobStatus": ray, **more.pop("status", {})}
    spec = {"submissionMode": mode, "rayClusterSpec": cluster, **more}
    return {"kind": KIND, "metadata": {"name": "j", "uid": "u", "labels": dict(labels)}, "spec": spec, "status": told}


def pod(name, created=0, phase="Running", **labels):
    meta = {"name": name, "labels": {f"ray.io/{k.replace('_', '-')}": v for k, v in labels.items()}}
    meta["creationTimestamp"] = f"2026-01-01T00:00:{created:02}Z"
    return {"metadata": meta, "spec": {"containers": [{"name": "c"}]}, "status": {"phase": phase}}


def worker(index, **more):
    return pod(f"j-w-{index}", node_type="worker", group="default-group", worker_group_replica_index=str(index), **more)


HEAD = pod("j-abcde-head-x", node_type="head", group="headgroup")
SUBMITTER = pod("j-sub", originated_from_cr_name="j", originated_from_crd="RayJob")


@pytest.mark.parametrize(
    ("deployment", "ray", "phase"),
    [
        ("", "", Phase.PENDING),
        ("Initializing", "", Phase.PENDING),
        ("Waiting", "", Phase.PENDING),
        ("Running", "", Phase.PENDING),
        ("Running", "PENDING", Phase.PENDING),
        ("Running", "RUNNING", Phase.RUNNING),
        ("Running", "SUCCEEDED", Phase.RUNNING),
        ("Running", "FAILED", Phase.RUNNING),
        ("Complete", "SUCCEEDED", Phase.SUCCEEDED),
        ("Complete", "STOPPED", Phase.FAILED),
        ("Complete", "FAILED", Phase.FAILED),
        ("Complete", "", Phase.UNKNOWN),
        ("Failed", "RUNNING", Phase.FAILED),
        ("ValidationFailed", "RUNNING", Phase.FAILED),
        ("Retrying", "FAILED", Phase.PENDING),
        ("Suspending", "RUNNING", Phase.SUSPENDED),
        ("Suspended", "", Phase.SUSPENDED),
        ("Whatever", "", Phase.UNKNOWN),
    ],
)
def test_two_fields_that_change_apart(deployment, ray, phase):
    assert status(job(deployment, ray), []).phase is phase


def test_what_the_job_wants():
    found = status(job("Running", "RUNNING"), [worker(1), worker(0), HEAD, SUBMITTER])
    assert [i.short_name for i in found.instances] == ["submitter-0", "head-0", "worker-0", "worker-1"]
    assert (found.replicas, dict(found.requests), found.priority) == (6, {"nvidia.com/gpu": 8}, "high")
    assert found.chief.name == "j-sub"


def test_of_several_submitters_and_heads_the_newest_counts():
    old = pod("j-old", phase="Failed", originated_from_cr_name="j")
    new = pod("j-new", created=9, originated_from_cr_name="j")
    assert status(job("Running"), [new, old]).chief.name == "j-new"
    heads = [pod("h-old", node_type="head"), pod("h-new", created=5, node_type="head")]
    found = status(job("Running", mode="HTTPMode"), heads)
    assert found.chief.name == "h-new" and [i.short_name for i in found.instances] == ["head-0", "h-old"]


def test_pods_of_an_arena_job_are_found_with_their_submitter_and_others_by_the_cluster():
    assert selectors(job()) == ["app=rayjob,release=j"]
    submitter = "ray.io/originated-from-cr-name=j,ray.io/originated-from-crd=RayJob"
    assert selectors(job(labels={}, status={"rayClusterName": "j-abcde"})) == ["ray.io/cluster=j-abcde", submitter]
    assert selectors(job(labels={})) == [submitter]


def sources(found, pods, **query):
    return plugin.arena_log_sources(seen(found, pods), LogQuery(**query), None)


def test_the_log_of_the_command():
    assert [(s.pod, s.container) for s in sources(job("Running"), [HEAD, SUBMITTER])] == [("j-sub", "c")]
    assert sources(job("Running"), [HEAD]) == []  # another's log is not its log
    assert sources(job("Running", mode="SidecarMode"), [HEAD])[0].container == "ray-job-submitter"
    assert [s.pod for s in sources(job("Running", mode="SidecarMode"), [HEAD], instance="head-0")] == [HEAD["metadata"]["name"]]
    assert len(sources(job("Running"), [HEAD, SUBMITTER, worker(0)], all_instances=True)) == 3


@pytest.mark.parametrize("mode", ["HTTPMode", "InteractiveMode"])
def test_where_no_pod_has_the_log_that_is_said(mode):
    (found,) = sources(job("Complete", "SUCCEEDED", mode), [HEAD])
    assert (found.pod, found.text) == ("", None) and "in no pod, only in Ray's dashboard" in found.missing
    end = {"reason": "AppFailed", "message": "exit code 3, last available logs (truncated):\na\nb\n"}
    (found,) = sources(job("Failed", "FAILED", mode, status=end), [HEAD])
    assert found.text == "a\nb\n" and found.missing.startswith("that was the end of it")
    assert sources(job("Complete", "SUCCEEDED", mode), [HEAD], instance="head-0")
    assert sources(job("Initializing", mode=mode), []) == []


def causes(found, related=()):
    return list(plugin.arena_explain(seen(found, (), related), None))


def test_a_failure_tells_the_end_of_the_log():
    text = "Job entrypoint command failed with exit code 3, last available logs (truncated to 20,000 chars):\na\nb\n"
    failed = job("Failed", "FAILED", status={"reason": "AppFailed", "message": text})
    assert status(failed, []).message == "Job entrypoint command failed with exit code 3"
    assert causes(failed)[0].lines == ("a", "b")


def test_what_kuberay_refuses_is_final():
    found = causes(job("ValidationFailed", status={"message": "The RayJob spec is invalid: x", "reason": "ValidationFailed"}))
    assert "is invalid: x" in found[0].message and "submit it again" in found[0].hint


def test_a_cluster_that_is_not_ready_says_what_is_missing():
    cluster = {"conditions": [{"type": "HeadPodReady", "status": "True"}], "desiredWorkerReplicas": 2, "readyWorkerReplicas": 1}
    found = status(job("Initializing", status={"rayClusterStatus": cluster}), [])
    assert (found.reason, found.message) == ("RayClusterNotReady", "1 of 2 workers are ready")
    cluster["conditions"].append(
        {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreateWorkerPod", "message": "exceeded quota"}
    )
    assert status(job("Initializing", status={"rayClusterStatus": cluster}), []).message == "exceeded quota"
    again = status(job("Initializing", status={"failed": 1}), [])
    assert again.reason == "Retrying" and "run again" in again.message


def test_who_suspended_it():
    assert causes(job("Suspended", suspend=True))[0].reason == "Suspended"
    queued = job("Suspended", suspend=True, labels={**ARENA, "kueue.x-k8s.io/queue-name": "q"})
    assert status(queued, []).phase is Phase.QUEUING and "queue q" in causes(queued)[0].message


def test_interactive_mode_says_what_it_waits_for():
    assert "spec.jobId" in causes(job("Waiting", mode="InteractiveMode"))[0].hint


def test_nobody_has_taken_it_up():
    bare = job()
    del bare["status"]
    assert "KubeRay has not taken up" in causes(bare)[0].message
