from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from arena_local.context import Options
from arena_local.testing import LocalCluster

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[5] / "shared"))
HERE = Path(__file__).parent


def load_replay() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_replay", SHARED / "conformance" / "replay.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def process(*words: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    made = subprocess.Popen(
        [sys.executable, *words], env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield made
    finally:
        made.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            made.wait(15)
        made.kill()
        made.wait()


def wait_for(test: Any, seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, KeyError):
            found = test()
            if found:
                return found
        time.sleep(0.01)
    raise TimeoutError


@pytest.fixture(scope="session")
def replay() -> ModuleType:
    return load_replay()


@pytest.fixture(scope="session")
def api_server(replay: ModuleType) -> Iterator[Any]:
    """The API alone, in memory."""
    port = free_port()
    with process("-m", "arena_local.http", "--port", str(port), "--token", "secret", "--no-bundles"):
        server = replay.Server(f"http://127.0.0.1:{port}", token="secret")
        wait_for(lambda: server.http({"method": "GET", "path": "/healthz"})["status"] == 200)
        yield server


@pytest.fixture(scope="session")
def pod_server(replay: ModuleType) -> Iterator[Any]:
    """The whole cluster, but for the job types."""
    with LocalCluster.start(Options(operators=False)) as cluster:
        server, _, token = cluster.server.rpartition("/")
        yield replay.Server(server, token=token)


def install_crds(server: Any, scenario: dict[str, Any], fixtures: dict[str, Any]) -> None:
    """Create the CRDs that a scenario needs (the judge would wait three seconds after each)."""
    base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for name in scenario.get("needs", ()):
        if server.http({"method": "GET", "path": f"{base}/{name}"})["status"] == 200:
            continue
        plural, group = name.split(".", 1)
        crd = fixtures.get(name)
        if crd is None:
            file = next((SHARED / "crds").rglob(f"{group}_{plural}.yaml"))
            crd = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        headers = {"Content-Type": "application/json"}
        assert server.http({"method": "POST", "path": base, "headers": headers, "body": crd})["status"] == 201
        version = next(v["name"] for v in crd["spec"]["versions"] if v["served"])
        path = f"/apis/{group}/{version}/{plural}"
        wait_for(lambda path=path: server.http({"method": "GET", "path": path})["status"] == 200)
