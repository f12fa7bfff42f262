"""Starting, asking and stopping a daemon from another process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from arena_local.daemon.state import Daemon, State


class StartFailed(Exception):
    """The daemon did not become ready; the text is the last error of its log, in one line."""


def start(state: State, *, timeout: float = 20.0) -> tuple[Daemon, bool]:
    """Return the running daemon and whether it was started now. Two callers at once get the same one."""
    found = state.daemon()
    if found:
        return found, False
    with state.locked("start", wait=True):
        found = state.daemon()
        if found:
            return found, False
        child = _spawn(state)
        until = time.monotonic() + timeout
        pause = 0.01
        while time.monotonic() < until:
            found = state.daemon()
            if found:
                return found, True
            if child.poll() is not None:
                break
            time.sleep(pause)
            pause = min(pause * 1.3, 0.05)
        if child.poll() is None:
            child.kill()
            child.wait()
    raise StartFailed(_last_error(state.log) or "it gives no reason")


def _spawn(state: State) -> subprocess.Popen[bytes]:
    state.prepare()
    with state.private("daemon.out") as out:
        command = [sys.executable, "-X", "utf8", "-m", "arena_local.daemon", "--state", str(state.folder)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        return subprocess.Popen(command, stdin=-3, stdout=out, stderr=out, start_new_session=True, cwd=state.folder, env=environment)


def stop(state: State, *, timeout: float = 30.0) -> bool:
    """End the daemon and every pod's processes; returns whether there was one."""
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
