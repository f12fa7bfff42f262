"""The shim: starts one container, owns its log and its exit file, and ends with it."""

# Plain strings as paths: between fork and exec nothing more than needed.
# ruff: noqa: PTH105, PTH110, PTH112, PTH113, PTH118

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path
from typing import Any

from arena_local.kubelet.shim import processes as p
from arena_local.kubelet.shim.attach import AttachServer
from arena_local.kubelet.shim.identity import boot_id, start_ticks
from arena_local.kubelet.shim.loglines import KEEP, ROTATE_BYTES, LogFile, stamp
from arena_local.kubelet.shim.sandbox import Sandbox, working_directory

#: How long output is still read after the container has ended, while a grandchild holds the pipe.
DRAIN_SECONDS = 1.0
#: Size of the file with the exit code; messages of a start that failed are cut to fit.
EXIT_BYTES = 4096
#: What a runtime says where the command itself cannot be started.
START_ERROR = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: {}: unknown"
)


def reserve(path: str) -> None:
    """Make a file that has room for the exit code, so that a disk that fills up meanwhile cannot swallow it."""
    Path(path).write_bytes(b" " * EXIT_BYTES)


def fill(path: str, value: Any) -> None:
    """Write into the room that was kept."""
    data = json.dumps(value).encode()
    with open(path, "r+b" if os.path.exists(path) else "wb", buffering=0) as out:
        out.write(data.ljust(EXIT_BYTES))


class StartError(Exception):
    """The command could not be started."""


def run(request: dict[str, Any], fds: list[int]) -> int:
    """Run the container described by the file ``spec``; ``fds[0]`` hears of start and end. Returns the shim's own exit code."""
    spec = json.loads(Path(request["spec"]).read_text())
    notify = fds[0] if fds else -1
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    p.subreaper()
    try:
        container = Container(spec, notify)
    except OSError as error:
        tell(notify, "refused", _told(error))
        return 1
    container.run()
    return 0


def tell(fd: int, word: str, facts: dict[str, Any]) -> bool:
    """Tell the kubelet; returns whether it is there."""
    try:
        return fd >= 0 and os.write(fd, f"{word} {json.dumps(facts)}\n".encode()) > 0
    except OSError:
        return False


def _told(error: OSError) -> dict[str, Any]:
    return {"message": f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)}


