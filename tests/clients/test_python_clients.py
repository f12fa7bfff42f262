"""Python's clients of Kubernetes against a local cluster, each in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena_local.testing import LocalCluster
from tests.clients.venvs import environment
from tests.clients.widgets import CRD, GROUP

PROGRAMS = Path(__file__).with_name("programs")
#: The lowest that arena allows; the highest is in the developer's own environment.
LOWEST = "kubernetes==31.0.0"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def widgets(local_cluster: LocalCluster) -> LocalCluster:
    if local_cluster.request("POST", local_cluster.path(CRD), CRD)[0] not in (201, 409):
        raise AssertionError("the CRD is refused")
    local_cluster.until(lambda: local_cluster.request("GET", f"/apis/{GROUP}/v1/widgets")[0] == 200, what="the CRD")
    return local_cluster


@pytest.fixture
def run(widgets: LocalCluster, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Run a program with an interpreter in a fresh namespace; returns what it says."""

    def go(python: Path, program: str) -> dict[str, Any]:
        command = [str(python), str(PROGRAMS / program), str(widgets.kubeconfig), widgets.namespace("py")]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KUBE"))} | {"HOME": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90, env=env)
        assert done.returncode == 0, done.stderr[-3000:]
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    return go


@pytest.mark.parametrize("version", ["lowest", "highest"])
def test_official(run: Callable[..., dict[str, Any]], version: str) -> None:
    python = environment(LOWEST) / "python" if version == "lowest" else Path(sys.executable)
    said = run(python, "official.py")
    assert version == "highest" or said["version"] == "31.0.0"
    assert said["events"] == ["ADDED", "MODIFIED"]
    assert (said["log"], said["exec"], said["exit code"]) == ("started", "hi\n", 7)
    assert said["forwarded"] == "200"
    assert (said["missing"], said["exists"]) == ([404, "NotFound"], [409, "AlreadyExists"])
    assert (said["replicas"], said["job"]) == (2, "Complete")
    assert (said["patched"], said["status"], said["listed"]) == ({"size": 4, "mode": "a"}, {"phase": "x"}, 1)
    assert said["watched"] == ["ADDED"]
    assert said["invalid"] == [422, "spec.size"]
    assert (said["dynamic"], said["applied"], said["pods by dynamic client"]) == (1, 3, ["p"])
    assert said["allowed"] is True
    assert said["server"].startswith("v1.")
    refused = {k: v for k, v in said["typed"].items() if not isinstance(v, int)}
    assert not refused, "an answer does not fit the typed models"
    assert all(said["typed"][kind] >= 1 for kind in ("nodes", "pods", "events", "deployments", "jobs", "crds", "namespaces"))


def test_kubernetes_asyncio(run: Callable[..., dict[str, Any]]) -> None:
    said = run(environment("kubernetes-asyncio==36.1.0") / "python", "asyncio_client.py")
    assert said == {"log": "started", "listed": ["p"], "labels": {"a": "b"}, "missing": 404, "exec": "hi\n", "left": 0}


def test_lightkube(run: Callable[..., dict[str, Any]]) -> None:
    said = run(environment("lightkube==1.0.1", "kr8s==0.20.15") / "python", "light.py")
    wanted = {"log": ["started"], "labels": {"a": "b"}, "listed": ["p"], "applied": {"a": "3"}, "conflict": 409, "left": []}
    assert said == wanted | {"widget": {"size": 2, "mode": "a"}}


def test_kr8s(run: Callable[..., dict[str, Any]]) -> None:
    said = run(environment("lightkube==1.0.1", "kr8s==0.20.15") / "python", "krates.py")
    assert said.pop("server").startswith("v1.")
    assert said == {"log": ["started"], "exec": "hi\n", "listed": ["p"], "patched": {"a": "2"}, "widgets": [], "left": []}
