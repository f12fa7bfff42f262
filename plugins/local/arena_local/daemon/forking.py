"""A process that has imported the daemon and forks one whenever it is asked: for tests, which start hundreds.

What is asked goes over a UNIX socket that is its standard input: one line of JSON, with the descriptors that ``control`` would have
handed to a new interpreter. It ends when that socket is closed, the daemons with whoever has asked for them.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import traceback
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from arena_local.daemon import control
from arena_local.daemon.owner import Lifeline
from arena_local.daemon.state import State
from arena_local.kubelet.shim.identity import start_ticks


class Forked:
    """A daemon that is nobody's child here: what ``control`` asks of one that it has started itself."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._start = start_ticks(pid)

    def poll(self) -> int | None:
        """Return None while it lives; its exit code is not known here."""
        return None if self._start and start_ticks(self.pid) == self._start else 1

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Nothing to wait for: whoever has forked it cleans up."""
        return 1


class Forker:
    """The side of whoever wants daemons; the process is started with the first."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._python: dict[str, str] = {}
        self._lifeline = Lifeline()
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, state: State, owner: int = -1) -> tuple[control.Child, int]:
        """Start a daemon as ``control`` does, by a fork where the interpreter would be the same.

        It ends when ``owner`` does, a descriptor; by default with this process.
        """
        owner = self._lifeline.end if owner < 0 else owner
        if self._socket is not None and _of_python() != self._python:
            return control.spawn(state, owner)
        with control.beginning(state) as (out, write, read):
            asked = {"folder": str(state.folder), "umask": _umask(), "environment": control.environment()}
            connected = self.begin()
            line = json.dumps(asked).encode() + b"\n"
            sent = socket.send_fds(connected, [line], [out, write, owner])
            connected.sendall(line[sent:])
            told, _ = _line(connected)
            if not told:
                raise OSError(errno.EPIPE, "it has ended", "the process that forks daemons")
            return Forked(int(told)), read

    def begin(self) -> socket.socket:
        """Start the process, unless it runs; returns what leads to it."""
        if self._socket is not None:
            return self._socket
        mine, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-X", "utf8", "-m", __spec__.name]
            self.process = subprocess.Popen(command, stdin=theirs.fileno(), stdout=-3, stderr=-3, start_new_session=True, cwd="/")
        self._socket, self._python = mine, _of_python()
        return mine

    def close(self) -> None:
        """Let the process end; the daemons stay as long as this one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _of_python() -> dict[str, str]:
    """Return what decides what an interpreter imports: a daemon for which it is another one is not forked."""
    return {key: value for key, value in os.environ.items() if key.startswith("PYTHON")}


def _umask() -> int:
    found = os.umask(0o077)
    os.umask(found)
    return found


def _line(connected: socket.socket) -> tuple[bytes, list[int]]:
    """Return the next line and the descriptors that came with it; an empty one where the other side is gone."""
    data, found = b"", []
    while not data.endswith(b"\n"):
        part, fds, _, _ = socket.recv_fds(connected, 65536, 3)
        found += fds
        if not part:
            return b"", found
        data += part
    return data, found


def main() -> None:
    """Import everything that a daemon needs, then fork one for each line; from the second on with what a new one serves made ahead.

    Who wants one cluster alone does not wait for what makes the next ones cheap.
    """
    from arena_local.context import Options
    from arena_local.daemon.tls import no_certificates
    from arena_local.kubelet.isolation import probe_early

    with no_certificates():
        from arena_local.daemon import serve
        from arena_local.daemon.served import Served
    for name in ("daemon.assemble", "http.serving", "controllers", "scheduler", "kubelet"):
        import_module(f"arena_local.{name}")
    probe_early(Options().names).result()  # of this kernel and this user, as it is for each of them
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stays()
    ahead, count = None, 0
    with socket.socket(fileno=os.dup(0)) as connected:
        while True:
            line, fds = _line(connected)
            if not line:
                return
            if count == 1:
                ahead = Served.ahead()
                _stays()
            count += 1
            pid = os.fork()
            if pid == 0:
                connected.close()
                _be_daemon(partial(serve.run, ahead=ahead), json.loads(line), *fds)
            for fd in fds:
                os.close(fd)
            connected.sendall(b"%d\n" % pid)


def _stays() -> None:
    """Take what there is out of the collector's sight: daemons share it as long as nobody walks it."""
    gc.collect()
    gc.freeze()


def _be_daemon(run: Any, asked: dict[str, Any], out: int, report: int, owner: int) -> None:
    """Be what a new interpreter would have become; never returns."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.umask(asked["umask"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd, target in ((nowhere, 0), (out, 1), (out, 2)):
            os.dup2(fd, target)
        for fd in (nowhere, out):
            os.close(fd)
        for fd in (report, owner):
            os.set_inheritable(fd, False)
        os.chdir(asked["folder"])
        code = run(State(Path(asked["folder"])), 0, report=report, owner=owner)
    except BaseException:
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