class Container:
    """One run of a container."""

    def __init__(self, spec: dict[str, Any], notify: int) -> None:
        self._spec = spec
        self._notify = notify
        self._log = LogFile(Path(spec["log"]), spec.get("rotate", ROTATE_BYTES), spec.get("keep", KEEP))
        self._started = ""
        self._pid = 0
        self._status: int | None = None
        self._attach: AttachServer | None = None

    def run(self) -> None:
        """Start, pump output until the end, write the exit file."""
        spec = self._spec
        tty = bool(spec.get("tty"))
        try:
            self._make_room()
            streams = self._pipes(tty)
            self._start(streams, tty)
        except StartError as error:
            text = str(error)[: EXIT_BYTES // 2]
            self._end({"exitCode": 128, "reason": "StartError", "message": text, "startedAt": "", "finishedAt": stamp()})
            return
        except OSError as error:
            self._log.close()
            self._tell("refused", _told(error))
            return
        state = self._state()
        fill(spec["state"], state)
        self._tell("started", state)
        if spec.get("stdin") or tty:
            self._attach = AttachServer(spec["attach"], streams["stdin"], tty, streams["master"])
        self._pump(streams)
        status = self._status if self._status is not None else 0
        code = os.waitstatus_to_exitcode(status)
        self._end({"exitCode": code if code >= 0 else 128 - code, "startedAt": self._started, "finishedAt": stamp()})

    def _make_room(self) -> None:
        """Keep room for everything that must be written later: a container whose end could be lost is not started."""
        self._log.reserve()
        reserve(self._spec["exit"])
        reserve(self._spec["state"])

    def _state(self) -> dict[str, Any]:
        own = os.getpid()
        times = {"start": start_ticks(self._pid), "shimStart": start_ticks(own), "startedAt": self._started}
        return {"pid": self._pid, "shim": own, "boot": boot_id()} | times

    def _end(self, result: dict[str, Any]) -> None:
        self._log.close()
        try:
            fill(self._spec["exit"], result)
        except OSError as error:
            sys.stderr.write(f"shim: {self._spec['exit']}: {error.strerror}\n")  # the kubelet still hears of it
        if self._attach:
            self._attach.close()
        self._tell("ended", result)

    def _tell(self, word: str, facts: dict[str, Any]) -> None:
        if not tell(self._notify, word, facts):
            self._notify = -1  # the daemon is gone; it will find the files

    def _pipes(self, tty: bool) -> dict[str, Any]:
        if tty:
            master, slave = os.openpty()
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            return {"master": master, "stdin": master, "child": (slave, slave, slave), "read": {master: "stdout"}}
        out, err = os.pipe(), os.pipe()
        stdin = os.pipe() if self._spec.get("stdin") else None
        child_in = stdin[0] if stdin else os.open(os.devnull, os.O_RDONLY)
        read = {out[0]: "stdout", err[0]: "stderr"}
        return {"master": -1, "stdin": stdin[1] if stdin else -1, "child": (child_in, out[1], err[1]), "read": read}

    def _start(self, streams: dict[str, Any], tty: bool) -> None:
        spec = self._spec
        space = spec.get("namespaces") or {}
        if space.get("pid"):
            uid, gid = os.getuid(), os.getgid()
            p.unshare(p.CLONE_NEWPID | (p.CLONE_NEWUSER if space.get("user") else 0))
            if space.get("user"):
                p.map_self(uid, gid)
        ready, failed = os.pipe()
        self._started = stamp()
        self._pid = os.fork()
        if self._pid == 0:
            _child(spec, streams["child"], failed, tty)
        os.close(failed)
        for fd in set(streams["child"]):
            os.close(fd)
        message = b""
        while part := os.read(ready, 65536):
            message += part
        os.close(ready)
        if message:
            os.waitpid(self._pid, 0)
            raise StartError(START_ERROR.format(message.decode(errors="replace")))

    def _pump(self, streams: dict[str, Any]) -> None:
        poll = select.poll()
        read: dict[int, str] = dict(streams["read"])
        for fd in read:
            poll.register(fd, select.POLLIN)
        pidfd = _pidfd(self._pid)
        if pidfd >= 0:
            poll.register(pidfd, select.POLLIN)
        deadline = 0.0
        registered: set[int] = set()
        while read or self._status is None:
            if self._attach:
                registered = self._attach.register(poll, registered)
            for fd, _ in poll.poll(self._wait_ms(pidfd, deadline)):
                if fd in read:
                    self._read(fd, read, poll)
                elif fd == pidfd:
                    self._reap()
                elif self._attach:
                    self._attach.handle(fd)
            if self._log.pending:
                self._quiet(read)
            if pidfd < 0 or self._status is not None:
                self._reap()
            if self._status is not None:
                if pidfd >= 0:
                    poll.unregister(pidfd)
                    os.close(pidfd)
                    pidfd = -1
                deadline = deadline or time.monotonic() + DRAIN_SECONDS
                if time.monotonic() > deadline:
                    break

    def _wait_ms(self, pidfd: int, deadline: float) -> int:
        if deadline:
            return max(1, int((deadline - time.monotonic()) * 1000))
        if self._log.pending:
            return 100
        return 60_000 if pidfd >= 0 else 50

    def _quiet(self, read: dict[int, str]) -> None:
        """Write a line that has no end yet once nothing more of it comes."""
        if read and not select.select(list(read), [], [], 0.05)[0]:
            self._log.flush()

    def _read(self, fd: int, read: dict[int, str], poll: select.poll) -> None:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""  # the other side of a terminal is closed
        if data:
            self._log.feed(read[fd], data)
            if self._attach:
                self._attach.output(read[fd], data)
            return
        poll.unregister(fd)
        if not self._attach:
            os.close(fd)
        del read[fd]

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._pid:
                self._status = status


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _child(spec: dict[str, Any], streams: tuple[int, int, int], failed: int, tty: bool) -> None:
    """Become the container; what goes wrong is told through ``failed``."""
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        p.die_with_parent()
        os.setsid()
        for fd, stream in zip(streams, range(3), strict=True):
            os.dup2(fd, stream)
        if tty:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if failed != 3:
            os.dup2(failed, 3)
        os.set_inheritable(3, False)
        failed = 3
        os.closerange(4, 4096)
        space = spec.get("namespaces") or {}
        if space.get("mount"):
            if space.get("user") and not space.get("pid"):
                uid, gid = os.getuid(), os.getgid()
                p.unshare(p.CLONE_NEWUSER)
                p.map_self(uid, gid)
            Sandbox(spec["sandbox"]).enter()
        enter_and_exec(spec)
    except BaseException as error:
        text = str(error) if isinstance(error, StartError) else f"error during container init: {error}"
        os.write(failed, text.encode(errors="replace"))
    os._exit(128)


def enter_and_exec(spec: dict[str, Any]) -> None:
    """Change to the working directory and replace the process by the command."""
    try:
        working_directory(spec["cwd"], make=bool(spec.get("makeCwd")))
    except OSError as error:
        raise StartError(f"error during container init: mkdir {spec['cwd']}: {(error.strerror or 'not a directory').lower()}") from None
    argv, env = [os.fsencode(a) for a in spec["argv"]], {os.fsencode(k): os.fsencode(v) for k, v in spec["env"].items()}
    program = find_program(spec["argv"][0], spec["env"].get("PATH", ""))
    try:
        os.execve(program, argv, env)
    except OSError as error:
        raise StartError(f'exec: "{spec["argv"][0]}": {(error.strerror or "cannot be run").lower()}') from None


def find_program(name: str, path: str) -> str:
    """Return the file to run, as a container runtime looks for it, or say in its words why there is none."""
    if "/" in name:
        if not os.path.exists(name):
            raise StartError(f'exec: "{name}": stat {name}: no such file or directory')
        if os.path.isdir(name) or not os.access(name, os.X_OK):
            raise StartError(f'exec: "{name}": permission denied')
        return name
    for folder in path.split(os.pathsep):
        program = os.path.join(folder or ".", name)
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    raise StartError(f'exec: "{name}": executable file not found in $PATH')


if __name__ == "__main__":
    sys.exit(run({"spec": sys.argv[1]}, []))
