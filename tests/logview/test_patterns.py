"""Regular expressions of the page: one that would never come to an end takes neither the page nor another search with it."""

from __future__ import annotations

import re
import threading
import time

import pytest

from arena_core.cli.logview.patterns import PATTERNS, Patterns
from arena_core.cli.logview.query import Query
from arena_core.cli.logview.store import Store
from arena_core.cli.logview.views import View, Views
from arena_core.contract.errors import UsageError

CATASTROPHE = "(a+)+$"
LINE = b"a" * 60 + b"!"


@pytest.fixture(autouse=True)
def _ended() -> object:
    yield None
    PATTERNS.close()


@pytest.mark.parametrize("pattern", ["a+b", "Ä", "x|^$", "(?i)LOSS", r"\d{3}", "."])
@pytest.mark.parametrize("cased", [True, False])
def test_it_finds_what_re_finds(pattern: str, cased: bool) -> None:
    lines = [b"aab", b"", "ä Ä".encode(), b"loss 123", b"\xff\x00", b"LOSS"]
    found = re.compile(pattern, 0 if cased else re.IGNORECASE)
    wanted = [at for at, line in enumerate(lines) if found.search(line.decode("utf-8", "replace"))]
    assert list(PATTERNS.picks(pattern, lines, cased=cased)) == wanted


def test_one_without_end_is_refused_and_the_next_goes_on() -> None:
    own = Patterns()
    try:
        with pytest.raises(UsageError, match="takes too long"):
            own.picks(CATASTROPHE, [LINE], cased=True, patience=0.3)
        assert list(own.picks("a!", [LINE, b"b"], cased=True)) == [0]
    finally:
        own.close()


def test_the_page_goes_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a search hangs others are answered; asked again it is refused at once. In a line that has just come, too."""
    monkeypatch.setattr("arena_core.cli.logview.patterns.PATIENCE", 1.0)
    monkeypatch.setattr(Patterns.picks, "__kwdefaults__", {"patience": 1.0})
    store = Store()
    source = store.add_source(0, "m", "m")
    store.append(source, [(at, b"loss %d\n" % at) for at in range(30_000)] + [(30_001, LINE + b"\n")])
    store.append(source, [(at, b"x" * 100 + b"\n") for at in range(40_000, 60_000)])
    views, told = Views(store, lambda text: text), []

    def search() -> None:
        try:
            views.search(View(), Query(CATASTROPHE, regex=True), 0, 1, patience=60)
        except UsageError as error:
            told.append(error.message)

    hanging = threading.Thread(target=search)
    hanging.start()
    began = time.monotonic()
    assert views.search(View(), Query("loss 77"), 0, 1)["count"] > 0
    assert time.monotonic() - began < 0.9
    hanging.join(30)
    assert told and "takes too long" in told[0]
    began = time.monotonic()
    with pytest.raises(UsageError, match="takes too long"):
        views.search(View(), Query(CATASTROPHE, regex=True), 0, 1)
    assert time.monotonic() - began < 0.5
    store.close()
