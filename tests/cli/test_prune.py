"""``prune`` deletes what has ended, and nothing else (L12, A16); ``data list``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.test_reading import JOBS, PODS, job, pod


def ago(**spans: float) -> str:
    return (datetime.now(UTC) - timedelta(**spans)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def mixed(api):
    timeless = job("timeless", state="Failed")
    api.put(
        JOBS,
        job("old", state="Succeeded", end=ago(hours=11)),
        job("broken", state="Failed", end=ago(hours=12)),
        job("fresh", state="Succeeded", end=ago(minutes=5)),
        timeless,
        job("running"),
        job("queued", state="Created"),
        job("new", state=""),
    )
    api.put(PODS, pod("running", "master", 0))
    return api


def test_only_what_ended_long_ago_would_go(arena, mixed):
    done = arena("prune", "--since", "10h", "--dry-run", "-o", "name")
    assert done.code == 0
    assert sorted(done.out.split()) == ["pytorchjob.kubeflow.org/broken", "pytorchjob.kubeflow.org/old"]
    assert "timeless has ended, but nobody knows when" in done.err
    table = arena("prune", "-s", "10h", "--dry-run")
    assert [line.split()[0] for line in table.out.splitlines()] == ["NAME", "broken", "old"]
    assert "2 would be deleted (dry run)" in table.err
    assert "no job has ended so long ago" in arena("prune", "--since", "100d").err


@pytest.mark.parametrize("words", [(), ("--since", "-1h"), ("--since", "often"), ("--since", "1h", "job"), ("--since", "1h", "-l", "")])
def test_wrong_words_delete_nothing(arena, mixed, words):
    done = arena("prune", *words)
    assert done.code == 2 and done.err.startswith("error:") and done.out == ""


def test_ended_jobs_go_and_the_others_stay(arena, local_cluster, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(local_cluster.kubeconfig))
    namespace = local_cluster.namespace("prune")
    for name, command in (("good", "true"), ("bad", "exit 3"), ("busy", "sleep 100")):
        assert arena("submit", "pytorchjob", "-n", namespace, "--name", name, "--image", "i", command).code == 0
    assert arena("wait", "-n", namespace, "good", "--timeout", "60s").code == 0
    assert arena("wait", "-n", namespace, "bad", "--for", "failed", "--timeout", "60s").code == 0
    assert arena("prune", "-n", namespace, "--since", "1h").err == "no job has ended so long ago\n"
    done = arena("prune", "-n", namespace, "--since", "0s")
    assert done.code == 0 and "good has been deleted" in done.err and "bad has been deleted" in done.err
    assert [one["name"] for one in json.loads(arena("list", "-n", namespace, "-o", "json").out)] == ["busy"]
    arena("delete", "-n", namespace, "busy")


def test_claims_are_listed_with_their_state(arena, local_cluster, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(local_cluster.kubeconfig))
    namespace = local_cluster.namespace("data")
    empty = arena("data", "list", "-n", namespace)
    assert empty.code == 0 and empty.out.split() == ["NAME", "ACCESSMODE", "SIZE", "STATUS", "DESCRIPTION", "OWNER", "AGE"]
    assert "no volume claims here" in empty.err
    notes = {"description": "ImageNet, resized", "owner": "vision"}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    for name, more in (("imagenet", {}), ("nowhere", {"storageClassName": "nosuch"})):
        meta = {"name": name, "namespace": namespace, "annotations": notes if name == "imagenet" else {}}
        local_cluster.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": {**spec, **more}})
    found = {one["name"]: one for one in json.loads(arena("data", "list", "-n", namespace, "-o", "json").out)}
    assert found["nowhere"]["status"] == "Pending" and found["nowhere"]["size"] == "1Gi"
    assert (found["imagenet"]["description"], found["imagenet"]["owner"]) == ("ImageNet, resized", "vision")
    rows = arena("data", "ls", "-A").out.splitlines()
    assert rows[0].startswith("NAMESPACE") and any(row.split()[:2] == [namespace, "imagenet"] for row in rows)


@pytest.mark.parametrize("words", [(), ("make",)])
def test_data_knows_one_word(arena, home, words):
    done = arena("data", *words)
    assert done.code == 2 and "list" in done.err and "put" in done.err
