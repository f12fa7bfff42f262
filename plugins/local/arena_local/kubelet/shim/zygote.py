"""Fork server: starts one shim per container (and one helper per exec) without paying for an interpreter each time.

The kubelet talks to it over an inherited stream socket: four bytes of length, JSON, and file descriptors beside the length.
Every request is forked off, leads its own session and outlives the fork server, so a crash of the daemon leaves containers alone.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3]))

from arena_local.kubelet.shim import container, execute  # noqa: E402

WORK = {"run": container.run, "exec": execute.run}


def serve(sock: socket.socket) -> None:
    """Fork a child per request until the kubelet closes its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        head, fds, _, _ = socket.recv_fds(sock, 4, 8)
        if len(head) < 4:
            return
        request = json.loads(_exactly(sock, int.from_bytes(head, "big")))
        if os.fork() == 0:
            _child(sock, request, fds)
        for fd in fds:
            os.close(fd)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise SystemExit(0)
        data += part
    return data


def _child(sock: socket.socket, request: dict[str, str], fds: list[int]) -> None:
    code = 1
    try:
        sock.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        code = WORK[request["op"]](request, fds)
    except BaseException as error:  # nothing above can hear it: the log is the last place
        sys.stderr.write(f"shim: {request.get('op')}: {error!r}\n")  # not what was to run: its environment holds secrets
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
