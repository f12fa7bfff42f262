"""The one border that everything crosses which a plugin hands over: what it raises, prints or gets wrong is the plugin's, by name.

KeyboardInterrupt is the user's, not the plugin's, and passes. Expected failures (``ArenaError``) pass as they are.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.lazily import Logger
from arena_core.registry.discovery import Entry

log = Logger(__name__)


def failed(entry: Entry, where: str, what: str) -> PluginError:
    """Return the error that names the plugin, its distribution and what of it has failed."""
    plugin = f"plugin {entry.name!r} of distribution {entry.distribution} {entry.version}".rstrip()
    return PluginError(f"{plugin} failed in {where}: {what}", f"this is a bug of the plugin: tell the maintainers of {entry.distribution}")


def call(entry: Entry, where: str, function: Callable[[], Any]) -> Any:
    """Return what a function of a plugin returns, on this side of the border."""
    try:
        with quiet(entry, where):
            return function()
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
        self.held: dict[int, io.StringIO] = {}

    def write(self, text: str) -> int:
        """Write, or hold back what a plugin writes."""
        return self.held.get(threading.get_ident(), self.real).write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    @property
    def buffer(self) -> Any:
        """The bytes under the text; a plugin's go nowhere."""
        return io.BytesIO() if threading.get_ident() in self.held else self.real.buffer


_lock = threading.Lock()


@contextmanager
def quiet(entry: Entry, where: str) -> Iterator[None]:
    """Hold back what this thread prints: a command's output is its own, and may be JSON. It is logged."""
    me, held = threading.get_ident(), io.StringIO()
    with _lock:
        now: Any = sys.stdout
        sieve = now if isinstance(now, _Sieve) else _Sieve(now)
        before = sieve.held.get(me)
        sieve.held[me] = held
        sys.stdout = cast("TextIO", sieve)
    try:
        yield
    finally:
        with _lock:
            if before is None:
                del sieve.held[me]
            else:
                sieve.held[me] = before
            if not sieve.held and cast("Any", sys.stdout) is sieve:
                sys.stdout = sieve.real
        if text := held.getvalue().strip():
            log.info("plugin %r of distribution %s printed in %s: %s", entry.name, entry.distribution, where, text[:2000])
