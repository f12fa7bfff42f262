"""Starts, finds again and ends containers: the kubelet's side of the shim."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from arena_local.access import MARKER
from arena_local.files import read_json
from arena_local.kubelet.isolation import SHIM
from arena_local.kubelet.model import LOST, Run
from arena_local.kubelet.shim.identity import boot_id, start_ticks
from arena_local.sdk.clock import Clock


class NotStarted(Exception):
    """Nothing was started, because this machine lacks something (room on the disk, descriptors); it may be tried again."""


class Runtime:
    """Talks to the fork server; one object per daemon."""

    def __init__(self, log: Path, clock: Clock) -> None:
        self.clock = clock
        self._log = log
        self._zygote: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Start the fork server."""
        ours, theirs = socket.socketpair()
        with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab") as out:
            command = [sys.executable, "-I", "-S", str(SHIM / "zygote.py"), str(theirs.fileno())]
            self._zygote = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=-3, stdout=out, stderr=out, start_new_session=True)
        theirs.close()
        self._socket = ours

    def stop(self) -> None:
        """Let the fork server go; containers stay."""
        if self._socket:
            self._socket.close()
        if self._zygote:
            try:
                self._zygote.wait(2)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
        self._socket = self._zygote = None

    def send(self, request: dict[str, Any], fds: list[int]) -> None:
        """Hand over a request; a fork server that died is replaced."""
        data = json.dumps(request).encode()
        for attempt in (1, 2):
            if self._socket is None or self._zygote is None or self._zygote.poll() is not None:
                self.stop()
                self.start()
            assert self._socket is not None
            try:
                socket.send_fds(self._socket, [len(data).to_bytes(4, "big")], fds)
                self._socket.sendall(data)
            except OSError:
                self.stop()
                if attempt == 2:
                    raise
            else:
                return

    def launch(self, run: Run, on_end: Callable[[], None]) -> asyncio.Future[None]:
        """Start the container of ``run.spec``; what is returned is done when it runs or has failed to.

        It holds ``NotStarted`` or ``OSError`` where the machine has no room for it. ``on_end`` is called once, when it has ended.
        """
        try:
            return self._launch(run, on_end)
        except OSError as error:
            failed = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed

    def _launch(self, run: Run, on_end: Callable[[], None]) -> asyncio.Future[None]:
        path = _write_spec(run)
        read, write = os.pipe()
        try:
            self.send({"op": "run", "spec": str(path)}, [write])
        except OSError:
            os.close(read)
            raise
        finally:
            os.close(write)
        return _Watch(run, read, on_end, self.clock).begun

    def adopt(self, run: Run, on_end: Callable[[], None]) -> bool:
        """Find a run of an earlier daemon again. Returns whether it still runs; else its end has been filled in."""
        if _read_exit(run, self.clock):
            return False
        state = read_json(Path(run.spec["state"]))
        if not state:
            _lose(run, "", self.clock)
            return False
        run.pid, run.start, run.started = state["pid"], state["start"], state["startedAt"]
        run.shim, run.shim_start = state["shim"], state["shimStart"]
        same_boot = state["boot"] == boot_id()
        if same_boot and alive(run.shim, run.shim_start):
            asyncio.get_running_loop().create_task(self._follow(run, on_end))
            return True
        if not _read_exit(run, self.clock):
            if same_boot:
                end_process(run, signal.SIGKILL)
            _lose(run, "" if same_boot else "the machine was restarted", self.clock)
        return False

    async def _follow(self, run: Run, on_end: Callable[[], None]) -> None:
        while alive(run.shim, run.shim_start):  # noqa: ASYNC110 - nobody tells: the shim is no child of ours
            await asyncio.sleep(0.1)
        if not _read_exit(run, self.clock):
            end_process(run, signal.SIGKILL)
            _lose(run, "the process that watched this container was killed", self.clock)
        on_end()


def _write_spec(run: Run) -> Path:
    path = Path(run.spec["spec"])
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(run.spec, out)
    return path


