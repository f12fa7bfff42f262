"""A real MLflow server, where there is one: ``$ARENA_TEST_MLFLOW`` names its program, else it is looked for on the PATH."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Seconds until it answers: it makes its tables first.
PATIENCE = 110.0


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with an empty registry; CI must have one, elsewhere its absence is a skip."""
    program = os.environ.get("ARENA_TEST_MLFLOW") or shutil.which("mlflow")
    if not program:
        if os.environ.get("ARENA_TEST_NEEDS_MLFLOW"):
            pytest.fail("there is no mlflow, and ARENA_TEST_NEEDS_MLFLOW is set")
        pytest.skip("no mlflow: set ARENA_TEST_MLFLOW to the program of an installed MLflow (pip install mlflow)")
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [program, "server", "--backend-store-uri", f"sqlite:///{folder}/db.sqlite", "--host", "127.0.0.1", "--port", str(port)]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")} | quiet
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*words, "--workers", "1"], env=env, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _await(server, address, folder / "log")
        yield address
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def _await(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                if answer.read() == b"OK":
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    pytest.fail(f"MLflow does not answer: {log.read_text(errors='replace')[-3000:]}")
