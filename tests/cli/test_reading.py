"""list, get, logs, delete against an API server of a few lines: columns, words and keys are Arena's."""

from __future__ import annotations

import json

import pytest
import yaml

NS = "/namespaces/default"
JOBS = f"/apis/kubeflow.org/v1{NS}/pytorchjobs"
TFJOBS = f"/apis/kubeflow.org/v1{NS}/tfjobs"
PODS = f"/api/v1{NS}/pods"


def job(name, *, state="Running", workers=1, start="2026-01-01T10:00:05Z", end="", gpus=1):
    template = {"spec": {"containers": [{"name": "pytorch", "image": "i", "resources": {"limits": {"nvidia.com/gpu": str(gpus)}}}]}}
    conditions = [{"type": state, "status": "True", "reason": f"PyTorchJob{state}", "message": f"PyTorchJob {name} is {state.lower()}."}]
    status = {"conditions": conditions if state else [], "startTime": start}
    if end:
        status["completionTime"] = end
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "creationTimestamp": "2026-01-01T10:00:00Z"},
        "spec": {
            "pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": workers, "template": template}}
        },
        "status": status if state else {},
    }


def pod(job_name, role, index, *, phase="Running", gpus=1):
    running = {"running": {"startedAt": "2026-01-01T10:00:10Z"}}
    over = {"terminated": {"exitCode": 0 if phase == "Succeeded" else 3, "reason": "Completed" if phase == "Succeeded" else "Error"}}
    return {
        "metadata": {
            "name": f"{job_name}-{role}-{index}",
            "namespace": "default",
            "uid": f"uid-{job_name}-{role}-{index}",
            "creationTimestamp": "2026-01-01T10:00:06Z",
            "labels": {
                "training.kubeflow.org/job-name": job_name,
                "training.kubeflow.org/operator-name": "pytorchjob-controller",
                "training.kubeflow.org/replica-type": role,
                "training.kubeflow.org/replica-index": str(index),
                **({"training.kubeflow.org/job-role": "master"} if role == "master" else {}),
            },
            "ownerReferences": [
                {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "name": job_name, "uid": f"uid-{job_name}", "controller": True}
            ],
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "pytorch", "image": "i", "resources": {"limits": {"nvidia.com/gpu": str(gpus)}}}],
        },
        "status": {
            "phase": phase,
            "hostIP": "198.51.100.1",
            "podIP": "10.0.0.4",
            "startTime": "2026-01-01T10:00:07Z",
            "containerStatuses": [{"name": "pytorch", "ready": True, "restartCount": 0, "state": running if phase == "Running" else over}],
        },
    }


@pytest.fixture
def two(api):
    api.put(JOBS)
    api.put(PODS)
    api.put(JOBS, job("old", state="Succeeded", start="2026-01-01T09:00:00Z", end="2026-01-01T09:00:15Z"), job("run1"))
    api.put(PODS, pod("run1", "master", 0), pod("run1", "worker", 0), pod("old", "master", 0, phase="Succeeded"))
    return api


def test_list_has_arenas_columns_with_two_blanks_between(arena, two):
    done = arena("list")
    assert done.code == 0
    assert not done.err
    lines = done.out.splitlines()
    assert lines[0] == "NAME  STATUS     TRAINER     DURATION  GPU(Requested)  GPU(Allocated)  NODE"
    assert lines[1].split()[:3] == ["run1", "RUNNING", "PYTORCHJOB"]
    assert lines[1].split()[-3:] == ["2", "2", "198.51.100.1"]
    assert lines[2].split() == ["old", "SUCCEEDED", "PYTORCHJOB", "15s", "2", "N/A", "198.51.100.1"]
    assert not any(line.endswith(" ") for line in lines)


def test_an_empty_list_has_its_header(arena, api):
    api.put(JOBS)
    assert arena("list").out == "NAME  STATUS  TRAINER  DURATION  GPU(Requested)  GPU(Allocated)  NODE\n"
    assert arena("list", "-o", "json").out == "[]\n"
    assert arena("list", "-o", "yaml").out == "[]\n"
    assert arena("list", "--no-headers").out == ""


