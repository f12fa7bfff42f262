"""Standard input and live output of a running container, over a socket in its folder.

A client that connects gets frames (stream byte, four bytes of length, data) and sends frames: 0 input, 3 end of input,
4 a new size of the terminal (two times two bytes).
"""

# Plain strings as paths: between fork and exec nothing more than needed.
# ruff: noqa: PTH108, PTH110, PTH119, PTH120

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import termios

STREAMS = {"stdout": 1, "stderr": 2}


class AttachServer:
    """Serves clients from within the shim's poll loop."""

    def __init__(self, path: str, stdin: int, tty: bool, master: int) -> None:
        self._path = path
        self._stdin = stdin
        self._tty = tty
        self._master = master
        self._clients: dict[int, tuple[socket.socket, bytearray]] = {}
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            here = os.open(".", os.O_RDONLY)
            os.fchdir(folder)  # a socket's address holds 108 bytes only
            self._server.bind(os.path.basename(path))
            os.fchdir(here)
            os.close(here)
        finally:
            os.close(folder)
        self._server.listen(8)

    def register(self, poll: select.poll, known: set[int]) -> set[int]:
        """Make the poll object watch exactly the descriptors that are open now."""
        now = {self._server.fileno(), *self._clients}
        for fd in known - now:
            try:
                poll.unregister(fd)
            except (KeyError, OSError):
                continue
        for fd in now - known:
            poll.register(fd, select.POLLIN)
        return now

    def handle(self, fd: int) -> None:
        """Take a new client, or what one has sent."""
        if fd == self._server.fileno():
            client, _ = self._server.accept()
            self._clients[client.fileno()] = (client, bytearray())
            return
        if fd not in self._clients:
            return
        client, buffer = self._clients[fd]
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            client.close()
            del self._clients[fd]
            return
        buffer += data
        while len(buffer) >= 5:
            size = int.from_bytes(buffer[1:5], "big")
            if len(buffer) < 5 + size:
                return
            self._frame(buffer[0], bytes(buffer[5 : 5 + size]))
            del buffer[: 5 + size]

    def output(self, stream: str, data: bytes) -> None:
        """Send what the container has written to every client; one that does not read is dropped."""
        frame = bytes([STREAMS[stream]]) + len(data).to_bytes(4, "big") + data
        for fd, (client, _) in list(self._clients.items()):
            client.settimeout(2)
            try:
                client.sendall(frame)
            except OSError:
                client.close()
                del self._clients[fd]

    def close(self) -> None:
        """Let all clients go."""
        for client, _ in self._clients.values():
            client.close()
        self._server.close()
        if os.path.exists(self._path):
            os.unlink(self._path)

    def _frame(self, kind: int, data: bytes) -> None:
        try:
            if kind == 0 and self._stdin >= 0:
                os.write(self._stdin, data)
            elif kind == 3 and self._stdin >= 0:
                if self._tty:
                    os.write(self._stdin, b"\x04")
                else:
                    os.close(self._stdin)
                    self._stdin = -1
            elif kind == 4 and self._tty:
                width, height = struct.unpack(">HH", data)
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        except OSError:
            return
