"""Reads side by side: a few threads, each with a connection that is kept."""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.typed import TypeVar

T = TypeVar("T")

#: As many requests at once as a browser sends to one host, and less than a server's fair queue minds.
WORKERS = 8


def gather(calls: Sequence[Callable[[], T]]) -> list[T | ArenaError]:
    """Run the calls side by side and return, in their order, what each returned or the ``ArenaError`` that it raised.

    Any other exception is raised here.
    """
    shared = _Calls(calls)
    shared.side_by_side()
    return shared.results()


def soon(calls: Sequence[Callable[[], T]], patience: float) -> list[T]:
    """Run the calls in turn in this thread; what has not been begun after so many seconds is run side by side meanwhile.

    Returns, in their order, what each returned. After the first error nothing more is begun, and it is raised.

    A thread and a connection cost more than an answer of a server that is near. Who is far away is known by the first answer only,
    and by then a way there and back is lost.
    """
    shared = _Calls(calls, all_or_nothing=True)
    if len(calls) < 2:
        shared.work()
        return shared.results()
    done, helped = allocate_lock(), allocate_lock()
    done.acquire()
    helped.acquire()

    def help_out() -> None:
        try:
            if not done.acquire(timeout=patience):
                shared.side_by_side()
        finally:
            helped.release()

    start_new_thread(help_out, ())
    shared.work()
    done.release()
    helped.acquire()
    return shared.results()


class _Calls:
    """Calls that several threads take from one after the other, and what came of them."""

    def __init__(self, calls: Sequence[Callable[[], object]], *, all_or_nothing: bool = False) -> None:
        self._calls = calls
        self._all_or_nothing = all_or_nothing
        self._results: list[object] = [None] * len(calls)
        self._left = iter(range(len(calls)))
        self._lock = allocate_lock()
        #: What is not to be: it is raised in the caller's thread, and nobody begins anything any more.
        self.failures: list[BaseException] = []

    def work(self) -> None:
        """Run what nobody has begun, until nothing is left."""
        while not self.failures:
            with self._lock:
                n = next(self._left, None)
            if n is None:
                return
            try:
                self._results[n] = self._calls[n]()
            except BaseException as error:
                if self._all_or_nothing or not isinstance(error, ArenaError):
                    self.failures.append(error)
                self._results[n] = error

    def side_by_side(self) -> None:
        """Work in several threads, this one among them, until all have ended."""
        import threading

        threads = [threading.Thread(target=self.work, name="arena-read", daemon=True) for _ in range(min(WORKERS, len(self._calls)) - 1)]
        for thread in threads:
            thread.start()
        self.work()
        for thread in threads:
            thread.join()

    def results(self) -> list:  # type: ignore[type-arg]  # of whatever the calls return
        """Return what each call gave; raises what none should."""
        if self.failures:
            raise self.failures[0]
        return self._results
