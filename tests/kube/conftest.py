"""Servers that do what no healthy one does (resets, floods, half answers), quick retries, and certificates."""

from __future__ import annotations

import contextlib
import importlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arena_core.testing.fakeapi import FakeApi, Reply


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def fake_api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def listening() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Make a port of this machine where each connection is handled by a function, in a thread of its own; returns its number."""
    servers: list[socket.socket] = []

    def start(act: Callable[[socket.socket], None]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def one(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                act(client)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def quick_and_clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No waiting between tries, and nothing of the machine's own configuration."""
    quick = (0.01, 0.01, 0.01, 0.01)
    # All of them are imported before one is changed: they take the value from each other.
    modules = [importlib.import_module(f"arena_core.kube.{name}") for name in ("watch", "logs", "logfollow", "retry")]
    for module in modules:
        monkeypatch.setattr(module, "DELAYS", quick)
    for name in (
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "https_proxy",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / "arena"))


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Certificates:
    """An authority and what it signs, made by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.crt"
        self._run("req", "-x509", *NEW_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", "30", "-subj", "/CN=test authority")

    def sign(self, name: str, *, days: str = "30", host: str = "IP:127.0.0.1", subject: str = "") -> tuple[Path, Path]:
        """Return (certificate, key); ``days="0"`` is over as soon as it is made."""
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={host}\n")
        self._run("req", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject or f"/CN={name}")
        signed_by = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
        self._run(
            *("x509", "-req", "-in", f"{name}.csr", *signed_by),
            *("-out", f"{name}.crt", "-days", days, "-extfile", f"{name}.ext"),
        )
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_api() -> Iterator[Callable[..., FakeApi]]:
    servers: list[FakeApi] = []

    def start(cert: Path, key: Path, client_ca: Path | None = None) -> FakeApi:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        servers.append(FakeApi().start(context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
