"""Which installed distributions offer what: entry points, read straight from the metadata files.

``importlib.metadata`` answers the same questions, but importing it and reading the metadata of every distribution costs twice a
bare start of Python, and this is asked by nearly every command. Where our own distribution is not found in this way (a zip file,
an installer of its own kind), it is asked after all.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from arena_core.typed import NamedTuple

BLOCK_VARIABLE = "ARENA_BLOCK_PLUGINS"
_HEAD = "arena offers 2"
GROUPS = (
    "arena.jobs",
    "arena.job_aliases",
    "arena.commands",
    "arena.extensions",
    "arena.clusters",
    "arena.local_controllers",
    "arena.presets",
    "arena.foresight",
    "arena.stages",
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
    def names(self) -> set[str]:
        """By which it may be switched off, or required: its own name, and its distribution's."""
        return {normalized(self.name), normalized(self.distribution)}

    @property
    def summary(self) -> str:
        """The distribution's one-line description."""
        return _header(self.folder, "Summary") if self.folder else _summary_of(self.distribution)


def normalized(name: str) -> str:
    """Return the name of a distribution in its one spelling (``Arena_Echo`` → ``arena-echo``)."""
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def blocked(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return what ``ARENA_BLOCK_PLUGINS`` switches off: job types, commands, extensions or whole distributions, in their one spelling."""
    return frozenset(normalized(part.strip()) for part in environ.get(BLOCK_VARIABLE, "").split(",") if part.strip())


def offers(*groups: str) -> list[Offer]:
    """Entry points of these groups of all installed distributions, by name. A distribution that is found twice counts once."""
    found = _kept()
    if found is None:
        found, folders = _looked_for()
        if folders:
            _keep(found, folders)
    return [offer for offer in found if offer.group in groups]


def switched_on(group: str) -> list[Offer]:
    """Entry points of a group but for those that ``ARENA_BLOCK_PLUGINS`` names, by their own name or their distribution's."""
    off = blocked()
    return [offer for offer in offers(group) if not off & offer.names]


def _looked_for() -> tuple[list[Offer], list[str]]:
    """Return all offers, and the metadata folders that were looked at; none where the offers come from elsewhere."""
    found: list[Offer] = []
    folders: list[str] = []
    seen: set[str] = set()
    for folder in _folders():
        folders.append(folder)
        distribution = _name_of(folder)
        if distribution in seen:
            continue
        seen.add(distribution)
        text = _read(f"{folder}/entry_points.txt")
        if any(f"[{group}]" in text for group in GROUPS):
            name = _header(folder, "Name") or distribution
            version = _header(folder, "Version")
            found += [Offer(g, n, value, name, version, folder) for g, n, value in _entries(text) if g in GROUPS]
    if "arena-core" not in seen:
        return sorted(_by_the_book(GROUPS)), []
    return sorted(found), folders


def _kept() -> list[Offer] | None:
    """Return the offers that were kept beside Python's own byte code, where nothing that they were read from has changed since."""
    try:
        with open(_place(), encoding="utf-8") as file:
            head, *lines = file.read().split("\n")
        rows = [line.split("\t") for line in lines]
        if head != _HEAD or rows.pop() != [_HEAD]:  # another form, or cut
            return None
        states = [(path, int(changed), int(size)) for what, path, changed, size in (row for row in rows if row[0] == "read")]
        if [path for path, _, _ in states[: len(sys.path)]] != _search_path():
            return None
        if any(_state_of(path) != (changed, size) for path, changed, size in states):
            return None
        return [Offer(*row[1:]) for row in rows if row[0] == "offer"]
    except (OSError, ValueError, TypeError):
        return None


def _keep(found: list[Offer], folders: list[str]) -> None:
    """Keep the offers with the state of the search path, of each folder's entry points, and of the metadata that were read."""
    if sys.dont_write_bytecode:
        return
    read = _search_path()
    for folder in folders:
        entries = f"{folder}/entry_points.txt"
        read.append(entries if os.path.exists(entries) else folder)
    read += {f"{offer.folder}/{name}" for offer in found for name in ("METADATA", "PKG-INFO")}
    rows = [["read", path, *map(str, _state_of(path))] for path in read] + [["offer", *offer] for offer in found]
    soon = time.time_ns() - 2_000_000_000  # what was written so shortly before may change once more at the same time
    if any(sign in text for row in rows for text in row for sign in "\t\n\r") or any(_state_of(path)[0] > soon for path in read):
        return
    from arena_core import drafts

    try:
        drafts.write(_place(), "\n".join([_HEAD, *("\t".join(row) for row in rows), _HEAD]).encode(), 0o666)
    except (OSError, ValueError):
        pass


def _place() -> str:
    cached = __spec__.cached if __spec__ else None
    if not cached:
        raise OSError("Python keeps no byte code of ours")
    return cached.removesuffix(".pyc") + ".offers"


def _search_path() -> list[str]:
    return [os.path.abspath(place or ".") for place in sys.path]


def _state_of(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return -1, -1
    return found.st_mtime_ns, found.st_size


def _folders() -> Iterator[str]:
    for place in sys.path:
        try:
            with os.scandir(place or ".") as entries:
                yield from sorted(e.path for e in entries if e.name.endswith((".dist-info", ".egg-info")))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # an archive, or a place of sys.path that is not there


def _name_of(folder: str) -> str:
    stem = folder.replace(os.sep, "/").rpartition("/")[2].rpartition(".")[0]
    return normalized(stem.partition("-")[0])


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


@cache
def ours() -> frozenset[str]:
    """Names of the distributions that belong to this program: the core, and what its own extra ``all`` names."""
    head = next((_head(folder) for folder in _folders() if _name_of(folder) == "arena-core"), "")
    lines = [line.partition(": ")[2] for line in head.splitlines() if line.startswith("Requires-Dist: ")] or _requirements()
    parted = (line.replace('"', "'").partition(";") for line in lines)
    return frozenset({"arena-core", *(what.partition("==")[0].strip() for what, _, when in parted if "extra == 'all'" in when)})


def _requirements() -> list[str]:
    from importlib import metadata

    try:
        return metadata.requires("arena-core") or []
    except metadata.PackageNotFoundError:
        return []


@lru_cache(maxsize=256)
def _head(folder: str) -> str:
    """Return the head of the metadata: name, version and summary of a distribution are asked for one after the other."""
    text = _read(f"{folder}/METADATA") or _read(f"{folder}/PKG-INFO")
    return "\n" + text.partition("\n\n")[0] + "\n"


def _header(folder: str, key: str) -> str:
    _, found, rest = _head(folder).partition(f"\n{key}: ")
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
