"""The calls of a client that are under way: each ends with its own scope, and all of them with the client."""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Generator, Iterator, Sequence

from arena_core.contract.errors import Cancelled
from arena_core.kube.scope import CancelScope
from arena_core.typed import TYPE_CHECKING, Generic, TypeVar
from arena_core.usecases.views import LogLine

if TYPE_CHECKING:
    from types import TracebackType

T = TypeVar("T")


class Calls:
    """The scopes of what is under way; safe for several threads."""

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._scopes: set[CancelScope] = set()

    def cancel(self) -> None:
        """End all calls."""
        with self._lock:
            scopes = list(self._scopes)
        for scope in scopes:
            scope.cancel()

    def begin(self, *ending: CancelScope) -> CancelScope:
        """Return the scope of a new call, which any of the scopes ``ending`` ends, too."""
        scope = CancelScope()
        with self._lock:
            self._scopes.add(scope)
        for other in ending:
            scope.hold(other.hold(scope.cancel))
        return scope

    def end(self, scope: CancelScope) -> None:
        """A call is over: whatever it still holds is let go."""
        scope.cancel()
        with self._lock:
            self._scopes.discard(scope)


class Call(Generic[T]):
    """The extent of one call, with what ``made`` makes for it. What fails because it was ended is ``Cancelled``, whatever it looks like.

    Any of the scopes ``ending`` ends it.
    """

    def __init__(self, calls: Calls, ending: Sequence[CancelScope], made: Callable[[CancelScope], T]) -> None:
        self._calls = calls
        self._ending = ending
        self._made = made

    def __enter__(self) -> T:
        self._scope = self._calls.begin(*self._ending)
        try:
            self._scope.check()
            return self._made(self._scope)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        ended = self._scope.cancelled
        self._calls.end(self._scope)
        if ended and isinstance(error, Exception) and not isinstance(error, Cancelled):
            raise Cancelled("the call was cancelled") from error


class LogLines(Iterator[LogLine]):
    """The lines of a log as they come. ``close`` ends the reading, also from another thread while this one waits for a line.

    A reading that was closed before its end raises ``Cancelled``: what was read then is not the whole log.
    """

    def __init__(self, calls: Calls, scope: CancelScope, lines: Generator[LogLine]) -> None:
        self._calls = calls
        self._scope = scope
        self._lines = lines
        self._over = False

    def __next__(self) -> LogLine:
        if self._over:
            raise StopIteration
        try:
            self._scope.check()
            return next(self._lines)
        except BaseException as error:
            cancelled = self._scope.cancelled
            self._over = True
            self.close()
            if cancelled and isinstance(error, Exception) and not isinstance(error, Cancelled):
                raise Cancelled("the call was cancelled") from error
            raise

    def __enter__(self) -> LogLines:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End the reading; nothing of it is left, neither a connection nor a thread."""
        self._calls.end(self._scope)
        try:
            self._lines.close()
        except ValueError:
            pass  # another thread is in it: it wakes up, and ends it
