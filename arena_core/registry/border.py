"""The one border that everything crosses which a plugin hands over: what it raises, prints or gets wrong is the plugin's, by name.

KeyboardInterrupt is the user's, not the plugin's, and passes. Expected failures (``ArenaError``) pass as they are.
"""

from __future__ import annotations

import io
import sys
from _thread import allocate_lock, get_ident
from collections.abc import Callable

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.lazily import Logger
from arena_core.registry.discovery import Entry
from arena_core.typed import Any, TextIO, cast

log = Logger(__name__)


def failed(entry: Entry, where: str, what: str) -> PluginError:
    """Return the error that names the plugin, its distribution and what of it has failed."""
    plugin = f"plugin {entry.name!r} of distribution {entry.distribution} {entry.version}".rstrip()
    return PluginError(f"{plugin} failed in {where}: {what}", f"this is a bug of the plugin: tell the maintainers of {entry.distribution}")


def call(entry: Entry, where: str, function: Callable[[], Any]) -> Any:
    """Return what a function of a plugin returns, on this side of the border."""
    try:
        now: Any = sys.stdout
        # Inside ``hushed`` nothing has to be set up: a long list calls its plugins many thousand times.
        held = now.held.get(get_ident()) if now.__class__ is _Sieve else None
        if held.__class__ is not _Hush or held.busy:
            with quiet(entry, where):
                return function()
        held.busy = True
        try:
            return function()
        finally:
            held.busy = False
            if held:
                _told(entry, where, held)
                held.clear()
    except ArenaError:
        raise
    except (Exception, SystemExit) as error:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise failed(entry, where, " ".join(text.split())) from error


def guarded(entry: Entry, where: str, function: Callable[..., Any], check: Callable[[Any], str]) -> Callable[..., Any]:
    """Return a callable that a plugin has handed over, behind the border; ``check`` says what is wrong with an answer."""

    def behind(*arguments: Any) -> Any:
        found = call(entry, where, lambda: function(*arguments))
        if wrong := check(found):
            raise failed(entry, where, f"returned {wrong}")
        return found

    return behind


class _Sieve:
    """Standard output without what threads inside a plugin write; those of other threads pass."""

    def __init__(self, real: TextIO) -> None:
        self.real = real
        self.held: dict[int, list[str]] = {}

    def write(self, text: str) -> int:
        """Write, or hold back what a plugin writes."""
        held = self.held.get(get_ident())
        if held is None:
            return self.real.write(text)
        held.append(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    @property
    def buffer(self) -> Any:
        """The bytes under the text; a plugin's go nowhere."""
        return io.BytesIO() if get_ident() in self.held else self.real.buffer


class _Hush(list[str]):
    """What is printed inside ``hushed``; ``busy`` while a function of a plugin runs, which may call another one."""

    busy = False


_lock = allocate_lock()


class quiet:  # noqa: N801 - used as a function; a generator would cost a long list more than what it guards
    """Hold back what this thread prints: a command's output is its own, and may be JSON. It is logged."""

    __slots__ = ("_before", "_entry", "_held", "_me", "_sieve", "_where")

    def __init__(self, entry: Entry | None, where: str) -> None:
        self._entry = entry
        self._where = where
        self._held: list[str] = _Hush() if entry is None else []

    def __enter__(self) -> None:
        self._me = get_ident()
        with _lock:
            now: Any = sys.stdout
            self._sieve = now if isinstance(now, _Sieve) else _Sieve(now)
            self._before = self._sieve.held.get(self._me)
            self._sieve.held[self._me] = self._held
            sys.stdout = cast("TextIO", self._sieve)

    def __exit__(self, *failure: object) -> None:
        with _lock:
            held = self._sieve.held
            if self._before is None:
                del held[self._me]
            else:
                held[self._me] = self._before
            if not held and cast("Any", sys.stdout) is self._sieve:
                sys.stdout = self._sieve.real
        if self._held and self._entry is not None:
            _told(self._entry, self._where, self._held)


def hushed() -> quiet:
    """Hold back what this thread prints while many functions of plugins are called; what each has printed is logged by ``call``."""
    return quiet(None, "")


def _told(entry: Entry, where: str, held: list[str]) -> None:
    if text := "".join(held).strip():
        log.info("plugin %r of distribution %s printed in %s: %s", entry.name, entry.distribution, where, text[:2000])
