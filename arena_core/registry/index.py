"""What the installed job types say of themselves, kept: ``arena list`` asks for the kinds of all of them, and needs the code of few.

An index counts for the search path that it was made with, and for as long as every module that was loaded when it was made has the time
and size that it had: a type that is new, changed or broken is loaded as always. It holds plain texts alone. Whatever else is asked of a
type loads it, and where it says other things of itself than the index does, the index goes: ``arena_job_type`` is to depend on nothing
but its code.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator

from arena_core.contract.types import JobType, Resource
from arena_core.registry.discovery import Entry
from arena_core.registry.hooks import Hooks
from arena_core.registry.noted import FACTS, HEAD, key
from arena_core.typed import Any, cast

_KIND = ("group", "version", "kind", "plural")
#: A module that was written so shortly before may change once more without another time.
_FRESH = 2_000_000_000


class Later:
    """A job type that is loaded when something is asked that the index does not know. It stands for its hooks."""

    def __init__(self, facts: dict[str, Any], load: Callable[[], tuple[Hooks, JobType]], wrong: Callable[[], None]) -> None:
        self._facts, self._load, self._wrong = facts, load, wrong
        self._loaded: tuple[Hooks, JobType] | None = None

    @property
    def loaded(self) -> tuple[Hooks, JobType]:
        """The hooks and what the type says of itself, from its own code."""
        if self._loaded is None:
            self._loaded = self._load()
            if _facts(self._loaded[1]) != self._facts:
                self._wrong()
        return self._loaded

    @property
    def job_type(self) -> JobType:
        """What the type says of itself."""
        return cast("JobType", LaterType(self, self._facts))

    def __contains__(self, name: str) -> bool:
        return name in self.loaded[0]

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a hook."""
        return self.loaded[0].call(name, **arguments)


class LaterType:
    """What such a type says of itself: the facts of the index, and what its code says."""

    def __init__(self, later: Later, facts: dict[str, Any]) -> None:
        self._later = later
        vars(self).update(facts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._later.loaded[1], name)

    def __repr__(self) -> str:
        return repr(self._later.loaded[1])


class Index:
    """The index in a file; ``types`` are the facts by entry, nothing where it does not count."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._files: dict[str, tuple[int, int]] = {}
        self.types: dict[tuple[str, ...], dict[str, Any]] = {}
        try:
            with open(path, encoding="utf-8") as file:
                head, *lines = file.read().split("\n")
            if head == HEAD and lines[-1] == HEAD:  # else it is cut
                self._read(lines[:-1])
        except (OSError, ValueError, IndexError, TypeError):
            self.types, self._files = {}, {}

    def _read(self, lines: list[str]) -> None:
        types, files = {}, {}
        for line in lines:
            word, *parts = line.split("\t")
            if word == "module":
                path, changed, size = parts
                state = files[path] = int(changed), int(size)
                if _state_of(path) != state:
                    return
            else:
                entry, kind, told = tuple(parts[:4]), parts[4:10], parts[10:]
                resource = Resource(kind[0], kind[1], kind[2], kind[3], kind[4] == "namespaced", tuple(kind[5].split()))
                types[entry] = {**dict(zip(FACTS, told, strict=True)), "resource": resource}
        self.types, self._files = types, files

    def later(self, entry: Entry, load: Callable[[], tuple[Hooks, JobType]]) -> Later | None:
        """Return the type of an entry, to be loaded later; None where the index does not know it."""
        facts = self.types.get(key(entry))
        return Later(facts, load, self.drop) if facts else None

    def drop(self) -> None:
        """Remove the file: it has told something else than a plugin's code."""
        try:
            os.unlink(self._path)
        except OSError:
            pass

    def keep(self, types: list[tuple[Entry, JobType]]) -> None:
        """Write the file anew with these types, too. That it cannot be written is no failure."""
        known = {**self.types, **{key(entry): _facts(job_type) for entry, job_type in types}}
        files = {**self._files, **dict(_modules())}
        rows = [["module", path, str(changed), str(size)] for path, (changed, size) in files.items()]
        rows += [["type", *entry, *_texts(facts)] for entry, facts in known.items()]
        newest = max((changed for changed, _ in files.values()), default=0)
        if any(sign in text for row in rows for text in row for sign in "\t\n\r") or newest > time.time_ns() - _FRESH:
            return
        from arena_core import drafts

        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            drafts.write(self._path, "\n".join([HEAD, *("\t".join(row) for row in rows), HEAD]).encode())
        except (OSError, ValueError):
            pass


def _facts(job_type: JobType) -> dict[str, Any]:
    return {**{name: getattr(job_type, name) for name in FACTS}, "resource": job_type.resource}


def _texts(facts: dict[str, Any]) -> Iterator[str]:
    resource = facts["resource"]
    yield from (getattr(resource, part) for part in _KIND)
    yield from ("namespaced" if resource.namespaced else "", " ".join(resource.older))
    yield from (facts[name] for name in FACTS)


def _modules() -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the sources of all modules that are loaded, but for those of Python itself."""
    own = os.path.dirname(os.__file__) + os.sep
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and (not path.startswith(own) or "site-packages" in path) and (state := _state_of(path)):
            yield path, state


def _state_of(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
