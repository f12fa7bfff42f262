"""Ask one pod: the agent is run in its container by the Python that is there, and its answer read. One session a pod."""

from __future__ import annotations

import json
import shutil
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from arena_core.contract.errors import ArenaError, UsageError

if TYPE_CHECKING:
    from arena_core.kube.cluster import Cluster
    from arena_core.kube.streams import ExecSession

#: Seconds after which a pod is given up.
LIMIT = 20.0
_MOST = 32 << 20
_STDERR = 2
#: Find a Python: on the PATH, else the one that runs in the container. ``-I -S``: nothing of the user's is loaded into the one that looks.
_FIND = """\
command -v python3 >/dev/null 2>&1 && exec python3 -I -S -c "$1" "$2" "$3" "$4"
for e in /proc/[0-9]*/exe; do
  p=$(readlink "$e" 2>/dev/null)
  case "${p##*/}" in python*|pypy*) exec "$p" -I -S -c "$1" "$2" "$3" "$4";; esac
done
exit 127"""
#: Read the agent from standard input: its size is known, so the input need not end.
_START = (
    "import sys;n,size=int(sys.argv[1]),int(sys.argv[2]);"
    "exec(compile(sys.stdin.buffer.read(n).decode(),'<arena stacks>','exec'),{'__name__':'agent'});"
)
#: What an ELF file says of its machine, and how the kernel calls it.
_MACHINES = {62: "x86_64,amd64", 183: "aarch64,arm64", 40: "armv7l,armv6l", 3: "i686,i386", 22: "s390x", 21: "ppc64le", 243: "riscv64"}
_INTERPRETER = 3


class Carried(NamedTuple):
    """A py-spy that is sent along: packed, and for which machines."""

    data: bytes
    machine: str


def py_spy(path: str = "") -> Carried:
    """Return the py-spy of this machine, to be carried into pods; it must be a static program for Linux."""
    found = path or shutil.which("py-spy") or ""
    hint = "`pip install py-spy` on Linux has one that can be carried; `--debug-stacks` of submit needs none"
    if not found:
        raise UsageError("there is no py-spy on this machine to carry", hint)
    try:
        data = Path(found).read_bytes()
    except OSError as error:
        raise UsageError(f"{found} cannot be read: {error.strerror or error}", hint) from error
    if data[:4] != b"\x7fELF":
        raise UsageError(f"{found} is not a program for Linux, so it cannot be carried", hint)
    if _needs_libraries(data):
        raise UsageError(f"{found} is not statically linked, so it may not run in another image", hint)
    return Carried(zlib.compress(data, 6), _MACHINES.get(int.from_bytes(data[18:20], "little"), "another machine"))


def _needs_libraries(data: bytes) -> bool:
    """Whether an ELF program asks for a loader."""
    if data[4:5] != b"\x02":
        return False
    start, size, count = (int.from_bytes(data[a:b], "little") for a, b in ((32, 40), (54, 56), (56, 58)))
    kinds = [int.from_bytes(data[start + n * size : start + n * size + 4], "little") for n in range(count)]
    return _INTERPRETER in kinds


def agent_source() -> bytes:
    """Return the program that looks, as text, with what starts it."""
    with open(Path(__file__).parent / "agent.py", "rb") as file:  # noqa: PTH123 - bytes, once
        return file.read() + b"\nmain(int(sys.argv[2]), sys.argv[3])\n"


def ask(cluster: Cluster, namespace: str, pod: str, container: str, carried: Carried | None = None, limit: float = LIMIT) -> dict[str, Any]:
    """Return what the agent tells of a container; raises ``ArenaError`` with the reason where it tells nothing."""
    source = agent_source()
    size = len(carried.data) if carried else 0
    command = ["sh", "-c", _FIND, "arena-stacks", _START, str(len(source)), str(size), carried.machine if carried else ""]
    session = cluster.exec(namespace, pod, command, container=container, stdin=True)
    release = cluster.scope.hold(session.close)
    late = threading.Event()

    def give_up() -> None:
        late.set()
        session.close()

    timer = threading.Timer(limit, give_up)
    timer.daemon = True
    timer.start()
    try:
        out, err = _talk(session, source + (carried.data if carried else b""))
    finally:
        timer.cancel()
        release()
        session.close()
    return _answer(session, out, err, f"no answer within {limit:g} s" if late.is_set() else "")


def _talk(session: ExecSession, data: bytes) -> tuple[bytes, bytes]:
    """Send, and read to the end; both at once, as a container that refuses may never read."""

    def send() -> None:
        try:
            for at in range(0, len(data), 1 << 16):
                session.write(data[at : at + (1 << 16)])
        except (OSError, ValueError):
            pass  # what is wrong, the end of the session tells

    threading.Thread(target=send, name="arena-stacks", daemon=True).start()
    out, err = bytearray(), bytearray()
    while (piece := session.read()) is not None and len(out) < _MOST:
        channel, text = piece
        (err if channel == _STDERR else out).extend(text)
    return bytes(out), bytes(err[-4000:])


def _answer(session: ExecSession, out: bytes, err: bytes, late: str) -> dict[str, Any]:
    if session.exit_code == 0:
        try:
            found = json.loads(out)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
    if late:
        raise ArenaError(late)
    if session.exit_code is None:
        raise ArenaError(f"the connection was lost{f': {session.broken}' if session.broken else ''}")
    if session.not_started:
        raise ArenaError(f"nothing can be run in it: {session.message or 'the cluster does not say why'}")
    said = [line.strip() for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    if session.exit_code == 127 and not said:
        raise ArenaError("there is no Python in the image, and none runs in it")
    raise ArenaError(f"looking failed with exit code {session.exit_code}{f': {said[-1][:200]}' if said else ''}")
