"""A limit on how long foreign code may keep the event loop: what sleeps or never ends is interrupted, and the API goes on answering."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

#: Seconds after which code that only waits is interrupted: nothing in the event loop may wait.
WAITING = 1.0
#: Seconds after which code that computes is interrupted.
COMPUTING = 15.0
#: The same as WAITING where modules are loaded from the disk.
LOADING = 10.0
#: Code that uses less of the processor than this waits; on a busy machine computing code gets little, too.
_SHARE = 0.03
#: In these rooms nothing is interrupted: a write is done or not done.
_WHOLE = ("arena_local.store", "arena_local.server")
#: But for what this one calls: an admission function, before anything is written.
_HOOKS = "arena_local.server.admission"


class TookTooLong(Exception):
    """The code has kept everybody waiting for too long."""


@contextlib.contextmanager
def limited(what: str, waiting: float = WAITING) -> Iterator[None]:
    """Raise ``TookTooLong`` inside the block when it blocks; does nothing outside of the main thread."""
    nested = signal.getsignal(signal.SIGALRM) not in (signal.SIG_DFL, signal.SIG_IGN, None)
    if nested or threading.current_thread() is not threading.main_thread():
        yield
        return
    begun, used = time.monotonic(), time.thread_time()

    def look(_: int, frame: FrameType | None) -> None:
        wall, processor = time.monotonic() - begun, time.thread_time() - used
        if (wall > COMPUTING or processor < wall * _SHARE) and not _in_a_write(frame):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise TookTooLong(f"{what} kept the cluster waiting for {wall:.0f} s and was interrupted")

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, waiting, WAITING / 4)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _in_a_write(frame: FrameType | None) -> bool:
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name == _HOOKS:
            return False
        if name.startswith(_WHOLE):
            return True
        frame = frame.f_back
    return False
