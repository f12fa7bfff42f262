"""Exec and attach: processes and streams behind the API's websockets."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios
from collections.abc import AsyncIterator, Sequence
from pathlib import PurePath

from arena_local.kubelet.model import Run
from arena_local.kubelet.runtime import Runtime
from arena_local.sdk.bundle import ApiError

STDOUT, STDERR = 1, 2


class _Pipe:
    """A descriptor read by the event loop into a queue of (channel, bytes)."""

    def __init__(self, fd: int, channel: int, queue: asyncio.Queue[tuple[int, bytes]]) -> None:
        self.fd = fd
        self._channel = channel
        self._queue = queue
        self._loop = asyncio.get_running_loop()
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self.fd, 32768)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # the other side of a terminal has gone
        if not data:
            self.close()
        self._queue.put_nowait((self._channel, data))
        if self._queue.qsize() > 64 and data:
            self._loop.remove_reader(self.fd)
            self._loop.call_later(0.02, self._resume)

    def _resume(self) -> None:
        if self.fd >= 0:
            self._loop.add_reader(self.fd, self._readable)

    def close(self) -> None:
        """Stop reading."""
        if self.fd >= 0:
            self._loop.remove_reader(self.fd)
            os.close(self.fd)
            self.fd = -1


class ExecSession:
    """A process started beside a container's."""

    def __init__(self, runtime: Runtime, run: Run, command: Sequence[str], *, stdin: bool, tty: bool) -> None:
        self._queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._result = bytearray()
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._master = -1
        self._pid = 0
        self.error = ""
        result_read, result_write = os.pipe()
        if tty:
            self._master, slave = os.openpty()
            self.resize(80, 24)
            passed, ours = [slave, slave, slave], [(os.dup(self._master), STDOUT)]
            self._stdin = os.dup(self._master)
        else:
            source, self._stdin = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), -1)
            out, err = os.pipe(), os.pipe()
            passed, ours = [source, out[1], err[1]], [(out[0], STDOUT), (err[0], STDERR)]
        env = run.spec["env"] | ({"TERM": "xterm"} if tty else {})
        spec = {"argv": list(command), "env": env, "cwd": run.spec["cwd"], "makeCwd": False, "tty": tty}
        try:
            runtime.send({"op": "exec", "pid": run.pid, "namespaces": run.spec.get("namespaces"), "spec": spec}, [*passed, result_write])
        finally:
            for fd in {*passed, result_write}:
                os.close(fd)
        self._tty = tty
        self._open = len(ours)
        self._pipes = [_Pipe(fd, channel, self._queue) for fd, channel in ours]
        self._result_fd = result_read
        asyncio.get_running_loop().add_reader(result_read, self._news)

    def _news(self) -> None:
        data = os.read(self._result_fd, 65536)
        self._result += data
        text = bytes(self._result).decode(errors="replace")
        if text.startswith("pid ") and "\n" in text:
            self._pid = int(text.split()[1])
        if "exit " in text or not data:
            asyncio.get_running_loop().remove_reader(self._result_fd)
            os.close(self._result_fd)
            code, _, self.error = text.partition("exit ")[2].strip().partition(" ")
            if not self._code.done():
                self._code.set_result(int(code) if code.isdigit() else 137)

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield (channel, bytes) until both streams are closed."""
        while self._open:
            channel, data = await self._queue.get()
            if not data:
                self._open -= 1
                continue
            yield channel, data
        if self.error and await self._code:
            yield STDERR, b""

    async def write(self, data: bytes) -> None:
        """Send to standard input."""
        view = memoryview(data)
        while view and self._stdin >= 0:
            os.set_blocking(self._stdin, False)
            try:
                view = view[os.write(self._stdin, view) :]
            except BlockingIOError:
                await asyncio.sleep(0.01)
            except OSError:
                return

    async def close_stdin(self) -> None:
        """Close standard input."""
        if self._stdin < 0:
            return
        if self._tty:
            await self.write(b"\x04")
            return
        os.close(self._stdin)
        self._stdin = -1

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its new size."""
        if self._master >= 0:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    async def wait(self) -> int:
        """Return the exit code; a command that could not be started raises ``ApiError``."""
        code = await asyncio.shield(self._code)
        self._release()
        if self.error:
            text = f'error executing command in container: failed to exec in container: failed to start exec "local": {self.error}'
            raise ApiError(500, "InternalError", f"Internal error occurred: {text}", {"exitCode": code})
        return code

    async def kill(self) -> None:
        """End the process because the client has left."""
        for _ in range(100):
            if self._pid or self._code.done():
                break
            await asyncio.sleep(0.02)  # it is just being started
        if self._pid and not self._code.done():
            for end in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    end(self._pid, signal.SIGKILL)
        self._release()

    def _release(self) -> None:
        for fd in (self._stdin, self._master):
            if fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(fd)
        self._stdin = self._master = -1


class AttachSession:
    """A container's own streams, through the socket of its shim."""

    def __init__(self, run: Run, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._run = run
        self._reader = reader
        self._writer = writer

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield (channel, bytes) until the container has ended."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await self._reader.readexactly(5)
                yield head[0], await self._reader.readexactly(int.from_bytes(head[1:], "big"))

    async def write(self, data: bytes) -> None:
        """Send to standard input."""
        await self._frame(0, data)

    async def close_stdin(self) -> None:
        """Close standard input."""
        await self._frame(3, b"")

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its new size."""
        self._writer.write(bytes([4]) + (4).to_bytes(4, "big") + struct.pack(">HH", width, height))

    async def wait(self) -> int:
        """Return 0 when the streams are over: attaching has no exit code of its own."""
        while self._run.running:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return 0

    async def kill(self) -> None:
        """Let the streams go; the container stays."""
        self._writer.close()

    async def _frame(self, kind: int, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self._writer.write(bytes([kind]) + len(data).to_bytes(4, "big") + data)
            await self._writer.drain()


class FollowSession:
    """Attach to a container without standard input: what it writes from now on."""

    def __init__(self, run: Run, lines: AsyncIterator[bytes]) -> None:
        self._run = run
        self._lines = lines

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield the log's text."""
        async for data in self._lines:
            yield STDOUT, data

    async def write(self, data: bytes) -> None:
        """Drop it: the container has no standard input."""

    async def close_stdin(self) -> None:
        """Do nothing."""

    def resize(self, width: int, height: int) -> None:
        """Do nothing: there is no terminal."""

    async def wait(self) -> int:
        """Return 0 when the container has ended."""
        while self._run.running:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return 0

    async def kill(self) -> None:
        """Do nothing: the container stays."""


async def attach(run: Run, log_lines: AsyncIterator[bytes]) -> AttachSession | FollowSession:
    """Join a container's streams."""
    if run.spec.get("stdin") or run.spec.get("tty"):
        path = run.spec["attach"]
        place = PurePath(path)
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            short = f"/proc/self/fd/{folder}/{place.name}" if len(path) > 100 else path
            reader, writer = await asyncio.open_unix_connection(short)
        finally:
            os.close(folder)
        return AttachSession(run, reader, writer)
    return FollowSession(run, log_lines)
