"""A fault-injecting HTTP proxy between a client and an API server: real sockets, so that every fault is one on the wire.

    with FaultProxy(cluster.server) as proxy:
        proxy.add(faults.answer(503), path="/log$", times=1)     # the first opening of a log is refused
        proxy.add(faults.slow(100_000), path="/log$")            # after that logs come slowly
        client = ArenaClient(kubeconfig=str(proxy.kubeconfig(tmp_path)))

A fault is a callable that is given the ``Exchange`` and does what it likes with it; ``tests.faults.faults`` has those that are needed.
A rule says to which requests it applies: method, patterns of path and query, how many to leave alone first (``skip``) and how often
it strikes (``times``). The first rule that applies is played, and ``proxy.requests`` records what came, with the fault's name.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import urlsplit

#: Headers that concern one connection only.
_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer")


class Hangup(Exception):
    """The connection to the client is over: closed by a fault, or by the client."""


@dataclass
class Request:
    """One request as it came; ``fault`` is the name of what was played on it ("" = passed on as it is)."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    fault: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}{'?' + self.query if self.query else ''}"


class Exchange:
    """A request and the way to answer it. ``forward`` asks the real server; the rest writes to the client."""

    def __init__(self, request: Request, client: socket.socket, upstream: str, stopping: threading.Event) -> None:
        self.request = request
        self.client = client
        self.stopping = stopping
        self._upstream = urlsplit(upstream)
        self._far: http.client.HTTPConnection | None = None
        self._chunked = False
        #: Whether the client's connection may carry another request.
        self.keep = True

    def forward(self) -> http.client.HTTPResponse:
        """Send the request on and return the server's answer; its body is read by the caller."""
        far = self._far = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port or 80)
        headers = {k: v for k, v in self.request.headers.items() if k.lower() not in ("host", *_HOP)}
        query = f"?{self.request.query}" if self.request.query else ""
        far.request(self.request.method, self._upstream.path.rstrip("/") + self.request.path + query, self.request.body or None, headers)
        return far.getresponse()

    def head(
        self, status: int, headers: Mapping[str, str], *, version: str = "1.1", length: int | None = None, chunked: bool = True
    ) -> None:
        """Write the status line and the headers: with a length, in chunks, or (neither) up to the end of the connection."""
        lines = [f"HTTP/{version} {status} {http.client.responses.get(status, 'Odd')}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in _HOP or name.lower() == "connection"]
        self._chunked = chunked and length is None
        if length is not None:
            lines.append(f"Content-Length: {length}")
        elif self._chunked:
            lines.append("Transfer-Encoding: chunked")
        else:
            self.keep = False
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def body(self, data: bytes) -> None:
        """Write a piece of the body."""
        if data:
            self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n" if self._chunked else data)

    def end(self) -> None:
        """End the body as it should end."""
        if self._chunked:
            self.send(b"0\r\n\r\n")

    def pass_on(self, pieces: Callable[[Iterator[bytes]], Iterator[bytes]] = lambda body: body) -> None:
        """Forward, and answer what the server answers; ``pieces`` may change, slow down or break off the body."""
        if self.request.headers.get("Upgrade"):
            self.tunnel(pieces)
        answer = self.forward()
        length = answer.getheader("Content-Length")
        self.head(answer.status, dict(answer.getheaders()), length=int(length) if length is not None else None)
        for piece in pieces(body_of(answer)):
            self.body(piece)
        self.end()

    def reset(self) -> None:
        """End the connection with a reset, as a crashed server or a firewall does."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, whatever has been sent."""
        raise Hangup

    def pause(self, seconds: float) -> None:
        """Wait; ends early with the proxy, so that a silent server does not hold up a test's end."""
        if self.stopping.wait(seconds):
            raise Hangup

    def send(self, data: bytes) -> None:
        """Write raw bytes to the client."""
        try:
            self.client.sendall(data)
        except OSError as error:
            raise Hangup from error

    def tunnel(self, pieces: Callable[[Iterator[bytes]], Iterator[bytes]] = lambda body: body) -> NoReturn:
        """Carry an upgraded connection (exec, attach, port-forward) both ways until one side closes it.

        ``pieces`` changes what the server sends behind the head of its answer.
        """
        far = socket.create_connection((self._upstream.hostname or "", self._upstream.port or 80))
        query = f"?{self.request.query}" if self.request.query else ""
        lines = [f"{self.request.method} {self._upstream.path.rstrip('/')}{self.request.path}{query} HTTP/1.1"]
        far.sendall("\r\n".join([*lines, *(f"{k}: {v}" for k, v in self.request.headers.items()), "", ""]).encode("latin-1"))
        back = threading.Thread(target=_back, args=(far, self.client, pieces), daemon=True)
        back.start()
        _pump(self.client, far)
        back.join()
        far.close()
        raise Hangup

    def close(self) -> None:
        """End the connection to the server."""
        if self._far is not None:
            self._far.close()


#: What is played on an exchange.
Fault = Callable[[Exchange], None]


def body_of(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield a body as it comes."""
    while data := answer.read1(65536):
        yield data


def _back(far: socket.socket, client: socket.socket, pieces: Callable[[Iterator[bytes]], Iterator[bytes]]) -> None:
    """Carry what a server sends on an upgraded connection."""
    with contextlib.suppress(OSError, Hangup):
        head = b""
        while b"\r\n\r\n" not in head and (data := far.recv(65536)):
            head += data
        before, end, rest = head.partition(b"\r\n\r\n")
        client.sendall(before + end)
        for data in pieces(itertools.chain([rest] if rest else [], iter(lambda: far.recv(65536), b""))):
            client.sendall(data)
    for side in (client, far):
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_WR if side is client else socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@dataclass
class Rule:
    """When a fault is played."""

    fault: Fault
    name: str
    method: str = ""
    path: str = ""
    query: str = ""
    #: What else a request must be.
    match: Callable[[Request], bool] = lambda request: True
    #: How many matching requests are left alone first.
    skip: int = 0
    #: How often it is played; None = for ever.
    times: int | None = None
    #: How many requests have matched.
    seen: int = 0

    def applies(self, request: Request) -> bool:
        """Whether it is to be played on this request; counts those that match."""
        if self.method and self.method != request.method:
            return False
        if not re.search(self.path, request.path) or not re.search(self.query, request.query) or not self.match(request):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.seen <= self.skip + self.times)


@dataclass
class FaultProxy:
    """The proxy; use it as a context manager. ``requests`` holds what came through, in order."""

    upstream: str
    rules: list[Rule] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    port: int = 0

    def add(
        self,
        fault: Fault,
        *,
        method: str = "",
        path: str = "",
        query: str = "",
        match: Callable[[Request], bool] = lambda request: True,
        skip: int = 0,
        times: int | None = None,
    ) -> Rule:
        """Play a fault on the requests that match (patterns are searched for); earlier rules go first."""
        rule = Rule(fault, getattr(fault, "__name__", "fault"), method, path, query, match, skip, times)
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forget all rules and requests."""
        with self._lock:
            self.rules.clear()
            self.requests.clear()

    @property
    def url(self) -> str:
        """Where a client finds the proxy."""
        return f"http://127.0.0.1:{self.port}"

    def kubeconfig(self, folder: Path, *, namespace: str = "default", context: str = "faults") -> Path:
        """Write a kubeconfig that leads here and return its path."""
        path = folder / f"{context}.kubeconfig"
        config: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "contexts": [{"name": context, "context": {"cluster": context, "user": context, "namespace": namespace}}],
            "clusters": [{"name": context, "cluster": {"server": self.url}}],
            "users": [{"name": context, "user": {}}],
        }
        path.write_text(json.dumps(config))
        return path

    def cut(self) -> None:
        """Cut every connection that is open now."""
        with self._lock:
            open_now = list(self._open)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()

    def __enter__(self) -> FaultProxy:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="fault-proxy", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="fault-proxy-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(client)
        with contextlib.suppress(Hangup, OSError, http.client.HTTPException):
            while (request := _read(client)) is not None and self._answer(request, client):
                pass
        with self._lock:
            self._open.discard(client)
        client.close()

    def _answer(self, request: Request, client: socket.socket) -> bool:
        with self._lock:
            self.requests.append(request)
            rule = next((r for r in self.rules if r.applies(request)), None)
        exchange = Exchange(request, client, self.upstream, self._stopping)
        try:
            if rule is not None:
                request.fault = rule.name
                rule.fault(exchange)
            elif request.headers.get("Upgrade"):
                exchange.tunnel()
            else:
                exchange.pass_on()
        finally:
            exchange.close()
        return exchange.keep


def _head(client: socket.socket) -> bytes:
    """Return the next request's head and take nothing of what follows it (behind an upgrade's that is the tunnel's); empty at the end."""
    seen = 0
    while data := client.recv(65536, socket.MSG_PEEK):
        if (end := data.find(b"\r\n\r\n")) >= 0:
            return client.recv(end + 4)
        if len(data) == seen:
            time.sleep(0.005)  # the rest of it is on its way
        seen = len(data)
    return b""


def _read(client: socket.socket) -> Request | None:
    """Return the next request of a connection, None at its end."""
    head = _head(client)
    if not head:
        return None
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.title(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
    body = b""
    left = int(headers.get("Content-Length") or 0)
    while left > 0 and (data := client.recv(left)):
        body, left = body + data, left - len(data)
    parts = urlsplit(target)
    return Request(method, parts.path, parts.query, headers, body)
