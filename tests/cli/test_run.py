"""What belongs to one run of the program ends with it, reaches its threads, and is nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from arena_core.cli import terminal
from arena_core.cli.flags import Parsed
from arena_core.cli.jobtypes import registry
from arena_core.cli.run import Run, current, within

HINT = "`arena list` shows the jobs"
MEANT = "`arena list -n team` shows the jobs"


def in_thread(call: Callable[[], object]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_a_suggested_command_goes_where_this_run_goes(capsys: pytest.CaptureFixture[str]) -> None:
    with Run() as run:
        terminal.note(HINT)
        run.parsed = Parsed({"namespace": "team"})
        terminal.note(HINT)
        with Run():
            terminal.note(HINT)
        terminal.note(HINT)
    terminal.note(HINT)
    assert capsys.readouterr().err.splitlines() == [HINT, MEANT, HINT, MEANT, HINT]


def test_threads_are_a_part_of_the_run_that_takes_them_along(capsys: pytest.CaptureFixture[str]) -> None:
    with Run() as run:
        run.parsed = Parsed({"namespace": "team"})
        tell = within(terminal.note)
        for _ in range(2):
            in_thread(lambda: tell(HINT))
        in_thread(lambda: tell(HINT))
        in_thread(within(lambda: in_thread(lambda: tell(HINT))))
    assert capsys.readouterr().err.splitlines() == [MEANT] * 4


def test_a_drawn_line_gives_way_to_a_note_of_any_thread(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda *_: terminal.os.terminal_size((80, 24)))
    with Run() as run:
        in_thread(within(lambda: terminal.status("waiting")))
        assert run.drawn
        terminal.note("done")
        assert not run.drawn
    assert capfd.readouterr().err == "\r\x1b[Kwaiting\r\x1b[Kdone\n"


def test_what_is_installed_is_looked_for_once_a_run() -> None:
    with Run() as run:
        assert registry() is registry() is run.registry
    with Run():
        assert registry() is not run.registry
    assert current() is not run
