"""The file system of a container: the host's, seen through a private root.

A new root on tmpfs binds every entry of ``/``; on it lie the pod's volumes at their mount paths, its ``/etc/hosts``, a ``/dev/shm``
and a ``/tmp`` of its own. So a mount path that the machine does not have (``/data``) leaves no trace on the machine, and neither
needs root: inside a user name space the same calls work for anybody.
"""

# Plain strings as paths: between fork and exec nothing more than needed.
# ruff: noqa: PTH101, PTH103, PTH110, PTH112, PTH113, PTH114, PTH115, PTH118, PTH119, PTH120, PTH211

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

from arena_local.kubelet.shim import processes as p
from arena_local.kubelet.shim.privatetmp import cover

#: A directory with more entries than this is not rebuilt entry by entry to make room for a mount point.
MAX_ENTRIES = 4000


class Sandbox:
    """Builds the private root described by ``plan`` and enters it; runs in the child, before exec."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._root = str(plan["root"])
        self._private = {"/"}
        self._own_tmp = False

    def enter(self) -> None:
        """Build the root and make it the process's own."""
        plan = self._plan
        p.unshare(p.CLONE_NEWNS | (p.CLONE_NEWUTS if plan.get("hostname") else 0))
        p.mount("none", "/", flags=p.MS_REC | p.MS_PRIVATE)
        p.mount("tmpfs", self._root, "tmpfs", p.MS_NOSUID | p.MS_NODEV, "mode=755")
        for entry in os.scandir("/"):
            self._mirror(f"/{entry.name}", entry.is_symlink())
        if plan.get("proc"):
            p.mount("proc", f"{self._root}/proc", "proc", p.MS_NOSUID | p.MS_NODEV | p.MS_NOEXEC)
        p.mount("tmpfs", f"{self._root}/dev/shm", "tmpfs", p.MS_NOSUID | p.MS_NODEV, "mode=1777")
        self._own_tmp = cover(self._root, str(plan.get("tmp") or ""), plan.get("named") or (), self._point)
        for item in plan.get("mounts", ()):
            self._bind(item["source"], item["target"], read_only=item.get("readOnly", False))
        if plan.get("cwd"):
            self._working_directory(plan["cwd"])
        if plan.get("hostname"):
            self._hostname(plan["hostname"])
        os.chdir(self._root)
        p.mount(".", "/", flags=p.MS_MOVE)
        os.chroot(".")
        os.chdir("/")

    def _working_directory(self, path: str) -> None:
        """Make a working directory that is missing where only this container sees it; in a volume it is made for good, later."""
        target = os.path.normpath("/" + path.lstrip("/"))
        volumes = [os.path.normpath("/" + item["target"].lstrip("/")) for item in self._plan.get("mounts", ())]
        real = self._resolve(target)
        if not os.path.lexists(self._root + real) and not any(target.startswith(f"{one.rstrip('/')}/") for one in volumes):
            self._make_point("/", target)

    def _hostname(self, name: str) -> None:
        try:
            p._libc.sethostname(name.encode(), len(name.encode()))
        except OSError:
            return

    def _mirror(self, path: str, is_link: bool) -> None:
        target = self._root + path
        if is_link:
            os.symlink(os.readlink(path), target)
            return
        self._point(path, target)
        p.mount(path, target, flags=p.MS_BIND | p.MS_REC)

    def _point(self, source: str, target: str) -> None:
        """Make an empty directory or file to mount ``source`` on."""
        if os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
        elif not os.path.lexists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))

    def _bind(self, source: str, target: str, *, read_only: bool) -> None:
        place = self._make_point(source, os.path.normpath("/" + target.lstrip("/")))
        p.mount(source, place, flags=p.MS_BIND | p.MS_REC)
        if read_only:
            flags = os.statvfs(place).f_flag & (p.MS_NOSUID | p.MS_NODEV | p.MS_NOEXEC)
            p.mount("none", place, flags=p.MS_BIND | p.MS_REMOUNT | p.MS_RDONLY | flags)

    def _make_point(self, source: str, target: str) -> str:
        """Return where to mount; directories that are missing are made where only this container sees them."""
        real = self._resolve(target)
        parent = os.path.dirname(real)
        missing = real
        while not os.path.lexists(self._root + parent):
            missing, parent = parent, os.path.dirname(parent)
        if not os.path.lexists(self._root + missing) and parent not in self._private:
            self._rebuild(parent)
        self._point(source, self._root + real)
        made = os.path.dirname(real) if not os.path.isdir(source) else real
        while made not in self._private and made != parent:
            self._private.add(made)
            made = os.path.dirname(made)
        return self._root + real

    def _resolve(self, target: str) -> str:
        """Follow links as the container sees them, without leaving the new root."""
        done, parts, hops = "", target.strip("/").split("/"), 0
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                done = os.path.dirname(done)
                continue
            path = f"{done}/{part}"
            if os.path.islink(self._root + path) and hops < 40:
                hops += 1
                link = os.readlink(self._root + path)
                parts = link.split("/") + parts
                done = "" if link.startswith("/") else done
                continue
            done = path
        return done or "/"

    def _rebuild(self, directory: str) -> None:
        """Replace a directory of the machine by a private one with the same entries, so that it can take one more."""
        place = self._root + directory
        if directory == "/tmp" and self._own_tmp:
            return  # private already
        if directory in ("/proc", "/sys") or directory.startswith(("/proc/", "/sys/")):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), directory)
        entries = [(e.name, e.is_symlink()) for e in os.scandir(place)]
        if len(entries) > MAX_ENTRIES:  # never a folder on the machine itself
            raise OSError(errno.E2BIG, f"nothing can be mounted below a directory with {len(entries)} entries", directory)
        old = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        mode = stat.S_IMODE(os.fstat(old).st_mode)
        p.mount("tmpfs", place, "tmpfs", p.MS_NOSUID | p.MS_NODEV, f"mode={mode:o}")
        for name, is_link in entries:
            source, target = f"/proc/self/fd/{old}/{name}", f"{place}/{name}"
            if is_link:
                os.symlink(os.readlink(source), target)
            else:
                self._point(source, target)
                p.mount(source, target, flags=p.MS_BIND | p.MS_REC)
        os.close(old)
        self._private.add(directory)


def working_directory(path: str, *, make: bool) -> None:
    """Change to the container's working directory, made where it is missing as a container runtime does."""
    if make:
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(path) from None
    os.chdir(path)
