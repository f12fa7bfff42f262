"""Every command, every fault, every request: how a command line is run through the proxy, and what is asked of its end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from arena_core.cli.main import main
from arena_core.errors import EXIT_CODES
from tests.faults.faults import EVERY
from tests.faults.proxy import FaultProxy

#: Nothing may take longer, whatever the fault: the longest is a retry's whole patience.
PATIENCE = 45.0
#: ``ARENA_FAULTS=all`` plays every fault at every request; without it each fault strikes one request of each command, in turn.
WHOLE = os.environ.get("ARENA_FAULTS") == "all"


class Hung(BaseException):
    """The command did not end; not an ``Exception``, so that no boundary takes it for a failure of its own."""


class Done(NamedTuple):
    """How a command ended: exit code, what it printed, and how many requests it made."""

    code: int
    out: str
    err: str
    requests: int
    seconds: float
    struck: str


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise ``Hung`` in this (main) thread when the time is over."""

    def ring(*_: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass
class Shell:
    """Runs ``arena`` in this process, through the proxy or past it."""

    proxy: FaultProxy
    capfd: pytest.CaptureFixture[str]
    through: str
    past: str

    def run(self, *words: str, fault: str = "", at: int = 0, direct: bool = False) -> Done:
        """Run a command line with one fault on its request number ``at``."""
        self.proxy.clear()
        if fault:
            self.proxy.add(EVERY[fault](), skip=at, times=1)
        self.capfd.readouterr()
        started = time.monotonic()
        with alarm(PATIENCE):
            try:
                code = main(("--config", self.past if direct else self.through, *words))
            except Hung:
                code = -1
        seconds = time.monotonic() - started
        found = self.capfd.readouterr()
        struck = next((str(r) for r in self.proxy.requests if r.fault), "")
        return Done(code, found.out, found.err, len(self.proxy.requests), seconds, struck)


def cells(requests: int, offset: int = 0) -> Iterator[tuple[int, str]]:
    """Yield (number of the request, fault): all pairs, or each fault once, at a request that differs from fault to fault."""
    for number, fault in enumerate(EVERY):
        for at in range(requests):
            if WHOLE or at == (number + offset) % requests:
                yield at, fault


def fair(done: Done) -> list[str]:
    """Return what is wrong with the end of any command, whatever the fault: a traceback, a bug, a hang, a failure without a line."""
    wrong = []
    if done.code == -1:
        wrong.append(f"hangs (over {PATIENCE:g} s)")
    elif done.code not in EXIT_CODES:
        wrong.append(f"exit code {done.code} is not documented")
    text = done.err + done.out
    if "Traceback" in text or "this is a bug" in text:
        wrong.append("a bug: " + next(line for line in text.splitlines() if "bug" in line or "Traceback" in line))
    if done.code > 0 and done.code != 130:
        errors = [line for line in done.err.splitlines() if line.startswith("error:")]
        if len(errors) != 1:
            wrong.append(f"{len(errors)} lines of error, one was expected")
    if "injected" in done.out:
        wrong.append("the fault's text is in the output")
    return wrong


def steady(text: str) -> str:
    """Return an output without what changes from one run to the next: ages, durations, time stamps, blanks of columns."""
    text = re.sub(r"\b\d+(\.\d+)?(ms|s|m|h|d)(\d+s)?\b", "AGE", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\s\"]*( [A-Z]{3,4})?", "TIME", text)
    return "\n".join(re.sub(r"\s+", " ", line).rstrip() for line in text.splitlines())


def in_order_once(lines: list[str], whole: list[str]) -> bool:
    """Whether the lines are some of the whole, in its order, none twice: nothing doubled, nothing out of order."""
    rest = iter(whole)
    return all(any(line == other for other in rest) for line in lines)


def report(cells: dict[str, list[str]]) -> str:
    """Return all that is wrong, a line a cell."""
    return json.dumps({cell: wrong for cell, wrong in cells.items() if wrong}, indent=1)
