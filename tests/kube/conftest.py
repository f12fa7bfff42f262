"""A small API server that answers as it is told: for what no healthy server does (resets, floods, half answers)."""

from __future__ import annotations

import importlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from arena_core.kube.cluster import Cluster
from arena_core.kube.endpoint import Endpoint


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass
class Reply:
    """``lines`` makes a chunked stream; ``reset`` cuts the connection after what was sent, ``hang`` keeps it open before the end."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    lines: list[bytes] | None = None
    reset: bool = False
    hang: float = 0.0


@dataclass
class FakeApi:
    answer: Callable[[Request], Reply] = lambda request: Reply(404, "404 page not found\n")
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def cluster(self, **more: Any) -> Cluster:
        endpoint = Endpoint(**{"server": self.url, **more})
        return Cluster(endpoint, context="fake", namespace="default", user_name="someone")

    def script(self, *replies: Reply | Callable[[Request], Reply]) -> None:
        """Answer one after the other; the last one for ever."""
        left = list(replies)

        def answer(request: Request) -> Reply:
            reply = left.pop(0) if len(left) > 1 else left[0]
            return reply(request) if callable(reply) else reply

        self.answer = answer


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(size) if size else b""
            query = {k: ",".join(v) for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            request = Request(self.command, parts.path, query, dict(self.headers.items()), json.loads(raw) if raw else None)
            if parts.scheme:
                request.headers["absolute"] = self.path
            api.requests.append(request)
            self._send(api.answer(request))

        def _send(self, reply: Reply) -> None:
            if reply.reset and reply.lines is None and reply.body is None:
                self._cut()
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.lines is None:
                data = reply.body if isinstance(reply.body, bytes) else _text(reply.body)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in reply.lines:
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.flush()
            if reply.hang:
                threading.Event().wait(reply.hang)
            if reply.reset:
                self._cut()
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _cut(self) -> None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    return Handler


def _text(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that hang up are what these tests are about


def serve(api: FakeApi, tls: ssl.SSLContext | None = None) -> _Server:
    server = _Server(("127.0.0.1", 0), _handler(api))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        api.scheme = "https"
    api.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def fake_api() -> Iterator[FakeApi]:
    api = FakeApi()
    server = serve(api)
    yield api
    server.shutdown()
    server.server_close()


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


class Certificates:
    """An authority and what it signs, made by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.crt"
        self._run(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
            "-days",
            "30",
            "-subj",
            "/CN=test authority",
        )

    def sign(self, name: str, *, days: str = "30", host: str = "IP:127.0.0.1", subject: str = "") -> tuple[Path, Path]:
        """Return (certificate, key); ``days="0"`` is over as soon as it is made."""
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={host}\n")
        self._run(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            subject or f"/CN={name}",
        )
        self._run(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-out",
            f"{name}.crt",
            "-days",
            days,
            "-extfile",
            f"{name}.ext",
        )
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_api() -> Iterator[Callable[..., FakeApi]]:
    servers = []

    def start(cert: Path, key: Path, client_ca: Path | None = None) -> FakeApi:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_ca)
        api = FakeApi()
        servers.append(serve(api, context))
        return api

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
