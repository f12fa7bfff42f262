"""Every command, every fault, every request: how a command line is run through the proxy, and what is asked of its end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl

import pytest

from arena_core.cli.main import main
from arena_core.contract.errors import EXIT_CODES
from arena_local.testing import LocalCluster
from tests.faults.faults import EVERY
from tests.faults.proxy import FaultProxy, Request

#: Nothing may take longer, whatever the fault: the longest is a retry's whole patience.
PATIENCE = 45.0
#: ``ARENA_FAULTS=all`` plays every fault at every request; without it each fault strikes one request of each command, in turn.
WHOLE = os.environ.get("ARENA_FAULTS") == "all"
#: How long one row of the matrix may take.
LIMIT = pytest.mark.timeout(900 if WHOLE else 120)

JOBS = "/apis/kubeflow.org/v1/namespaces/{}/pytorchjobs"


class Hung(BaseException):
    """The command did not end; not an ``Exception``, so that no boundary takes it for a failure of its own."""


class Spot(NamedTuple):
    """One request of a command: its kind, and its number among those of the kind. It stays the same though requests go side by side."""

    kind: str
    number: int


class Done(NamedTuple):
    """How a command ended: exit code, what it printed, and where its requests can be struck."""

    code: int
    out: str
    err: str
    spots: tuple[Spot, ...]
    seconds: float
    struck: str


def kind_of(request: Request, name: str = "") -> str:
    """Return what kind of request it is: method, path and the names of its parameters, whatever the job is called."""
    path = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", request.path)
    if name:
        path = re.sub(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", "JOB", path)
    keys = sorted({key for key, _ in parse_qsl(request.query, keep_blank_values=True)})
    return f"{request.method} {path}" + (f"?{'&'.join(keys)}" if keys else "")


def spots_of(requests: Sequence[Request], name: str = "") -> tuple[Spot, ...]:
    """Return the spots of a run's requests."""
    seen: Counter[str] = Counter()
    found = []
    for request in requests:
        kind = kind_of(request, name)
        found.append(Spot(kind, seen[kind]))
        seen[kind] += 1
    return tuple(found)


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

    def run(self, *words: str, fault: str = "", at: Spot = Spot("", 0), name: str = "", direct: bool = False) -> Done:  # noqa: B008
        """Run a command line, with one fault on one of its requests; ``name`` is the job's, which may differ from run to run."""
        self.proxy.clear()
        if fault:
            self.proxy.add(EVERY[fault](), match=lambda request: kind_of(request, name) == at.kind, skip=at.number, times=1)
        self.capfd.readouterr()
        started = time.monotonic()
        with alarm(PATIENCE):
            try:
                code = main(("--config", self.past if direct else self.through, *words))
            except Hung:
                code = -1
        seconds = time.monotonic() - started
        found = self.capfd.readouterr()
        requests = list(self.proxy.requests)
        struck = next((str(r) for r in requests if r.fault), "")
        return Done(code, found.out, found.err, spots_of(requests, name), seconds, struck)


class Cell(NamedTuple):
    """One fault on one request."""

    number: int
    fault: str
    at: Spot

    def __str__(self) -> str:
        return f"{self.fault} at {self.at.kind} ({self.at.number})"


def cells(clean: Done, offset: int = 0, *, halved: bool = False) -> list[Cell]:
    """Return all pairs, or each fault once, at a request that differs from fault to fault.

    ``halved``: every other fault, and for the next command the others. So it is for commands that only read, of which there are many.
    """
    spots = clean.spots
    assert spots, "a command without requests"
    played = [fault for number, fault in enumerate(EVERY) if WHOLE or not halved or (number + offset) % 2 == 0]
    wanted = [
        (fault, spot)
        for number, fault in enumerate(played)
        for place, spot in enumerate(spots)
        if WHOLE or place == (number + offset) % len(spots)
    ]
    return [Cell(number, *pair) for number, pair in enumerate(wanted)]


class Findings:
    """What is wrong, by cell, and how many of the faults have struck: a matrix whose faults hit nothing proves nothing."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[str]] = {}
        self._struck = 0

    def add(self, cell: Cell, done: Done, *wrong: str) -> None:
        """Note what is wrong with a run ("" = nothing)."""
        self._wrong[str(cell)] = [text for text in wrong if text]
        self._struck += bool(done.struck)

    def check(self) -> None:
        """Fail with all that is wrong."""
        found = {cell: wrong for cell, wrong in self._wrong.items() if wrong}
        assert not found, json.dumps(found, indent=1)
        assert self._struck > 0.7 * len(self._wrong), f"of {len(self._wrong)} faults only {self._struck} struck"


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
    """Return an output without what changes from one run to the next: ages, durations, time stamps, restarts, blanks of columns."""
    text = re.sub(r"\b\d+(\.\d+)?(ms|s|m|h|d)(\d+s)?\b", "AGE", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\s\"]*( [A-Z]{3,4})?", "TIME", text)
    text = re.sub(r'(TensorBoard is not up): [^"\n]*', r"\1", text)
    return "\n".join(re.sub(r"\s+", " ", line).rstrip() for line in text.splitlines())


def in_order_once(done: Done, whole: Sequence[str]) -> str:
    """Return what is wrong with the lines of a log: with 0 all of it must be there, else a part, nothing twice or out of order."""
    lines = done.out.splitlines()
    if done.code == 0:
        return "" if lines == list(whole) else f"exit 0 with {len(lines)} lines, {lines[:1]} to {lines[-1:]}"
    rest = iter(whole)
    return "" if all(any(line == other for other in rest) for line in lines) else "lines twice, out of order, or of something else"


def count(cluster: LocalCluster, path: str, name: str, *, ending: bool = True) -> int:
    """Return how many objects of this name there are, with those that are being deleted or without."""
    found = [item["metadata"] for item in cluster.request("GET", path)[1]["items"]]
    return sum(1 for one in found if one["name"] == name and (ending or "deletionTimestamp" not in one))


def noted(done: Done, clean: Done) -> bool:
    """Whether it is said what could not be seen: on stderr, something that a run without a fault does not say."""
    usual = steady(clean.err).splitlines()
    if any(line.strip() and line not in usual for line in steady(done.err).splitlines()):
        return True
    # The reasons of `why` are its output: what it could not read is one of them.
    return "cannot be read" in done.out and "cannot be read" not in clean.out


def judged(done: Done, clean: Done, *, believed: bool = False) -> str:
    """Return what is wrong with a reading: success where there is none, or another output without a word. ``believed``: as the fault says."""
    if clean.code and not done.code and not believed:
        return f"says 0 instead of {clean.code}"
    if not done.code and not believed and steady(done.out) != steady(clean.out) and not noted(done, clean):
        return f"says 0 and shows something else without a word: {done.out[:300]!r}"
    return ""
