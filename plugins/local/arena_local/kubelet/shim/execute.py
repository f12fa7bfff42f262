"""A process beside a running container (exec, probes, hooks): enters its namespaces and runs the command.

The descriptors of a request are standard input, output and error and a pipe that gets the exit code as text.
"""

from __future__ import annotations

import fcntl
import os
import signal
import termios
from typing import Any

from arena_local.kubelet.shim import processes as p
from arena_local.kubelet.shim.container import StartError, enter_and_exec

#: What a runtime says where the command of an exec cannot be started.
EXEC_ERROR = "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown"


def run(request: dict[str, Any], fds: list[int]) -> int:
    """Run ``request["spec"]`` in the container of process ``pid``; the exit code goes to the last descriptor."""
    stdin, stdout, stderr, result = fds
    spec = request["spec"]
    entered = _enter(request)
    ready, failed = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(spec, (stdin, stdout, stderr), failed, inside=entered)
    os.close(failed)
    for fd in {stdin, stdout, stderr}:
        os.close(fd)
    os.write(result, f"pid {pid}\n".encode())
    message = b""
    while part := os.read(ready, 65536):
        message += part
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    text = EXEC_ERROR.format(message.decode(errors="replace")) if message else ""
    code = code if code >= 0 else 128 - code
    os.write(result, f"exit {127 if 'not found' in text or 'no such file' in text else 126 if text else code} {text}\n".encode())
    return 0


def _enter(request: dict[str, Any]) -> bool:
    space, pid = request.get("namespaces") or {}, request.get("pid", 0)
    if not pid or not space.get("mount"):
        return False
    flags = {"user": p.CLONE_NEWUSER, "pid": p.CLONE_NEWPID, "uts": p.CLONE_NEWUTS, "mnt": p.CLONE_NEWNS}
    names = [n for n in flags if n not in ("user", "pid") or space.get(n)]
    opened = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), flags[name]) for name in names]
    for fd, flag in opened:
        p.setns(fd, flag)
    return True


def _child(spec: dict[str, Any], streams: tuple[int, int, int], failed: int, *, inside: bool) -> None:
    try:
        os.setsid()
        for fd, stream in zip(streams, range(3), strict=True):
            os.dup2(fd, stream)
        if spec.get("tty"):
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if failed != 3:
            os.dup2(failed, 3)
        os.set_inheritable(3, False)
        failed = 3
        os.closerange(4, 4096)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        enter_and_exec(spec)
    except BaseException as error:
        text = str(error) if isinstance(error, StartError) else f"error during container init: {error}"
        os.write(failed, text.encode(errors="replace"))
    os._exit(126)
