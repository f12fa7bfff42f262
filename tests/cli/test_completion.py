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