class _Watch:
    """Hears of one container's start and end through a pipe that its shim holds."""

    def __init__(self, run: Run, fd: int, on_end: Callable[[], None], clock: Clock) -> None:
        self._run = run
        self._clock = clock
        self._fd = fd
        self._on_end = on_end
        self._rest = b""
        self._refused: NotStarted | None = None
        self._loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(fd, self._readable)

    def _readable(self) -> None:
        data = os.read(self._fd, 65536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        ended = not data
        for line in lines:
            word, _, facts = line.partition(b" ")
            ended |= self._hear(word.decode(), json.loads(facts))
        if ended:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            if self._refused is None:
                self._over()
            self._begin()
            if self._refused is None:
                self._on_end()

    def _hear(self, word: str, facts: dict[str, Any]) -> bool:
        """Take what the shim tells; returns whether it was its last word."""
        run = self._run
        if word == "started":
            run.pid, run.start, run.started = facts["pid"], facts["start"], self._clock.cluster_time(facts["startedAt"])
            run.shim, run.shim_start = facts["shim"], facts["shimStart"]
            self._begin()
        elif word == "ended":
            _take_exit(run, facts, self._clock)
        elif word == "refused":
            self._refused = NotStarted(facts["message"])
        return word != "started"

    def _over(self) -> None:
        """Fill in the end: as it was told, as it was written, or as a loss."""
        run = self._run
        if run.running and not _read_exit(run, self._clock):
            if run.pid:
                end_process(run, signal.SIGKILL)
            text = "the process that watched this container was killed" if run.pid else "the container could not be started"
            _lose(run, text, self._clock)

    def _begin(self) -> None:
        if self.begun.done():
            return
        if self._refused is not None:
            self.begun.set_exception(self._refused)
        else:
            self.begun.set_result(None)


def _read_exit(run: Run, clock: Clock) -> bool:
    result = read_json(Path(run.spec["exit"]))
    if result:
        _take_exit(run, result, clock)
    return bool(result)


def _take_exit(run: Run, result: dict[str, Any], clock: Clock) -> None:
    run.exit_code = result["exitCode"]
    run.reason = result.get("reason") or ("Completed" if run.exit_code == 0 else "Error")
    run.message = result.get("message", "")
    run.started = run.started or clock.cluster_time(result["startedAt"])
    run.finished = clock.cluster_time(result["finishedAt"])


def _lose(run: Run, message: str, clock: Clock) -> None:
    from arena_local.kubelet.shim.loglines import stamp

    run.exit_code, run.reason = LOST
    run.message = message
    run.finished = clock.cluster_time(stamp())
    run.started = run.started or run.finished


def alive(pid: int, start: str) -> bool:
    """Whether this very process still runs: pid and start time agree."""
    return pid > 0 and bool(start) and start_ticks(pid) == start


def end_process(run: Run, sig: int) -> None:
    """Signal a container: its group for a polite signal, and everything that carries the pod's marker for a KILL."""
    if not alive(run.pid, run.start):
        return
    with contextlib.suppress(OSError):
        if run.spec.get("namespaces", {}).get("pid"):
            os.kill(run.pid, sig)
        else:
            os.killpg(run.pid, sig)


def marked(uid: str, container: str = "") -> Iterator[int]:
    """Find the processes of a pod (or of one of its containers) by their environment, also those that left their group."""
    wanted = [f"{MARKER}={uid}".encode()] + ([f"ARENA_CONTAINER={container}".encode()] if container else [])
    for pid, environ in _environments():
        if all(w in environ for w in wanted):
            yield pid


def _environments() -> Iterator[tuple[int, list[bytes]]]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                yield int(entry.name), Path(entry.path, "environ").read_bytes().split(b"\0")
            except OSError:
                continue


def sweep(uid: str, container: str = "") -> None:
    """Kill what is left of a pod."""
    if sys.platform == "linux":
        _kill(marked(uid, container))


def sweep_all(uids: Iterable[str]) -> None:
    """Kill what is left of many pods, looking at every process once."""
    wanted = {f"{MARKER}={uid}".encode() for uid in uids}
    if sys.platform == "linux" and wanted:
        _kill(pid for pid, environ in _environments() if not wanted.isdisjoint(environ))


def _kill(pids: Iterable[int]) -> None:
    for pid in list(pids):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
