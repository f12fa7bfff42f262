"""Starting, asking and stopping a daemon from another process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from arena_local.context import Options
from arena_local.daemon.state import INSIDE_A_POD, Daemon, State


class Refused(Exception):
    """What a pod may not do to the cluster that it runs in."""


#: Seconds in which a daemon has to be ready.
PATIENCE = 60.0


class StartFailed(Exception):
    """The daemon did not become ready; the text is the reason that it told, in one line."""


@dataclass(frozen=True)
class Started:
    """What ``up`` has done: the daemon, the options of before and now, and whether it was started now."""

    daemon: Daemon
    before: Options
    after: Options
    started: bool


def start(state: State, *, timeout: float = PATIENCE, by: Spawn | None = None) -> tuple[Daemon, bool]:
    """Return the running daemon and whether it was started now (``by`` another way). Two callers at once get the same one."""
    found = state.daemon()
    if found:
        return found, False
    with state.changing():
        return _start(state, timeout, by)


def up(state: State, change: Callable[[Options], Options], *, timeout: float = PATIENCE) -> Started:
    """Start the cluster with changed options, or apply them to the running one; options that it does not start with are not kept."""
    _not_from_a_pod()
    with state.changing():
        before = state.options()
        after = change(before)
        running = state.daemon() is not None
        if after != before or not running:
            state.save_options(after)
        try:
            daemon, started = _start(state, timeout)
        except StartFailed:
            if after != before:
                state.save_options(before)
            raise
        if not started:  # also with equal options: what they make may have been deleted
            os.kill(daemon.pid, signal.SIGHUP)
        return Started(daemon, before, after, started)


def _not_from_a_pod() -> None:
    if INSIDE_A_POD:
        raise Refused("this is a pod of the local cluster: it can neither end nor change the cluster that it runs in")


def _start(state: State, timeout: float, by: Spawn | None = None) -> tuple[Daemon, bool]:
    found = state.daemon()
    if found:
        return found, False
    if INSIDE_A_POD:
        raise StartFailed(f"this is a pod of a local cluster, and none runs in {state.folder}: a pod starts no second one")
    child, report = (by or spawn)(state)
    try:
        until = time.monotonic() + timeout
        pause = 0.01
        while time.monotonic() < until:
            found = state.daemon()
            if found:
                return found, True
            if child.poll() is not None:
                raise StartFailed(_reported(report) or _last_error(state.log) or "it ended without a message")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.05)
        child.kill()
        child.wait()
        raise StartFailed(f"it was not ready after {timeout:g} s")
    finally:
        os.close(report)


class Child(Protocol):
    """A process that was started, as ``subprocess.Popen`` has it."""

    def poll(self) -> int | None:
        """Return None while it lives."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> int:
        """Wait for its end."""


#: Starts a daemon; returns it and the descriptor that hears why it could not start.
Spawn = Callable[[State], tuple[Child, int]]


def spawn(state: State, owner: int = -1) -> tuple[Child, int]:
    """Start a daemon in an interpreter of its own, which ends when ``owner`` does, where that is a descriptor."""
    with beginning(state) as (out, write, read):
        command = [sys.executable, "-X", "utf8", "-m", "arena_local.daemon", "--state", str(state.folder), "--report", str(write)]
        command += ["--owner", str(owner)]
        handed = [fd for fd in (write, owner) if fd >= 0]
        child = subprocess.Popen(
            command, stdin=-3, stdout=out, stderr=out, start_new_session=True, cwd=state.folder, env=environment(), pass_fds=handed
        )
        return child, read


def environment() -> dict[str, str]:
    """Return the environment of a daemon."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}


@contextlib.contextmanager
def beginning(state: State) -> Iterator[tuple[int, int, int]]:
    """Yield what a daemon writes to, what it reports to, and what hears the report, which alone stays open."""
    state.prepare()
    read, write = os.pipe()
    try:
        with state.private("daemon.out") as out:
            yield out.fileno(), write, read
    except OSError as error:
        os.close(read)
        raise StartFailed(f"{error.filename or sys.executable}: {error.strerror}") from None
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)


def _reported(fd: int) -> str:
    os.set_blocking(fd, False)
    with contextlib.suppress(BlockingIOError):
        return os.read(fd, 4096).decode(errors="replace").strip()
    return ""


def stop(state: State, *, timeout: float = 30.0) -> bool:
    """End the daemon and every pod's processes; returns whether there was one."""
    _not_from_a_pod()
    with state.changing():
        return _stop(state, timeout)


def reset(state: State) -> bool:
    """End the daemon and remove all that it stores; returns whether there was anything."""
    _not_from_a_pod()
    with state.changing():
        _stop(state, 30.0)
        return state.wipe()


def _stop(state: State, timeout: float) -> bool:
    found = state.daemon()
    if not found:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    until = time.monotonic() + timeout
    while found.alive and time.monotonic() < until:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(found.pid, os.WNOHANG)  # where it is our own child
        time.sleep(0.02)
    if found.alive:
        os.kill(found.pid, signal.SIGKILL)
    return True


def reload(state: State) -> bool:
    """Let a running daemon read its options again; returns whether there is one."""
    found = state.daemon()
    if found:
        os.kill(found.pid, signal.SIGHUP)
    return found is not None


def _last_error(path: Path, size: int = 20_000) -> str:
    lines: list[str] = []
    for one in (path, path.with_name("daemon.out")):
        with contextlib.suppress(OSError):
            lines += one.read_bytes()[-size:].decode(errors="replace").splitlines()
    said = [line for line in lines if line.strip() and not line[0].isspace()]
    errors = [line for line in said if re.match(r"[\w.]*(Error|Exception|Refusal)\b", line) or " ERROR " in line]
    return (errors or said or [""])[-1].strip()
