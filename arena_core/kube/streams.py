"""Exec and attach over a websocket, in Kubernetes' protocol ``v5.channel.k8s.io``, with older servers ``v4``."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from arena_core.contract.errors import ArenaError, ClusterUnreachable
from arena_core.kube.frames import Broken, Frames
from arena_core.kube.http1 import Connection, Response
from arena_core.kube.nodes import node_silent
from arena_core.kube.refusals import refusal
from arena_core.kube.resources import PODS, path_of
from arena_core.kube.transport import Transport
from arena_core.kube.wire import BROKEN, unreachable
from arena_core.lazily import pattern

STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
#: How long the opening of a session may take.
OPEN_TIMEOUT = 30.0
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
_NO_PROGRAM = pattern(r"executable file not found|no such file or directory", re.IGNORECASE)
_NOT_EXECUTABLE = pattern(r"permission denied|exec format error|is a directory", re.IGNORECASE)


class ExecSession:
    """A running exec or attach. One thread may read while another writes."""

    def __init__(self, frames: Frames, protocol: str) -> None:
        self._frames = frames
        self._protocol = protocol
        self._status: dict[str, Any] | None = None
        #: How the connection broke, "" while it has not.
        self.broken = ""
        frames.start()

    @property
    def can_close_stdin(self) -> bool:
        """Whether the server lets us end standard input (v5 only)."""
        return self._protocol == V5

    @property
    def exit_code(self) -> int | None:
        """The exit code of the command, or None while it runs or where the server did not tell.

        A program that cannot be run has the code that a shell would give: 127 where there is none, 126 where it may not run.
        """
        if self._status is None:
            return None
        if self._status.get("status") == "Success":
            return 0
        code = self._told_code()
        if code is not None:
            return code
        if _NO_PROGRAM.search(self.message):
            return 127
        return 126 if _NOT_EXECUTABLE.search(self.message) else 1

    @property
    def not_started(self) -> bool:
        """Whether the command has failed before it ran: then ``message`` is all there is to be known."""
        return self._status is not None and self._status.get("status") != "Success" and self._told_code() is None

    @property
    def message(self) -> str:
        """What the server says about the end of the command."""
        return str((self._status or {}).get("message") or "")

    def _told_code(self) -> int | None:
        details = (self._status or {}).get("details")
        for cause in (details.get("causes") if isinstance(details, dict) else None) or []:
            if isinstance(cause, dict) and cause.get("reason") == "ExitCode" and str(cause.get("message")).isdecimal():
                return int(cause["message"])
        return None

    def read(self) -> tuple[int, bytes] | None:
        """Return the next (channel, bytes) of standard output or error; None when the session has ended."""
        while True:
            try:
                message = self._frames.read()
            except Broken as error:
                self.broken = "" if self._status is not None else str(error)
                return None
            if message is None:
                return None
            channel, payload = message.data[:1], message.data[1:]
            if channel == bytes([STATUS]):
                self._status = _status(payload)
            elif payload:
                return channel[0], payload

    def write(self, data: bytes) -> None:
        """Send to standard input."""
        self._frames.write(bytes([STDIN]) + data)

    def close_stdin(self) -> None:
        """End standard input, where the server can."""
        if self.can_close_stdin:
            self._frames.write(bytes([CLOSE, STDIN]))

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its new size."""
        self._frames.write(bytes([RESIZE]) + json.dumps({"Width": width, "Height": height}).encode())

    def close(self) -> None:
        """Leave; a command that still runs is told by its closed streams."""
        self._frames.close()


def _status(payload: bytes) -> dict[str, Any]:
    """Read the Status that ends a session; anything else is a failure in the server's own words."""
    try:
        status = json.loads(payload or b"{}")
    except ValueError:
        status = None
    if isinstance(status, dict):
        return status
    return {"status": "Failure", "message": payload[:500].decode("utf-8", "replace")}


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
    subresource, verb = ("attach", "attach to") if attach else ("exec", "exec in")
    connection, protocol = upgraded(transport, namespace, pod, subresource, query, (V5, V4), verb)
    return ExecSession(Frames(connection), protocol)


def upgraded(
    transport: Transport, namespace: str, pod: str, subresource: str, query: Mapping[str, Any], protocols: Sequence[str], verb: str
) -> tuple[Connection, str]:
    """Open a websocket to a subresource of a pod; returns the connection and which of the protocols the server has chosen."""
    target = transport.target(path_of(PODS, namespace, pod, subresource), query)
    connection = transport.wire.open(OPEN_TIMEOUT)
    try:
        response = _upgrade(transport, connection, target, protocols)
        if response.status != 101:
            raise _refused(response, verb, namespace, pod)
        protocol = response.headers.get("sec-websocket-protocol", "")
        if protocol not in protocols:
            raise ClusterUnreachable(f"{transport.endpoint.display} speaks no protocol for this that we know: {protocol or 'none'}")
        return connection, protocol
    except BROKEN as error:
        connection.close()
        raise unreachable(error, transport.endpoint) from error
    except ArenaError:
        connection.close()
        raise


def _refused(response: Response, verb: str, namespace: str, pod: str) -> ArenaError:
    body = b""
    while len(body) < 1 << 20 and (piece := response.read()):
        body += piece
    return node_silent(response.status, body, pod) or refusal(
        response.status, body, verb=verb, resource=PODS, namespace=namespace, name=pod
    )


def _upgrade(transport: Transport, connection: Connection, target: str, protocols: Sequence[str]) -> Response:
    transport.pool.requests += 1
    # The API server answers an upgrade that accepts JSON with 406.
    headers = [(name, value) for name, value in transport.headers() if name.lower() != "accept"]
    headers += [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
        ("Sec-WebSocket-Protocol", ", ".join(protocols)),
    ]
    return connection.ask("GET", target, headers)
