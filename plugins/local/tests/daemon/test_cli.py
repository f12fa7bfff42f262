"""``arena local`` and what the extension does to a submission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arena_local import extension
from arena_local.daemon import control
from arena_local.daemon.state import State

Arena = Any


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[Arena]:
    """Run ``arena local ...`` with a home of its own; the cluster is ended afterwards."""
    env = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | {"ARENA_HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        program = "import sys; from arena_core.cli.main import main; sys.exit(main())"
        return subprocess.run([sys.executable, "-c", program, "local", *words], capture_output=True, text=True, check=False, env=env)

    yield run
    control.stop(State(tmp_path / "local"))


def test_asking_and_stopping_what_does_not_run_is_fine(arena: Arena) -> None:
    for word in ("status", "down"):
        result = arena(word)
        assert (result.returncode, result.stdout) == (0, "local cluster is not running\n")


def test_the_life_of_a_cluster(arena: Arena, tmp_path: Path) -> None:
    up = arena("up", "--gpus", "4", "--resource", "huawei.com/Ascend910=8", "--delay", "kubelet.backoff=1")
    assert up.returncode == 0, up.stderr
    assert "started" in up.stdout
    assert "nvidia.com/gpu=4" in up.stdout
    assert arena("up").stdout.startswith("local cluster is running")
    assert "applied to the running local cluster" in arena("up", "--gpus", "2").stdout
    status = arena("status").stdout
    assert "nvidia.com/gpu=2" in status
    assert "pods: none" in status
    config = json.loads(arena("kubeconfig").stdout)
    assert config["current-context"] == "arena-local"
    assert config["clusters"][0]["cluster"]["server"].startswith("http://127.0.0.1:")
    assert "ready" in arena("logs").stdout
    assert arena("up", "--names", "rewrite").stderr.startswith("--names takes effect after a restart")
    assert arena("up", "--no-operators").stderr.startswith("--operators takes effect after a restart")
    assert arena("down").stdout == "local cluster stopped\n"
    assert arena("reset", "--yes").returncode == 0
    assert not (tmp_path / "local").exists()


@pytest.mark.parametrize("words", [("--resource", "x"), ("--quota", "cpu=much"), ("--delay", "a=-1"), ("--names", "magic")])
def test_bad_values_are_named(arena: Arena, words: tuple[str, str]) -> None:
    result = arena("up", *words)
    assert result.returncode == 2
    assert words[0] in result.stderr


def template(**container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "c", **container}]}}


def test_every_pod_template_keeps_directory_and_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/venv/bin:/usr/bin")
    inner = {"kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {"Master": {"template": template(workingDir="/root")}}}}
    wrapped = {"kind": "AppWrapper", "spec": {"components": [{"template": inner}]}}
    volcano = {"kind": "Job", "spec": {"tasks": [{"template": template(workingDir=str(tmp_path))}]}}
    changed = extension.arena_mutate_manifests([wrapped, volcano, {"kind": "Service", "spec": {}}], SimpleNamespace(local=True))
    assert changed is not None
    deep = changed[0]["spec"]["components"][0]["template"]["spec"]["pytorchReplicaSpecs"]["Master"]["template"]
    assert deep["metadata"]["annotations"] == {"arena.local/cwd": str(tmp_path), "arena.local/path": "/venv/bin:/usr/bin"}
    assert "workingDir" not in deep["spec"]["containers"][0]
    assert changed[1]["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["workingDir"] == str(tmp_path)
    assert inner["spec"]["pytorchReplicaSpecs"]["Master"]["template"] == template(workingDir="/root"), "the input is left alone"


def test_synchronised_code_keeps_its_working_directory() -> None:
    given = template(workingDir="/root", volumeMounts=[{"name": "code", "mountPath": "/root/code"}])
    changed = extension.arena_mutate_manifests([given], SimpleNamespace(local=True))
    assert changed is not None
    assert changed[0]["spec"]["containers"][0]["workingDir"] == "/root"


def test_other_clusters_are_left_alone() -> None:
    assert extension.arena_mutate_manifests([template()], SimpleNamespace(local=False)) is None
