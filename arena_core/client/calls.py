"""The calls of a client that are under way: each ends with its own scope, and all of them with the client."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator

from arena_core.contract.errors import Cancelled
from arena_core.kube.scope import CancelScope
from arena_core.usecases.views import LogLine


class Calls:
    """The scopes of what is under way; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
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

    @contextlib.contextmanager
    def one(self, *ending: CancelScope) -> Iterator[CancelScope]:
        """The extent of one call. What fails because it was ended is ``Cancelled``, whatever it looks like inside."""
        scope = self.begin(*ending)
        try:
            yield scope
        except Exception as error:
            if scope.cancelled and not isinstance(error, Cancelled):
                raise Cancelled("the call was cancelled") from error
            raise
        finally:
            self.end(scope)


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
