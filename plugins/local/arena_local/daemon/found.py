"""The daemon of a state folder, if one is at work: what every command asks first, so nothing that starts one is imported here."""

# pathlib takes longer to import than all of this takes to run.
# ruff: noqa: PTH109, PTH110, PTH111, PTH118, PTH123

from __future__ import annotations

import json
import os

from arena_local.kubelet.shim.identity import start_ticks


class Daemon:
    """A daemon that has said that it is ready."""

    __slots__ = ("pid", "port", "start")

    def __init__(self, pid: int, start: str, port: int) -> None:
        self.pid = pid
        self.start = start
        self.port = port

    def __eq__(self, other: object) -> bool:
        """Whether it is the same process on the same port."""
        return isinstance(other, Daemon) and (self.pid, self.start, self.port) == (other.pid, other.start, other.port)

    def __hash__(self) -> int:
        """Return what is the same for equal ones."""
        return hash((self.pid, self.start))

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        if os.path.exists("/proc/self/stat"):
            return bool(self.start) and start_ticks(self.pid) == self.start
        try:
            os.kill(self.pid, 0)
        except OSError:
            return False
        return True


def announced(file: str) -> Daemon | None:
    """Return the daemon that ``file`` announces, alive or not; None where it holds none."""
    try:
        with open(file, "rb") as opened:
            found = json.loads(opened.read())
        pid, start, port = found["pid"], found["start"], found["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    fits = isinstance(pid, int) and pid > 0 and isinstance(start, str) and isinstance(port, int)
    return Daemon(pid, start, port) if fits else None


def default_folder() -> str:
    """Return the state folder: ``$ARENA_HOME/local``, ``~/.arena/local`` by default; as it is where there is no such home."""
    return os.path.join(os.path.expanduser(os.environ.get("ARENA_HOME") or "~/.arena"), "local")


def kubeconfig() -> str:
    """Return the kubeconfig of the default cluster, if its daemon is at work; empty otherwise."""
    folder = os.path.join(os.getcwd(), default_folder())
    daemon = announced(os.path.join(folder, "daemon.json"))
    return os.path.join(folder, "kubeconfig") if daemon is not None and daemon.alive else ""
