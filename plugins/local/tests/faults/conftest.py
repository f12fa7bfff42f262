from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_local.daemon.state import State
from arena_local.testing import LocalCluster, local_cluster

__all__ = ["local_cluster"]


@contextlib.contextmanager
def running(folder: Path, command: list[str], inside: str = "", **more: Any) -> Iterator[LocalCluster]:
    """A daemon started by a command of our own; ``inside`` is where its files are seen from here (another mount name space)."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    state = State(Path(inside.format(pid=process.pid) + str(folder)) if inside else folder)
    cluster = LocalCluster(state, "")
    try:
        cluster.until(lambda: process.poll() is not None or (state.folder / "daemon.json").exists(), 20, "the daemon")
        assert process.poll() is None, "the daemon has ended"
        daemon = state.daemon()
        assert daemon
        cluster.server = f"http://127.0.0.1:{daemon.port}/{state.token()}"
        yield cluster
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, 15)
        process.wait(20)


@pytest.fixture
def run() -> Any:
    return running
