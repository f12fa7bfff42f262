"""Exec and attach over a websocket (``v5.channel.k8s.io``, else ``v4``): as much of RFC 6455 as these need."""

from __future__ import annotations

import base64
import http.client
import json
import os
import struct
import threading
from collections.abc import Sequence
from typing import Any

from arena_core.errors import ClusterUnreachable
from arena_core.kube.refusals import refusal
from arena_core.kube.resources import PODS, path_of
from arena_core.kube.transport import Transport

STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10


class ExecSession:
    """A running exec or attach. One thread may read while another writes."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        # Kept, because a response that nobody holds closes what it reads from.
        self._response = response
        self._reader: Any = response.fp
        self._protocol = response.getheader("Sec-WebSocket-Protocol") or "v4.channel.k8s.io"
        self._lock = threading.Lock()
        self._status: dict[str, Any] | None = None

    @property
    def can_close_stdin(self) -> bool:
        """Whether the server lets us end standard input (v5 only)."""
        return self._protocol.startswith("v5")

    @property
    def exit_code(self) -> int | None:
        """The exit code of the command, or None while it runs or where the server did not tell."""
        if self._status is None:
            return None
        if self._status.get("status") == "Success":
            return 0
        for cause in (self._status.get("details") or {}).get("causes") or []:
            if cause.get("reason") == "ExitCode":
                return int(cause.get("message") or 1)
        return 1

    @property
    def message(self) -> str:
        """What the server says about the end of the command."""
        return str((self._status or {}).get("message") or "")

    def read(self) -> tuple[int, bytes] | None:
        """Return the next (channel, bytes) of standard output or error; None when the session has ended."""
        while True:
            frame = self._frame()
            if frame is None:
                return None
            kind, data = frame
            if kind == _CLOSE:
                return None
            if kind == _PING:
                self._send(_PONG, data)
            elif data and kind != _PONG:
                channel, payload = data[0], data[1:]
                if channel == STATUS:
                    self._status = json.loads(payload or b"{}")
                elif payload:
                    return channel, payload

    def write(self, data: bytes) -> None:
        """Send to standard input."""
        self._send(_BINARY, bytes([STDIN]) + data)

    def close_stdin(self) -> None:
        """End standard input, where the server can."""
        if self.can_close_stdin:
            self._send(_BINARY, bytes([CLOSE, STDIN]))

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its new size."""
        self._send(_BINARY, bytes([RESIZE]) + json.dumps({"Width": width, "Height": height}).encode())

    def close(self) -> None:
        """Leave; a command that still runs is told by its closed streams."""
        try:
            self._send(_CLOSE, struct.pack(">H", 1000))
        except OSError:
            pass
        self._connection.close()

    def _frame(self) -> tuple[int, bytes] | None:
        """Return opcode and payload of a whole message."""
        kind, message = 0, b""
        while True:
            head = self._exactly(2)
            if head is None:
                return None
            final, opcode, length = head[0] & 0x80, head[0] & 0x0F, head[1] & 0x7F
            if length >= 126:
                size = self._exactly(2 if length == 126 else 8)
                if size is None:
                    return None
                length = int.from_bytes(size, "big")
            payload = self._exactly(length)
            if payload is None:
                return None
            if opcode >= _CLOSE:
                return opcode, payload
            kind = opcode or kind
            message += payload
            if final:
                return kind, message

    def _exactly(self, size: int) -> bytes | None:
        try:
            data: bytes = self._reader.read(size) if size else b""
        except OSError:
            return None
        return data if len(data) == size else None

    def _send(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i & 3] for i, b in enumerate(payload))
        with self._lock:
            self._connection.sock.sendall(head + mask + masked)


def open_session(
    transport: Transport, namespace: str, pod: str, command: Sequence[str], *, container: str, stdin: bool, tty: bool, attach: bool
) -> ExecSession:
    """Start a command (or join the container's own streams) and return the session."""
    query = {
        "command": [] if attach else list(command),
        "container": container,
        "stdin": stdin,
        "stdout": True,
        "stderr": not tty,
        "tty": tty,
    }
    target = transport.target(path_of(PODS, namespace, pod, "attach" if attach else "exec"), query)
    connection, response = _upgrade(transport, target)
    if response.status != 101:
        body = response.read()
        connection.close()
        verb = "attach to" if attach else "exec in"
        raise refusal(response.status, body, verb=verb, resource=PODS, namespace=namespace, name=pod)
    return ExecSession(connection, response)


def _upgrade(transport: Transport, target: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = transport.wire.open(None)
    transport.requests += 1
    try:
        connection.putrequest("GET", target, skip_accept_encoding=True)
        for name, value in transport.headers():
            if name.lower() != "accept":  # a node answers 406 to an upgrade that accepts anything but */*
                connection.putheader(name, value)
        connection.putheader("Connection", "Upgrade")
        connection.putheader("Upgrade", "websocket")
        connection.putheader("Sec-WebSocket-Version", "13")
        connection.putheader("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode())
        connection.putheader("Sec-WebSocket-Protocol", "v5.channel.k8s.io, v4.channel.k8s.io")
        connection.endheaders()
        response = http.client.HTTPResponse(connection.sock, method="GET")
        # http.client treats 1xx as preliminary and would wait for another answer: read the head ourselves.
        _read_head(response)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise ClusterUnreachable(f"no session with the API server at {transport.endpoint.display}: {error}") from error
    return connection, response


def _read_head(response: http.client.HTTPResponse) -> None:
    version, status, reason = response._read_status()  # type: ignore[attr-defined]
    if status != 101:
        response._read_status = lambda: (version, status, reason)  # type: ignore[attr-defined]
        response.begin()
        return
    response.status = status
    response.headers = response.msg = http.client.parse_headers(response.fp)
