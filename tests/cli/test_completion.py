"""Candidates, and the bash script that asks for them, run by a real bash."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def words(done):
    return [line.partition("\t")[0] for line in done.out.splitlines()]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["li"], ["list"]),
        (["submit", "py"], ["pytorchjob", "py", "pytorch"]),
        (["-n", "x", "submit", "pyt"], ["pytorchjob", "pytorch"]),
        (["submit", "pytorchjob", "--image-"], ["--image", "--image-pull-policy", "--image-pull-secret"][1:]),
        (["submit", "pytorchjob", "--name", "x", "--dry-run", "c"], ["client"]),
        (["submit", "pytorchjob", "--dry-run=s"], ["--dry-run=server"]),
        (["list", "--outp"], ["--output"]),
        (["list", "-o", "j"], ["json", "jsonl"]),
        (["schema", "--output", "que"], ["queue"]),
        (["list", "-T", "tfj"], ["tfjob"]),
        (["get", "--config", ""], [":files"]),
        (["submit", "-f", ""], [":files"]),
        (["wait", "x", "--for", "f"], ["finished", "failed"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["plugins", ""], ["check", "list", "new"]),
        (["nonsense", ""], []),
        (["local", "st"], ["status"]),
        (["local", "up", "--gp"], ["--gpus"]),
        (["model", "analyze", "l"], ["list"]),
        (["model", "analyze", "pr"], ["profile"]),
        (["model", "analyze", "profile", "--image-pull-p"], ["--image-pull-policy"]),
        (["model", "get", "--vers"], ["--version"]),
        (["evaluate", "m"], ["model"]),
        (["evaluate", "model", "--image-pull-policy", "A"], ["Always"]),
        (["evaluate", "nonsense", "--namesp"], ["--namespace"]),
        (["get", "--he"], ["--help", "--helm-binary"][::-1]),
    ],
)
def test_candidates(arena, typed, expected):
    done = arena("__complete", "zsh", *typed)
    assert done.code == 0
    assert not done.err
    assert words(done) == expected


def test_old_and_hidden_flags_are_not_offered(arena):
    assert "--workingDir" not in words(arena("__complete", "zsh", "submit", "pytorchjob", "--w"))


def test_asking_starts_no_cluster(arena, home):
    assert words(arena("__complete", "zsh", "get", "")) == []
    assert not (home / ".arena" / "local").exists()


def test_jobs_and_instances_come_from_the_cluster(arena, api):
    meta = {"namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}
    jobs = [{"metadata": {**meta, "name": n, "uid": n}, "spec": {"pytorchReplicaSpecs": {}}} for n in ("alpha", "beta")]
    api.put("/apis/kubeflow.org/v1/namespaces/default/pytorchjobs", *jobs)
    api.put("/api/v1/namespaces/default/pods")
    assert sorted(words(arena("__complete", "zsh", "get", ""))) == ["alpha", "beta"]
    assert words(arena("__complete", "zsh", "delete", "alpha", "")) == ["beta"]
    assert words(arena("__complete", "zsh", "get", "alpha", "")) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("arena submit pyt", "pytorchjob pytorch"),
        ("arena list --output=y", "yaml"),
        ("arena list -T pyt", "pytorchjob pytorch"),
    ],
)
def test_the_bash_script(arena, home, line, expected):
    script = arena("completion", "bash").out
    program = f"""
{script}
COMP_LINE={line!r}
COMP_WORDS=({line.replace("=", " = ")})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_arena
echo "${{COMPREPLY[@]}}"
"""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, env=env, check=True, timeout=60)
    assert done.stdout.strip() == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["list", "--columns", "name,sta"], ["name,status"]),
        (["list", "--columns", "name,na"], ["name,namespace"]),
        (["list", "--columns=name,sta"], ["--columns=name,status"]),
        (["list", "--sort", "-dur"], ["-duration"]),
        (["list", "--status", "RUNNING,FA"], ["RUNNING,FAILED"]),
    ],
)
def test_lists_and_orders_are_completed_element_by_element(arena, typed, expected):
    assert words(arena("__complete", "zsh", *typed)) == expected


def test_everything_that_has_a_name_is_completed(arena, local_cluster, monkeypatch):
    """Of a live cluster: jobs, instances, containers, roles, endpoints, queues, nodes, servers, namespaces, contexts."""
    monkeypatch.setenv("KUBECONFIG", str(local_cluster.kubeconfig))
    namespace = local_cluster.namespace()
    where = ("-n", namespace)
    done = arena("submit", *where, "pytorchjob", "--name", "pair", "--image", "i", "--workers", "2", "sleep 300")
    assert done.code == 0, done.err
    assert arena("wait", "pair", "--for", "running", "--timeout", "60s", *where).code == 0
    started = ("custom", "--name", "web", "--version", "v1", "--image", "x", "--restful-port", "18999", "--replicas", "0", "sleep 1")
    assert arena("serve", *where, *started).code == 0

    def offered(*typed):
        return words(arena("__complete", "zsh", *where, *typed))

    assert "pair" in offered("get", "")
    assert sorted(offered("logs", "pair", "-i", "")) == ["master-0", "worker-0"]
    assert set(offered("logs", "pair", "-c", "")) == {"pytorch", "init-pytorch"}
    assert offered("logs", "pair", "-i", "master-0", "-c", "") == ["pytorch"]
    (role,) = offered("scale", "web-v1-custom-serving", "")
    assert role.endswith("=") and offered("scale", "web-v1-custom-serving", f"{role}2", "") == [] == offered("scale", "pair", "")
    assert offered("serve", "get", "") == ["web"]
    assert offered("open", "web-v1-custom-serving", "") != [] and offered("open", "") != []
    assert "node-1" in offered("top", "node", "") and offered("top", "node", "node-1", "") == []
    assert {"default", "root"} <= set(offered("queue", ""))
    assert namespace in words(arena("__complete", "zsh", "list", "-n", ""))
    assert "arena-local" in offered("list", "--context", "")
    queue = {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "LocalQueue", "metadata": {"name": "team", "namespace": namespace}}
    local_cluster.create({**queue, "spec": {"clusterQueue": "cluster-queue"}})
    assert offered("submit", "pytorchjob", "--kueue-queue", "") == ["team"] and "team" in offered("queue", "")