def test_list_json_yaml_and_name(arena, two):
    rows = json.loads(arena("list", "-o", "json").out)
    assert [r["name"] for r in rows] == ["run1", "old"]
    keys = "uuid name namespace duration status trainer tensorboard chiefName instances priority requestGPUs allocatedGPUs"
    assert list(rows[0])[:16] == [*keys.split(), "creationTimestamp", "modelName", "modelVersion", "modelSource"]
    assert list(rows[0]["instances"][0])[:10] == [
        "ip",
        "status",
        "name",
        "age",
        "node",
        "nodeIP",
        "chief",
        "requestGPUs",
        "gpuMetrics",
        "creationTimestamp",
    ]
    assert rows[0]["trainer"] == "pytorchjob"
    assert rows[0]["chiefName"] == "run1-master-0"
    assert (rows[0]["requestGPUs"], rows[0]["allocatedGPUs"]) == (2, 2)
    assert rows[1]["duration"] == "15s"
    assert yaml.safe_load(arena("list", "-o", "yaml").out)[1]["name"] == "old"
    assert arena("list", "-o", "name").out == "pytorchjob.kubeflow.org/run1\npytorchjob.kubeflow.org/old\n"


@pytest.mark.parametrize("spelling", ["pytorchjob", "py", "PyTorch", "PYTORCHJOB", "Pytorch"])
def test_type_in_every_spelling(arena, two, spelling):
    assert arena("list", "-T", spelling, "-o", "name").out.startswith("pytorchjob.kubeflow.org/run1\n")
    assert arena("get", "run1", "--type", spelling, "-o", "name").out == "pytorchjob.kubeflow.org/run1\n"


def test_with_a_type_list_needs_two_requests_and_get_one_for_the_progress(arena, two):
    arena("list", "-T", "pytorchjob")
    assert two.requests == [f"GET {JOBS}", f"GET {PODS}"]
    two.seen.clear()
    arena("get", "run1", "-T", "pytorchjob")
    assert two.requests == [f"GET {JOBS}/run1", f"GET {PODS}", f"GET {PODS}/run1-master-0/log"]


def test_all_namespaces_in_both_spellings(arena, two):
    two.put("/apis/kubeflow.org/v1/pytorchjobs", job("run1"))
    two.put("/api/v1/pods", pod("run1", "master", 0))
    done = arena("list", "-A")
    assert done.out.splitlines()[0].startswith("NAMESPACE  NAME  STATUS")
    assert done.out.splitlines()[1].startswith("default    run1  RUNNING")
    old = arena("list", "--allNamespaces")
    assert old.out == done.out
    assert "--all-namespaces" in old.err


def test_a_type_that_may_not_be_read_is_named_and_the_others_are_listed(arena, two):
    two.forbidden.add(TFJOBS)
    done = arena("list")
    assert done.code == 0
    assert "run1" in done.out
    assert done.err == "note: not shown, no permission: tfjobs.kubeflow.org\n"
    assert arena("list", "-q").err == ""


