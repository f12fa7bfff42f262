"""Which commit a job was submitted from, read from git's own files; whether it was changed is asked of git itself."""

from __future__ import annotations

import os
import select
from typing import NamedTuple

#: Seconds that git may take to tell whether something was changed; a submission does not wait any longer.
PATIENCE = 1.0
#: Of a hostile or broken checkout no more than this is read.
_MOST = 1 << 20
_HEX = frozenset("0123456789abcdef")


class Checkout(NamedTuple):
    """A checkout: its top folder, the commit (empty before the first) and the branch."""

    root: str
    commit: str = ""
    branch: str = ""


def checkout(folder: str) -> Checkout | None:
    """Return the checkout that a folder is in, or None."""
    while True:
        marker = os.path.join(folder, ".git")
        if os.path.exists(marker):
            return _read(folder, marker)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _read(root: str, marker: str) -> Checkout:
    own = marker
    if os.path.isfile(marker):  # a worktree or a submodule
        text = _text(marker)
        own = os.path.join(root, text.removeprefix("gitdir:").strip()) if text.startswith("gitdir:") else marker
    common = os.path.join(own, _text(os.path.join(own, "commondir")).strip() or ".")
    head = _text(os.path.join(own, "HEAD")).strip()
    if not head.startswith("ref:"):
        return Checkout(root, _commit(head))
    name = head.removeprefix("ref:").strip()
    found = _commit(_text(os.path.join(own, name))) or _commit(_text(os.path.join(common, name))) or _packed(common, name)
    return Checkout(root, found, name.removeprefix("refs/heads/"))


def _packed(common: str, name: str) -> str:
    for line in _text(os.path.join(common, "packed-refs")).splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return _commit(commit)
    return ""


def _commit(text: str) -> str:
    text = text.strip()
    return text if len(text) in (40, 64) and _HEX.issuperset(text) else ""


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError:
        return ""


class Dirty:
    """Asks git in the background whether tracked files differ from the commit."""

    def __init__(self, root: str) -> None:
        self._pid = self._out = -1
        # A checkout's own configuration may name programs to run: none is wanted here.
        command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", root, "status", "--porcelain", "--untracked-files=no"]
        out, into = os.pipe()
        null = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, into, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
        try:
            # Not by `subprocess`, whose import costs more than all else that is noted.
            self._pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
            self._out = out
        except OSError:
            os.close(out)
        finally:
            os.close(into)
            os.close(null)

    def answer(self) -> bool | None:
        """Return what git has said; None where it said nothing in time."""
        if self._pid < 0:
            return None
        changed: bool | None = None
        ready, _, _ = select.select([self._out], [], [], PATIENCE)
        if ready:
            changed = bool(os.read(self._out, 1))
        else:
            os.kill(self._pid, 9)
        os.close(self._out)
        _, status = os.waitpid(self._pid, 0)
        self._pid = -1
        # Closed early it may die of the pipe: it has said enough then.
        return changed if changed or status == 0 else None
