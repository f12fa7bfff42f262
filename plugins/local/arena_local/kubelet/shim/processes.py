"""What the shim asks of the kernel: identity of a process, subreaper, namespaces. ctypes, because Python 3.11 has no ``unshare``."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from arena_local.kubelet.shim.identity import LINUX

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_MOVE = 0x2000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, flags: int) -> None:
    """Enter a name space."""
    _check(_libc.setns(fd, flags), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount ``source`` on ``target``."""
    args = (source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None)
    _check(_libc.mount(*args), f"mount {source} on {target}")


def subreaper() -> None:
    """Become the parent of orphaned descendants."""
    if LINUX:
        _libc.prctl(36, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Be killed when the parent (the shim) dies: a container nobody watches would run for ever."""
    if LINUX:
        _libc.prctl(1, 9, 0, 0, 0)


def map_self(uid: int, gid: int) -> None:
    """Keep the own uid and gid in a new user name space."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
