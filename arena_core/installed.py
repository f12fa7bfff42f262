"""Which installed distributions offer what: entry points, read straight from the metadata files.

``importlib.metadata`` answers the same questions, but importing it and reading the metadata of every distribution costs twice a
bare start of Python, and this is asked by nearly every command. Where our own distribution is not found in this way (a zip file,
an installer of its own kind), it is asked after all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from arena_core.typed import NamedTuple

#: What ``ours`` has found.
_OURS: frozenset[str] = frozenset()
GROUPS = (
    "arena.jobs",
    "arena.job_aliases",
    "arena.commands",
    "arena.extensions",
    "arena.clusters",
    "arena.local_controllers",
    "arena.presets",
)


class Offer(NamedTuple):
    """One entry point: ``value`` is ``module`` or ``module:attribute``; ``folder`` the metadata folder, where it is known."""

    group: str
    name: str
    value: str
    distribution: str
    version: str
    folder: str = ""

    @property
    def summary(self) -> str:
        """The distribution's one-line description."""
        return _header(self.folder, "Summary") if self.folder else _summary_of(self.distribution)


def blocked() -> frozenset[str]:
    """Names of plugins that ``ARENA_BLOCK_PLUGINS`` switches off."""
    return frozenset(name.strip() for name in os.environ.get("ARENA_BLOCK_PLUGINS", "").split(",") if name.strip())


def offers(*groups: str) -> list[Offer]:
    """Entry points of these groups of all installed distributions, by name. A distribution that is found twice counts once."""
    found: list[Offer] = []
    seen: set[str] = set()
    for folder in _folders():
        distribution = _name_of(folder)
        if distribution in seen:
            continue
        seen.add(distribution)
        text = _read(f"{folder}/entry_points.txt")
        if any(f"[{group}]" in text for group in groups):
            name = _header(folder, "Name") or distribution
            version = _header(folder, "Version")
            found += [Offer(g, n, value, name, version, folder) for g, n, value in _entries(text) if g in groups]
    if "arena-core" not in seen:
        found = _by_the_book(groups)
    return sorted(found)


def _folders() -> Iterator[str]:
    for place in sys.path:
        try:
            with os.scandir(place or ".") as entries:
                yield from sorted(e.path for e in entries if e.name.endswith((".dist-info", ".egg-info")))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # an archive, or a place of sys.path that is not there


def _name_of(folder: str) -> str:
    stem = folder.replace(os.sep, "/").rpartition("/")[2].rpartition(".")[0]
    return stem.partition("-")[0].lower().replace("_", "-").replace(".", "-")


def _read(path: str) -> str:
    """Return a metadata file, or nothing where there is none. That the machine cannot open it is not hidden: a plugin would be missing."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return ""


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    group = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield group, name.strip(), value.partition("[")[0].strip()


def ours() -> frozenset[str]:
    """Names of the distributions that belong to this program: the core, and what its own extra ``all`` names."""
    global _OURS
    if not _OURS:
        text = next((_read(f"{f}/METADATA") or _read(f"{f}/PKG-INFO") for f in _folders() if _name_of(f) == "arena-core"), "")
        head = text.partition("\n\n")[0]
        lines = [line.partition(": ")[2] for line in head.splitlines() if line.startswith("Requires-Dist: ")] or _requirements()
        parted = (line.replace('"', "'").partition(";") for line in lines)
        _OURS = frozenset({"arena-core", *(what.partition("==")[0].strip() for what, _, when in parted if "extra == 'all'" in when)})
    return _OURS


def _requirements() -> list[str]:
    from importlib import metadata

    try:
        return metadata.requires("arena-core") or []
    except metadata.PackageNotFoundError:
        return []


#: The head of the metadata that was read last: name, version and summary of a distribution are asked for one after the other.
_HEADS: dict[str, str] = {}


def _header(folder: str, key: str) -> str:
    if folder not in _HEADS:
        text = _read(f"{folder}/METADATA") or _read(f"{folder}/PKG-INFO")
        _HEADS[folder] = "\n" + text.partition("\n\n")[0] + "\n"
    _, found, rest = _HEADS[folder].partition(f"\n{key}: ")
    return rest.partition("\n")[0].strip() if found else ""


def _by_the_book(groups: tuple[str, ...]) -> list[Offer]:
    from importlib import metadata

    return [
        Offer(group, e.name, e.value, e.dist.name if e.dist else "", e.dist.version if e.dist else "")
        for group in groups
        for e in metadata.entry_points(group=group)
    ]


def _summary_of(distribution: str) -> str:
    from importlib import metadata

    try:
        return str(metadata.metadata(distribution)["Summary"] or "")
    except (metadata.PackageNotFoundError, KeyError):
        return ""
