"""Messages of a websocket that is open already; frames, masks and fragments are websocket-client's."""

from __future__ import annotations

import socket
import threading
from typing import NamedTuple

from websocket import ABNF, WebSocketException
from websocket._abnf import continuous_frame, frame_buffer

from arena_core.kube.http1 import Connection

#: Seconds between pings: a balancer cuts connections that are quiet for a minute.
PING_EVERY = 15.0
#: After so many seconds without a frame, not even the answer to a ping, the other side is gone.
DEAD_AFTER = 61.0


class Broken(Exception):
    """The connection ended without a word of goodbye, or what came was no websocket frame."""


class Message(NamedTuple):
    """A whole message."""

    binary: bool
    data: bytes


class Frames:
    """One thread may read while others write. ``start`` keeps the connection alive with pings."""

    def __init__(self, connection: Connection) -> None:
        # What has come with the answer's head is in its buffer.
        self._connection = connection
        self._sock = connection.sock
        self._frames = frame_buffer(self._receive, skip_utf8_validation=True)
        self._whole = continuous_frame(fire_cont_frame=False, skip_utf8_validation=True)
        self._lock = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        """Begin to ping, and to take a long silence for the end."""
        self._sock.settimeout(DEAD_AFTER)
        threading.Thread(target=self._ping, name="arena-ping", daemon=True).start()

    def read(self) -> Message | None:
        """Return the next message, None when the other side has closed the session; raises ``Broken``."""
        while True:
            try:
                frame = self._frames.recv_frame()
                if frame.opcode == ABNF.OPCODE_CLOSE:
                    return None
                if frame.opcode == ABNF.OPCODE_PING:
                    self._send(frame.data, ABNF.OPCODE_PONG)
                if frame.opcode in (ABNF.OPCODE_PING, ABNF.OPCODE_PONG):
                    continue
                self._whole.validate(frame)
                self._whole.add(frame)
                if self._whole.is_fire(frame):
                    opcode, whole = self._whole.extract(frame)
                    return Message(opcode == ABNF.OPCODE_BINARY, bytes(whole.data))
            except TimeoutError as error:
                raise Broken(f"nothing came for {DEAD_AFTER:g} seconds, not even an answer to a ping") from error
            except (OSError, ValueError, WebSocketException) as error:
                raise Broken(str(error) or type(error).__name__) from error

    def write(self, data: bytes) -> None:
        """Send a message; raises OSError when the connection is gone."""
        self._send(data, ABNF.OPCODE_BINARY)

    def close(self) -> None:
        """Say goodbye and close; the other side may have gone already."""
        self._over.set()
        try:
            self._send((1000).to_bytes(2, "big"), ABNF.OPCODE_CLOSE)
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._connection.close()

    def _send(self, data: bytes | str, opcode: int) -> None:
        frame = ABNF.create_frame(data, opcode).format()
        with self._lock:
            self._sock.sendall(frame)

    def _receive(self, size: int) -> bytes:
        data = self._connection.receive(size)
        if not data:
            raise Broken("the connection was closed")
        return data

    def _ping(self) -> None:
        while not self._over.wait(PING_EVERY):
            try:
                self._send(b"", ABNF.OPCODE_PING)
            except OSError:
                return
