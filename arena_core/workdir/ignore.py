"""Files that name what is left out, as git reads them (``.gitignore``): the last pattern that fits decides."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Of a hostile file no more than this is read.
_MOST = 1 << 20


class Pattern(NamedTuple):
    """One line: what it fits, whether it takes back, whether it means folders alone."""

    fits: re.Pattern[str]
    back: bool
    folders: bool


class Ignored:
    """The patterns of a tree. They are read folder by folder, on the way down, by whoever walks it."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._patterns: dict[str, list[Pattern]] = {}
        self._folders: dict[str, bool] = {}

    def read(self, root: str, folder: str) -> None:
        """Read the files of a folder, which is named as seen from the root (``""`` is the root itself)."""
        if folder not in self._patterns:
            paths = [os.path.join(root, folder, name) for name in self._names]
            self._patterns[folder] = [pattern for path in paths for pattern in patterns(_text(path))]

    def fits(self, path: str, *, folder: bool) -> bool:
        """Whether a pattern leaves out this path itself; the folders above it are not asked."""
        for above in _above(path):
            inside = path[len(above) :].lstrip("/")
            for pattern in reversed(self._patterns.get(above, ())):
                if (folder or not pattern.folders) and pattern.fits.fullmatch(inside):
                    return not pattern.back
        return False

    def leaves_out(self, root: str, path: str) -> bool:
        """Whether a file is left out, by itself or with a folder above it."""
        for above in reversed(list(_above(path))):
            self.read(root, above)
            if above and above not in self._folders:
                self._folders[above] = self.fits(above, folder=True)
            if above and self._folders[above]:
                return True
        return self.fits(path, folder=False)


def _above(path: str) -> Iterator[str]:
    """Yield the folders that hold a path, the nearest first, the root (``""``) last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def patterns(text: str) -> list[Pattern]:
    """Return the patterns of a file."""
    found = (_pattern(line) for line in text.split("\n"))
    return [pattern for pattern in found if pattern is not None]


def _pattern(line: str) -> Pattern | None:
    line = line.removesuffix("\r")
    if not line or line.startswith("#"):
        return None
    bare = line.rstrip(" ")
    # Of blanks at the end only one behind a backslash counts.
    line = line[: len(bare) + 1] if bare != line and (len(bare) - len(bare.rstrip("\\"))) % 2 else bare
    back = line.startswith("!")
    line = line[1:] if back else line
    folders = line.endswith("/")
    line = line.removesuffix("/")
    if not line:
        return None
    anchored = "/" in line
    try:
        fits = re.compile(("" if anchored else "(?:.*/)?") + _expression(line.removeprefix("/")), re.DOTALL)
    except re.error:
        return None
    return Pattern(fits, back, folders)


def _expression(glob: str) -> str:
    """Return the regular expression of a pattern: ``*`` and ``?`` stay within a folder, ``**`` between slashes does not."""
    parts, at = [], 0
    while at < len(glob):
        if glob == "**":
            return ".+"  # what is left of ``/**``
        if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
            parts.append("(?:.*/)?")
            at += 3
        elif glob.startswith("/**", at) and at + 3 == len(glob):
            parts.append("/.+")
            at += 3
        else:
            part, at = _one(glob, at)
            parts.append(part)
    return "".join(parts)


def _one(glob: str, at: int) -> tuple[str, int]:
    char = glob[at]
    if char == "*":
        end = at
        while end < len(glob) and glob[end] == "*":
            end += 1
        return "[^/]*", end
    if char == "?":
        return "[^/]", at + 1
    if char == "[" and (found := re.match(r"\[([!^]?)(\]?(?:\\.|\[:\w+:\]|[^]\\])*)\]", glob[at:])):
        return _set(found[1], found[2]), at + found.end()
    if char == "[":
        raise re.error("a set without an end fits nothing")
    if char == "\\":
        if at + 1 == len(glob):
            raise re.error("a backslash at the end fits nothing")
        return re.escape(glob[at + 1]), at + 2
    return re.escape(char), at + 1


_CLASSES = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s", "xdigit": "0-9a-fA-F"}


def _set(negated: str, body: str) -> str:
    """Return ``[...]`` of a pattern as one of regular expressions; it never fits a slash."""
    body = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], ""), body)
    body = re.sub(r"\\(.)|([\[\]&~|^])", lambda found: re.escape(found[1] or found[2]), body)
    if not body:
        raise re.error("an unknown class fits nothing")
    return f"(?!/)[{'^' if negated else ''}{body}]"


def _text(path: str) -> str:
    try:
        if os.path.islink(path):
            return ""  # as git does: a link might lead anywhere
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(_MOST)
    except OSError:
        return ""
