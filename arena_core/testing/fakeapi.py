"""An API server that answers as a test tells it: canned objects, refusals, floods, connections that break; or what stands in between.

::

    with FakeApi() as api:
        api.script(Reply(503), Reply(200, {"kind": "List", "items": []}))
        api.cluster().get("/api/v1/pods")
        assert [request.path for request in api.requests] == ["/api/v1/pods", "/api/v1/pods"]
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from arena_core.kube.cluster import Cluster


@dataclass
class Request:
    """What a client asked. ``target`` is the path with its query as it was sent, ``headers["absolute"]`` what a proxy is asked for."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes = b""
    target: str = ""

    @property
    def body(self) -> Any:
        """The JSON that was sent, or None."""
        return json.loads(self.raw) if self.raw else None


@dataclass
class Reply:
    """What the server answers. ``body`` is JSON, text or bytes; ``lines`` makes a chunked stream in its place.

    ``reset`` cuts the connection after what was sent, ``hang`` keeps it open that long before the end, ``silent`` ends it without a word.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    lines: Iterable[bytes] | None = None
    reset: bool = False
    hang: float = 0.0
    silent: bool = False


class FakeApi:
    """The server. ``answer`` is asked for every reply; ``requests`` are those that came."""

    def __init__(self, answer: Callable[[Request], Reply] | None = None) -> None:
        self.answer = answer or (lambda request: Reply(404, "404 page not found\n"))
        self.requests: list[Request] = []
        self.port = 0
        self.scheme = "http"
        self.connections: set[socket.socket] = set()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def script(self, *replies: Reply | Callable[[Request], Reply]) -> None:
        """Answer one after the other; the last one for ever."""
        left = list(replies)

        def answer(request: Request) -> Reply:
            reply = left.pop(0) if len(left) > 1 else left[0]
            return reply(request) if callable(reply) else reply

        self.answer = answer

    def cluster(self, **more: Any) -> Cluster:
        """Return a connection to it; ``more`` are fields of the endpoint."""
        from arena_core.kube.cluster import Cluster
        from arena_core.kube.endpoint import Endpoint

        return Cluster(Endpoint(**{"server": self.url, **more}), context="fake", namespace="default", user_name="someone")

    def start(self, tls: ssl.SSLContext | None = None) -> Self:
        """Listen on a free port."""
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            # Each connection's thread shakes hands: one who never does would keep all others waiting, and the server from ending.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def cut(self) -> None:
        """Cut every connection that is open now."""
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening, and end the connections that are left."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self.cut()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that hang up are what such tests are about


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two packets: the second would wait 40 ms for the client to confirm the first

        def log_message(self, *args: Any) -> None:
            pass

        def setup(self) -> None:
            super().setup()
            api.connections.add(self.connection)

        def finish(self) -> None:
            api.connections.discard(self.connection)
            super().finish()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            query = {k: ",".join(v) for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
            raw = self.rfile.read(size) if size else b""
            request = Request(self.command, parts.path, query, dict(self.headers.items()), raw, self.path)
            if parts.scheme:
                request.headers["absolute"] = self.path
            api.requests.append(request)
            _send(self, api.answer(request))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    return Handler


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    if reply.silent:
        handler.close_connection = True
        return
    if reply.reset and reply.lines is None and reply.body is None:
        _reset(handler)
        return
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if reply.lines is None:
        text = reply.body if isinstance(reply.body, bytes | str) else json.dumps(reply.body)
        data = text.encode() if isinstance(text, str) else text
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
        return
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for line in reply.lines:
        handler.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        handler.wfile.flush()
    if reply.hang:
        threading.Event().wait(reply.hang)
    if reply.reset:
        _reset(handler)
    else:
        handler.wfile.write(b"0\r\n\r\n")


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with contextlib.suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)


def passed_on(request: Request, target: str) -> Reply:
    """Return what the API server at a URL answers: for a server that stands in between."""
    base = urlsplit(target)
    far = HTTPConnection(base.hostname or "", base.port or 80)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
    far.request(request.method, base.path + request.target, request.raw or None, headers)
    answer = far.getresponse()
    dropped = ("transfer-encoding", "connection", "date", "server", "content-length")
    kept = {name: value for name, value in answer.getheaders() if name.lower() not in dropped}
    if answer.getheader("Content-Length") is not None:
        return Reply(answer.status, answer.read(), kept)
    return Reply(answer.status, headers=kept, lines=iter(lambda: answer.read1(65536), b""))


def refusal(code: int, reason: str, message: str, details: Any = None) -> Reply:
    """Return a refusal as an API server words it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
    return Reply(code, {**body, "details": details or {}}, {"Content-Type": "application/json"})


def write_kubeconfig(path: Path, url: str, *, namespace: str = "default", token: str = "", user: str = "u", context: str = "c") -> str:
    """Write a kubeconfig for a server and return its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context, "user": user, "namespace": namespace}}],
        "clusters": [{"name": context, "cluster": {"server": url}}],
        "users": [{"name": user, "user": {"token": token} if token else {}}],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)
