"""A line that shows what is waited for, and for how long: on a terminal, below everything else, gone when it is over."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from arena_core.cli import terminal
from arena_core.cli.run import within
from arena_core.k8s import duration

#: Seconds before it appears: what is quick needs no line.
AFTER = 2.0


class Patience:
    """``with Patience(lambda: "waiting for x")``; ``limit`` are the seconds after which the wait ends by itself.

    Where stderr is no terminal nothing is drawn: a log does not want a line a second.
    """

    def __init__(self, text: Callable[[], str], limit: float | None = None, after: float = AFTER) -> None:
        self._text = text
        self._limit = limit
        self._after = after
        self._over = threading.Event()
        self._thread = threading.Thread(target=within(self._draw), name="arena-patience", daemon=True)

    def __enter__(self) -> Patience:
        if sys.stderr.isatty():
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(1.0)
        terminal.status("")

    def _draw(self) -> None:
        began = time.monotonic()
        wait = self._after
        while not self._over.wait(wait):
            spent, wait = time.monotonic() - began, 1.0
            left = "" if self._limit is None else f", gives up in {duration.human(max(0, round(self._limit - spent)))}"
            terminal.status(f"{self._text()} (for {duration.human(round(spent))}{left})")
