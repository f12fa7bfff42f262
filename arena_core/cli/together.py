"""The byte code of the modules that commands load, kept together in one file beside Python's own: found and read at once.

Python looks for each module by itself: it lists folders, opens two files, asks for their times. For the two hundred small modules of a
command that takes longer than running them. What is kept here is what Python has written for each (its ``.pyc``), and it counts for as
long as the source has the time and the size that it was made from. Where the file is missing, damaged or cannot be written, modules are
found as always. Packages themselves always are: what is kept is only for the folder in which Python has found them.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import SourceFileLoader

from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MARK = b"arena modules 1\n"
#: What a ``.pyc`` has before its code: four bytes each of magic, flags, time and size of the source.
_HEAD = 16
#: By name: file, place of its byte code, whether it is a package, time and size of the source, place and size of its code in the data.
_Entry = tuple[str, str, bool, int, int, int, int]


class _Loader(SourceFileLoader):
    """Loads a module whose code is at hand."""

    file: int
    at: int
    length: int

    def get_code(self, fullname: str) -> Any:
        """Return the code. Only what a command needs is read: the whole file would take two milliseconds."""
        try:
            code = os.pread(self.file, self.length, self.at)
        except OSError:
            code = b""
        return marshal.loads(code) if len(code) == self.length else super().get_code(fullname)


class Together:
    """Finds modules in the file; ``keep`` adds those that had to be found elsewhere."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._entries: dict[str, _Entry] = {}
        self._stale = False
        self._file, self._begin = -1, 0
        try:
            # It stays open for as long as modules are loaded. What replaces it has a file of its own.
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            if self._file < 3:  # a standard stream was closed: whoever reads it is to find nothing
                os.close(self._file)
                raise OSError
            end = len(MARK) + 8
            head = os.pread(self._file, end, 0)
            size, whole = int.from_bytes(head[end - 8 : end - 4], "big"), int.from_bytes(head[end - 4 :], "big")
            if head.startswith(MARK) and whole == os.fstat(self._file).st_size:
                self._entries = marshal.loads(os.pread(self._file, size, end))
                self._begin = end + size
        except (OSError, ValueError, EOFError, TypeError):
            pass

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Return how to load a module of a package whose folder is ``path``; None where it is not kept, or its source has changed."""
        entry = self._entries.get(name)
        if entry is None or path is None:
            return None
        file, cached, package, changed, size, at, length = entry
        here = f"{path[0]}/{name.rpartition('.')[2]}"
        if file != (f"{here}/__init__.py" if package else f"{here}.py") or _state_of(file) != (changed, size):
            self._stale = True
            return None
        loader = _Loader(name, file)
        loader.file, loader.at, loader.length = self._file, self._begin + at, length
        spec: Any = ModuleSpec(name, loader, origin=file, is_package=package)
        spec._set_fileattr, spec.cached = True, cached
        if package:
            spec.submodule_search_locations = [here]
        found: ModuleSpec = spec
        return found

    def keep(self) -> None:
        """Write the file anew where modules were loaded that it does not have, or not as they are now."""
        fresh = dict(self._fresh())
        if not (fresh or self._stale) or sys.dont_write_bytecode:
            return
        kept = {
            n: (entry[:5], os.pread(self._file, entry[6], self._begin + entry[5])) for n, entry in self._entries.items() if n not in fresh
        }
        entries, parts, at = dict[str, _Entry](), list[Any](), 0
        for name, (said, code) in sorted({**kept, **fresh}.items()):
            entries[name] = (*said, at, len(code))
            parts.append(code)
            at += len(code)
        index = marshal.dumps(entries)
        whole = len(MARK) + 8 + len(index) + at
        from arena_core import drafts

        try:
            drafts.write(self._path, b"".join([MARK, len(index).to_bytes(4, "big"), whole.to_bytes(4, "big"), index, *parts]), 0o666)
        except OSError:
            pass

    def _fresh(self) -> Iterator[tuple[str, tuple[Any, bytes]]]:
        """Yield our modules that Python has found itself, with what it has written for them."""
        for name, module in list(sys.modules.items()):
            spec: Any = getattr(module, "__spec__", None)
            if not name.startswith("arena_") or "." not in name or type(getattr(spec, "loader", None)) is not SourceFileLoader:
                continue
            file, cached = str(spec.origin), str(spec.cached)
            state = _state_of(file)
            if state is None or self._entries.get(name, ())[:1] + self._entries.get(name, ())[3:5] == (file, *state):
                continue
            try:
                with open(cached, "rb", buffering=0) as written:
                    data = written.read()
            except OSError:
                continue
            made_from = (0, state[0] & 0xFFFFFFFF, state[1] & 0xFFFFFFFF)
            if tuple(int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12)) == made_from:
                yield name, ((file, cached, spec.submodule_search_locations is not None, *state), data[_HEAD:])


def _state_of(file: str) -> tuple[int, int] | None:
    """Return time and size of a source, or None where it is gone."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return int(found.st_mtime), found.st_size


def install() -> Together | None:
    """Look into the file before anywhere else; None where Python keeps no byte code of ours."""
    cached = __spec__.cached if __spec__ else None
    if not cached or sys.flags.optimize:
        return None
    found = Together(cached.removesuffix(".pyc") + ".modules")
    sys.meta_path.insert(0, found)
    return found
