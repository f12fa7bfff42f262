"""Calls that block, for asyncio: each runs in a thread of its own, and ends with the task that waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Generic, TypeVar

from arena_core.kube.scope import CancelScope

T = TypeVar("T")

#: How long a cancelled task waits for its thread. It wakes up at once, but for a connection that is just being made.
GRACE = 5.0
#: So many lines are read ahead of the task that takes them.
AHEAD = 1000


async def run(call: Callable[[CancelScope], T]) -> T:
    """Return what the call returns; if the task is cancelled the call's scope ends, and with it the thread."""
    loop = asyncio.get_running_loop()
    scope, done = CancelScope(), loop.create_future()

    def work() -> None:
        try:
            result = call(scope)
        except BaseException as error:  # handed to the task
            _tell(loop, _fail, done, error)
        else:
            _tell(loop, _succeed, done, result)

    # Not the loop's executor: a few jobs that are waited for would fill it, and its threads hold up the end of the program.
    threading.Thread(target=work, name="arena-call", daemon=True).start()
    try:
        found: T = await asyncio.shield(done)
    except asyncio.CancelledError:
        scope.cancel()
        await asyncio.wait([done], timeout=GRACE)
        _looked_at(done)
        raise
    return found


async def lines(read: Callable[[CancelScope], Iterator[T]]) -> AsyncGenerator[T]:
    """Yield what the iterator yields; it is read in a thread, a little ahead. Closing this, or cancelling its task, ends the reading."""
    pipe: _Pipe[T] = _Pipe(asyncio.get_running_loop())
    reading = asyncio.ensure_future(run(lambda scope: pipe.fill(read(scope))))
    reading.add_done_callback(lambda _: pipe.ready.set())
    try:
        while True:
            while pipe.found:
                yield pipe.take()
            if reading.done():
                break
            pipe.ready.clear()
            if not pipe.found:
                await pipe.ready.wait()
        await reading
    finally:
        pipe.close()
        reading.cancel()
        await asyncio.wait([reading], timeout=GRACE)
        _looked_at(reading)


class _Pipe(Generic[T]):
    """Lines on their way from a thread to a task."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._room = threading.Condition()
        self._closed = False
        self.found: deque[T] = deque()
        self.ready = asyncio.Event()

    def fill(self, source: Iterator[T]) -> None:
        """Take all lines from the source; waits while the task does not keep up."""
        for line in source:
            with self._room:
                self._room.wait_for(lambda: len(self.found) < AHEAD or self._closed)
                if self._closed:
                    return
                self.found.append(line)
                if len(self.found) == 1:
                    _tell(self._loop, self.ready.set)

    def take(self) -> T:
        """Return the next line."""
        with self._room:
            line = self.found.popleft()
            self._room.notify()
        return line

    def close(self) -> None:
        """Nobody takes any more."""
        with self._room:
            self._closed = True
            self._room.notify_all()


def _looked_at(done: asyncio.Future[Any]) -> None:
    """Nobody wants to know any more how it ended: asyncio need not complain of it."""
    if done.done() and not done.cancelled():
        done.exception()


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., object], *args: object) -> None:
    try:
        loop.call_soon_threadsafe(what, *args)
    except RuntimeError:
        pass  # the loop has been closed: nobody waits any more


def _succeed(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
