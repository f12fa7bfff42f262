"""What the tests of all distributions share: the reference material (absent in a plain checkout), command lines as the CLI reads them."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

try:
    from tests import longest, planted
except ModuleNotFoundError:  # tests/unit run against an installed core alone, where the tests are no package
    longest = planted = None  # type: ignore[assignment]

# The commands and daemons that tests start keep their compiled modules: each would compile them all again.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    sys.dont_write_bytecode = False

# A shell starts what it puts in the background with Ctrl-C ignored, and every command that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Properties are no races: on a machine with other work an example that takes long says nothing. Each run draws new examples, so that
# fewer in a run are as many in a week.
settings.register_profile("arena", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arena")
# Runs of pytest that tests start elsewhere find what is kept here, too: the tables of all letters take 1.6 s to make.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(__file__).resolve().parent / ".hypothesis"))

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parent.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with recordings and CRDs of real clusters; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference material is not here")
    return SHARED


@pytest.fixture(scope="session")
def read_argv() -> Callable[[Any, Sequence[str]], Any]:
    """Return what turns (model, words behind ``submit TYPE``) into an instance of the model; raises ``InvalidArguments``."""
    from arena_core.cli.parse import Parser
    from arena_core.cli.submit.options import flags_of, model_for, read_arguments, words_of

    def read(model: Any, argv: Sequence[str]) -> Any:
        model = model_for(model, argv, (), lambda parsed: parsed.values)
        unknown = getattr(model, "elsewhere", None)
        parsed = Parser(flags_of(model), program=True, unknown=unknown).parse(list(argv))
        raw: dict[str, Any] = dict(parsed.values)
        if words := words_of(parsed):
            raw["command"] = words
        return read_arguments(model, raw, parsed.problems)

    return read


@pytest.fixture(scope="session", autouse=True)
def _secrets_of_local_clusters() -> Iterator[None]:
    """Plant the secret of every local cluster that a test starts."""
    if planted is None:
        yield
        return
    from arena_local.daemon.state import State

    original = State.token
    State.token = lambda self: planted.plant(original(self))  # type: ignore[method-assign]
    yield
    State.token = original  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what ``--loglevel`` set in this process: a command is a process of its own, but for the tests that call ``main``."""
    logger = logging.getLogger("arena_core")
    before = (logger.level, logger.handlers[:])
    yield
    logger.setLevel(before[0])
    logger.handlers[:] = before[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test whose captured output holds a planted secret."""
    report = yield
    if planted is None:
        return report
    printed = report.capstdout + report.capstderr
    if planted.found_in(printed) and report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: a planted secret is in what was printed"
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Make the tables of all letters while the workers collect: in a fresh checkout each of them would make its own."""
    if getattr(session.config.option, "numprocesses", None) and not hasattr(session.config, "workerinput"):
        settings(max_examples=1, database=None)(given(st.text())(lambda text: None))()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    if longest is not None:
        longest.first(items)


def pytest_collection_finish() -> None:
    """Take what stays until the end (thousands of tests, all modules) out of the collector's sight: it would walk it hundreds of times."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out, and why: a skip in a line of dots is read by nobody."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ()) if isinstance(report.longrepr, tuple))
    if reasons:
        terminalreporter.section("left out", yellow=True)
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{count} test{'s' if count > 1 else ''}: {reason.removeprefix('Skipped: ')}", yellow=True)
