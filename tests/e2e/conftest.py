"""``arena`` as a user runs it: a subprocess in a shell, on a machine with an own home and the embedded cluster of the documentation."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena_local.daemon import control
from arena_local.daemon.state import State
from arena_local.testing import LocalCluster
from tests import planted

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass
class Machine:
    """A home, and what runs there."""

    home: Path
    env: dict[str, str]
    cwd: Path

    def sh(self, command: str, code: int = 0, cwd: Path | None = None, timeout: float = 60) -> str:
        """Run a command line as it is written; returns stdout and stderr together. Fails the test at another exit code."""
        done = subprocess.run(
            ["bash", "-c", command],
            env=self.env,
            cwd=cwd or self.cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        secret = self.home / "arena" / "local" / "token"
        if secret.exists() and "kubeconfig" not in command:
            planted.plant(secret.read_text().strip())
            planted.clean(done.stdout + done.stderr, command)
        assert done.returncode == code, f"{command}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def json(self, command: str) -> Any:
        """Return what a command prints on stdout as JSON."""
        done = subprocess.run(["bash", "-c", command], env=self.env, cwd=self.cwd, capture_output=True, text=True, timeout=60, check=True)
        return json.loads(done.stdout)

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the embedded cluster."""
        return self.home / "arena" / "local" / "kubeconfig"

    def api(self, path: str) -> Any:
        """Ask the API server itself."""
        import urllib.error
        import urllib.request

        server = yaml.safe_load(self.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
        try:
            with urllib.request.urlopen(server + path, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return {"code": error.code}

    def until(self, check: Callable[[], Any], what: str, timeout: float = 30) -> Any:
        """Wait until something is true, and return it."""
        end = time.monotonic() + timeout
        while not (found := check()):
            assert time.monotonic() < end, f"timed out waiting for {what}"
            time.sleep(0.1)
        return found

    def owned(self, name: str, namespace: str = "default") -> list[str]:
        """Return every object of the namespace whose name says that it belongs to a job."""
        collections = {
            "/api/v1": ["pods", "services", "configmaps", "secrets"],
            "/apis/kubeflow.org/v1": ["pytorchjobs", "tfjobs"],
            "/apis/batch.volcano.sh/v1alpha1": ["jobs"],
            "/apis/scheduling.volcano.sh/v1beta1": ["podgroups"],
            "/apis/workload.codeflare.dev/v1beta2": ["appwrappers"],
            "/apis/kueue.x-k8s.io/v1beta1": ["workloads"],
            "/apis/networking.k8s.io/v1": ["networkpolicies"],
            "/apis/apps/v1": ["deployments", "replicasets"],
        }
        found = []
        for root, plurals in collections.items():
            for plural in plurals:
                answer = self.api(f"{root}/namespaces/{namespace}/{plural}")
                assert "items" in answer, (root, plural, answer)
                found += [f"{plural}/{o['metadata']['name']}" for o in answer["items"] if name in o["metadata"]["name"]]
        return found


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """A machine where ``arena local up --gpus 8 --quota nvidia.com/gpu=8`` was typed; nothing is left afterwards.

    Its folder is not below pytest's own: the path of a UNIX socket holds 108 bytes only.
    """
    home = Path(tempfile.mkdtemp(prefix="arena-e2e-"))
    env = {k: v for k, v in os.environ.items() if k != "KUBECONFIG" and not k.startswith(("ARENA_", "PYTEST", "KUBERNETES_"))}
    env |= {"HOME": str(home), "ARENA_HOME": str(home / "arena"), "PATH": f"{BIN}:{env['PATH']}", "NO_COLOR": "1", "COLUMNS": "200"}
    cwd = home / "work"
    cwd.mkdir()
    made = Machine(home, env, cwd)
    try:
        made.sh("arena local up --gpus 8 --quota nvidia.com/gpu=8")
        yield made
    finally:
        control.stop(State(home / "arena" / "local"))
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def folder(machine: Machine, request: pytest.FixtureRequest) -> Path:
    """A folder of the test's own on the machine."""
    place = machine.home / f"dir-{abs(hash(request.node.nodeid)):x}"
    place.mkdir()
    return place


@pytest.fixture
def example(machine: Machine) -> Callable[[str], Path]:
    """Return what copies one of the examples to the machine."""

    def copy(name: str) -> Path:
        place = machine.home / "examples" / name
        if not place.exists():
            shutil.copytree(ROOT / "examples" / name, place)
        return place

    return copy


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with nothing in it but arena on the PATH; the local cluster ends with the test."""
    env = {k: v for k, v in os.environ.items() if k not in ("KUBECONFIG", "ARENA_CONFIG") and not k.startswith("PYTEST")}
    env |= {"HOME": str(tmp_path), "ARENA_HOME": str(tmp_path / "arena"), "PATH": f"{Path(sys.executable).parent}:{env['PATH']}"}
    yield env
    control.reset(State(tmp_path / "arena" / "local"))


@pytest.fixture
def somewhere(home: dict[str, str], local_cluster: LocalCluster, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who works in a namespace of a cluster that runs."""
    config = yaml.safe_load(local_cluster.kubeconfig.read_text())
    config["contexts"][0]["context"]["namespace"] = local_cluster.namespace("docs")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    return home | {"KUBECONFIG": str(kubeconfig)}
