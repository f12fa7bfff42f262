"""A browser for all tests of the page, and pages over a store that tests fill or over jobs of the local cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arena_core.client import ArenaClient
from arena_core.testing.fakeapi import write_kubeconfig
from arena_local.testing import LocalCluster
from tests.jobs.conftest import Gate
from tests.logview import chromium
from tests.logview.chromium import Browser, Tab


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium.need()
    made = Browser(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Return what opens a tab; at the end none has complained, or asked for anything but its own server."""
    made: list[tuple[str, Tab]] = []

    def opened(address: str, **size: object) -> Tab:
        made.append((address, browser.page(address, **size)))  # type: ignore[arg-type]
        return made[-1][1]

    yield opened
    for address, one in made:
        complaints, asked = one.complaints(), one.requested()
        one.close()
        assert not complaints
        own = address.partition("#")[0]
        assert asked and all(url.startswith((own, "data:")) for url in asked), asked


class Logview:
    """``arena logview`` as a process."""

    def __init__(self, cluster: LocalCluster, namespace: str, words: tuple[str, ...], home: Path) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA_", "KUBECONFIG"))} | {
            "ARENA_HOME": str(home),
            "HOME": str(home),
        }
        command = [sys.executable, "-c", "from arena_core.cli.start import start; start()", "logview", *words, "--no-open", "-n", namespace]
        self.process = subprocess.Popen(
            [*command, "--config", str(cluster.kubeconfig)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
        )
        assert self.process.stdout and self.process.stderr
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.process.stderr.read()

    def close(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(2)
        try:
            return self.process.wait(timeout=20)
        finally:
            self.process.kill()
            for stream in (self.process.stdout, self.process.stderr):
                stream.close()  # type: ignore[union-attr]


@pytest.fixture
def logview(local_cluster: LocalCluster, namespace: str, tmp_path: Path) -> Iterator[Callable[..., Logview]]:
    made: list[Logview] = []

    def start(*words: str) -> Logview:
        made.append(Logview(local_cluster, namespace, words, tmp_path))
        return made[-1]

    yield start
    for one in made:
        if one.process.poll() is None:
            one.close()


@pytest.fixture
def namespace(local_cluster: LocalCluster, request: pytest.FixtureRequest) -> str:
    return local_cluster.namespace(f"page-{abs(hash(request.node.nodeid)) % 10**8}-{os.getpid()}-{time.monotonic_ns() % 10**6}")


@pytest.fixture
def client(local_cluster: LocalCluster, namespace: str) -> Iterator[ArenaClient]:
    with ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=namespace) as made:
        yield made


@pytest.fixture
def gate(local_cluster: LocalCluster, tmp_path: Path) -> Iterator[Gate]:
    """Return what stands before the cluster and forbids; its kubeconfig leads there."""
    with Gate(local_cluster.server) as made:
        made.kubeconfig = write_kubeconfig(tmp_path / "bob", made.url)  # type: ignore[attr-defined]
        yield made
