"""A /tmp of the container's own that shows what the machine has there.

What exists (a project, a virtual environment) is the machine's own and stays so; what the container adds, nobody else sees.
"""

# Plain strings as paths: between fork and exec nothing more than needed.
# ruff: noqa: PTH101, PTH102, PTH103, PTH112, PTH114, PTH115, PTH211

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Sequence

from arena_local.kubelet.shim import processes as p

#: So many entries of the machine's /tmp are mounted, each where it is. Where there are more, links lead to those that the container does
#: not name: programs leave folders in /tmp by the thousand, and a mount costs, with its end, more than ten times a link.
MOST_MOUNTED = 64
#: Where those links lead, in the container's root.
MACHINE = "/.tmp"


def cover(root: str, own: str, named: Collection[str], point: Callable[[str, str], None]) -> bool:
    """Cover the /tmp of a root, which is the machine's, with one of the container's kept below ``own``; returns whether it is done.

    ``point`` makes an empty thing on which a source can be mounted.
    """
    tmp, base = f"{root}/tmp", f"{own}/base"
    if not own or not os.path.isdir("/tmp") or os.path.islink("/tmp"):
        return False
    entries = list(os.scandir("/tmp"))
    mounted = [e.name for e in entries if not e.is_symlink() and (len(entries) <= MOST_MOUNTED or e.name in named)]
    for name in ("base", "upper", "scratch"):
        os.makedirs(f"{own}/{name}", exist_ok=True)
    p.mount("tmpfs", base, "tmpfs", p.MS_NOSUID | p.MS_NODEV, "mode=1777")
    for name in mounted:
        point(f"/tmp/{name}", f"{base}/{name}")
    _link(root, base, entries, frozenset(mounted))
    _layer(own, tmp)
    for name in mounted:
        with contextlib.suppress(OSError):  # gone meanwhile
            p.mount(f"/tmp/{name}", f"{tmp}/{name}", flags=p.MS_BIND | p.MS_REC)
    return True


def _link(root: str, base: str, entries: Sequence[os.DirEntry[str]], mounted: Collection[str]) -> None:
    """Copy the machine's links, and let others lead to what is not mounted."""
    rest = [(entry.name, _target(entry)) for entry in entries if entry.name not in mounted]
    if not all(target for _, target in rest):
        os.mkdir(root + MACHINE)
        p.mount("/tmp", root + MACHINE, flags=p.MS_BIND | p.MS_REC)
    folder = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    for name, target in rest:
        os.symlink(target or f"{MACHINE}/{name}", name, dir_fd=folder)
    os.close(folder)


def _target(entry: os.DirEntry[str]) -> str:
    """Return where a link leads; nothing for what is none, or is gone meanwhile."""
    with contextlib.suppress(OSError):
        return os.readlink(entry.path) if entry.is_symlink() else ""
    return ""


def _layer(own: str, tmp: str) -> None:
    """Put what the container writes on disk, above the places for what is there; in memory where the kernel has no overlays."""
    os.chmod(f"{own}/upper", 0o1777)
    options = f"lowerdir={own}/base,upperdir={own}/upper,workdir={own}/scratch"
    for extra in ("", ",userxattr"):
        try:
            p.mount("overlay", tmp, "overlay", p.MS_NOSUID | p.MS_NODEV, options + extra)
            return
        except OSError:
            continue
    p.mount(f"{own}/base", tmp, flags=p.MS_BIND)