def test_get_has_arenas_block(arena, two, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    lines = arena("get", "run1").out.splitlines()
    assert lines[:5] == ["Name:        run1", "Status:      RUNNING", "Namespace:   default", "Priority:    N/A", "Trainer:     PYTORCHJOB"]
    assert lines[5].startswith("Duration:    ")
    assert lines[6].startswith("CreateTime:  2026-01-01 ")
    assert lines[7] == "EndTime:"
    at = lines.index("Instances:")
    assert lines[at + 1] == "  NAME           STATUS   AGE   IS_CHIEF  GPU(Requested)  NODE" or lines[at + 1].split()[0] == "NAME"
    assert lines[at + 2].split()[0] == "----"
    assert [line.split()[0] for line in lines[at + 3 : lines.index("", at)]] == ["run1-master-0", "run1-worker-0"]
    assert lines[at + 3].split()[-3:] == ["true", "1", "node-1"]


def test_get_shows_events_and_gpus(arena, two):
    event = {
        "metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "run1-master-0", "uid": "uid-run1-master-0"},
        "type": "Warning",
        "reason": "FailedScheduling",
        "message": "0/1 nodes\nare available",
        "lastTimestamp": "2026-01-01T10:00:00Z",
    }
    two.put(f"/api/v1{NS}/events", event)
    out = arena("get", "run1", "-e", "-g").out
    assert "  pod/run1-master-0  Warning  " in out
    assert "[FailedScheduling] 0/1 nodes are available" in out
    assert "  Allocated/Requested GPUs of Job: 2/2" in out
    assert "No events for resources" in arena("get", "old", "-e").out


def test_get_json_has_the_same_keys_in_yaml(arena, two):
    as_json, as_yaml = json.loads(arena("get", "run1", "-o", "json").out), yaml.safe_load(arena("get", "run1", "-o", "yaml").out)
    assert list(as_json) == list(as_yaml)


def test_a_failed_job_says_why(arena, api):
    api.put(JOBS, job("bad", state="Failed", end="2026-01-01T10:00:15Z"))
    api.put(PODS, pod("bad", "master", 0, phase="Failed"))
    out = arena("get", "bad").out
    assert "Status:      FAILED" in out
    assert "Reason:      " in out


def test_an_empty_list_of_a_namespace_that_is_not_there_is_an_error(arena, api, home):
    api.put("/apis/kubeflow.org/v1/namespaces/nope/pytorchjobs")
    api.put("/api/v1/namespaces")
    (home / ".arena").mkdir()
    (home / ".arena" / "config").write_text("namespace = nope\n")
    assert arena("list").code == 3, "also where the configuration file names it"
    done = arena("list", "-n", "nope")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: namespace nope does not exist\n")
    api.put("/api/v1/namespaces", {"metadata": {"name": "nope"}})
    assert arena("list", "-n", "nope").code == 0
    api.forbidden.add("/api/v1/namespaces/nope")
    assert arena("list", "-n", "nope").code == 0


def test_missing_job_is_3(arena, two):
    done = arena("get", "nosuch")
    assert done.code == 3
    assert done.err.startswith("error: ")
    assert "nosuch" in done.err
    assert arena("logs", "nosuch").code == 3


def test_logs_of_the_chief_and_of_all(arena, two, capfd):
    two.logs = {"run1-master-0": b"one\ntwo\xff\n", "run1-worker-0": b"2026-01-01T00:00:00Z three"}
    done = arena("logs", "run1")
    assert done.code == 0
    assert done.out == "one\ntwo\ufffd\n"
    out = arena("logs", "run1", "--all-instances").out
    assert "master-0 one\n" in out
    assert "worker-0 three\n" in out
    assert "\x1b" not in out


def test_logs_of_an_instance_by_short_name(arena, two):
    two.logs = {"run1-worker-0": b"three\n"}
    assert arena("logs", "run1", "-i", "worker-0").out == "three\n"
    assert arena("logs", "run1", "-i", "run1-worker-0").out == "three\n"
    done = arena("logs", "run1", "-i", "old-master-0")
    assert done.code == 3
    assert "worker-0" in done.err


def test_delete_goes_on_after_a_missing_one(arena, two):
    done = arena("delete", "run1", "nosuch", "old", "--wait=false")
    assert done.code == 3
    assert not two.collections[JOBS]
    assert "The training job run1 has been deleted successfully" in done.err
    assert "nosuch" in done.err
    assert "The training job old has been deleted successfully" in done.err
    assert arena("delete", "nosuch", "--ignore-not-found") == (0, "", "")


def test_delete_with_a_type_needs_two_requests(arena, two):
    two.put(PODS)
    two.collections[PODS].clear()
    two.seen.clear()
    assert arena("delete", "run1", "-T", "pytorchjob").code == 0
    assert len(two.requests) <= 2, two.requests


def test_a_server_that_is_not_there_is_6(arena, home, monkeypatch, write_kubeconfig):
    monkeypatch.setenv("KUBECONFIG", write_kubeconfig(home / "dead", "http://127.0.0.1:9"))
    done = arena("list")
    assert done.code == 6
    assert "127.0.0.1:9" in done.err


def test_output_to_a_closed_pipe_is_quiet(two, home):
    import os
    import subprocess
    import sys

    command = f"{sys.executable} -c 'from arena_core.cli.main import main; raise SystemExit(main())' list | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.stderr == ""


def test_f15_a_job_that_has_not_started_shows_its_age(arena, api):
    api.put(PODS)
    api.put(JOBS, job("new", state="Created", start=""))
    lines = arena("list").out.splitlines()
    assert lines[0].split()[-1] == "AGE"
    assert lines[1].split()[-1].endswith("d")
    assert lines[1].split()[3] == "0s"


@pytest.mark.parametrize("command", [("list",), ("get", "run1"), ("wait", "run1", "--for", "running")])
def test_f15_states_are_coloured_alike(arena, two, monkeypatch, command):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    done = arena(*command)
    assert "\x1b[32mRUNNING" in done.out + done.err
