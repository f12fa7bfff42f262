"""Reads side by side: a few threads, each with a connection that is kept."""

from __future__ import annotations

from _thread import allocate_lock
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
    results: list[T | ArenaError | None] = [None] * len(calls)
    left = iter(range(len(calls)))
    import threading

    lock = allocate_lock()
    bugs: list[BaseException] = []

    def work() -> None:
        while not bugs:
            with lock:
                n = next(left, None)
            if n is None:
                return
            try:
                results[n] = calls[n]()
            except ArenaError as error:
                results[n] = error
            except BaseException as error:  # raised again in the caller's thread
                bugs.append(error)

    threads = [threading.Thread(target=work, name="arena-read", daemon=True) for _ in range(min(WORKERS, len(calls)) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if bugs:
        raise bugs[0]
    return results  # type: ignore[return-value]  # every place has been filled
