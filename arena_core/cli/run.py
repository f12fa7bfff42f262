"""One run of the program: what its parts know of each other without being handed it.

A run begins where a command line comes in and ends when its last error is shown. Threads do not inherit it: ``within`` takes it along.
"""

from __future__ import annotations

from _contextvars import ContextVar, Token, copy_context
from collections.abc import Callable

from arena_core.typed import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from arena_core.cli.flags import Parsed
    from arena_core.registry import Registry

T = TypeVar("T")


class Run:
    """What is known of a run: the command line as it was read, what is installed, and whether a line is drawn on stderr."""

    def __init__(self) -> None:
        #: None until a command's own words are read: what is said before has nothing to do with them.
        self.parsed: Parsed | None = None
        self.drawn = False
        #: What is read once and lives as long as the run: taking it apart before would cost time.
        self.kept: Any = None
        self._registry: Registry | None = None
        self._before: Token[Run | None] | None = None

    @property
    def registry(self) -> Registry:
        """The installed job types, which are looked for once; nothing is loaded yet."""
        if self._registry is None:
            from arena_core.registry import Registry

            self._registry = Registry(indexed=True)
        return self._registry

    def __enter__(self) -> Run:
        self._before = _RUN.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._before is not None:
            _RUN.reset(self._before)


_RUN: ContextVar[Run | None] = ContextVar("arena_run", default=None)


def current() -> Run:
    """Return the run that this is a part of; outside of one, for example in a test of a part, one that nothing is known of."""
    return _RUN.get() or Run()


def within(call: Callable[..., T]) -> Callable[..., T]:
    """Return the call for other threads, as a part of this run."""
    context = copy_context()
    return lambda *given: context.copy().run(call, *given)
