"""Tables, times, colours, files."""

from __future__ import annotations

import io

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena_core.cli import terminal
from arena_core.cli.printing import LinePrinter
from arena_core.cli.render import local_time, table, yaml_text
from arena_core.contract.types import LogSource
from arena_core.usecases.views import LogLine


def test_a_table_has_two_blanks_between_columns_and_none_at_the_end():
    assert table([("NAME", "STATUS", "NODE"), ("a-long-name", "RUNNING", "")]) == "NAME         STATUS   NODE\na-long-name  RUNNING"
    assert table([]) == ""


def test_what_a_server_sends_cannot_steer_the_terminal():
    assert table([("a\x1b[31m\nb\tc\x9b", "d")]) == "a^[[31m b c\\u009b  d"


def test_phases_are_painted_without_moving_the_columns():
    plain, painted = (table([("NAME", "STATUS", "X"), ("a", "FAILED", "1")], colour=c) for c in (False, True))
    assert "\x1b[31mFAILED\x1b[0m" in painted
    assert painted.replace("\x1b[31m", "").replace("\x1b[0m", "") == plain


def test_a_time_for_people_says_its_zone(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert local_time("2026-01-01T00:00:00Z") == "2026-01-01 09:00:00 JST"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_yaml_has_no_anchors_keeps_order_and_shows_text_of_several_lines_as_a_block():
    shared = {"a": 1}
    text = yaml_text({"z": shared, "b": shared, "script": "one\ntwo\n"}, {"c": "on"})
    assert "&id" not in text
    assert text.index("z:") < text.index("b:")
    assert "script: |\n  one\n  two\n" in text
    assert list(yaml.safe_load_all(text)) == [{"z": {"a": 1}, "b": {"a": 1}, "script": "one\ntwo\n"}, {"c": "on"}]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environment", "wanted"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_colours_only_where_they_can_be_seen(monkeypatch, environment, wanted):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.colour_wanted(Terminal()) is wanted
    assert not terminal.colour_wanted(io.StringIO())


def test_prefixes_of_instances_and_a_last_line_without_newline(capfdbinary):
    lines = [LogLine(LogSource("j-worker-0", "c", "worker-0"), b"one"), LogLine(LogSource("j-master-0", "c"), b"\xff\n")]
    LinePrinter(prefixed=True).print(iter(lines))
    assert capfdbinary.readouterr().out == b"worker-0 one\nj-master-0 \xff\n"
    LinePrinter(prefixed=False).print(iter(lines))
    assert capfdbinary.readouterr().out == b"one\xff\n"


def test_what_goes_wrong_while_following_with_a_timeout_reaches_the_error_boundary():
    from types import SimpleNamespace

    from arena_core.cli.following import follow_to_the_end
    from arena_core.contract.errors import PermissionDenied

    def logs(*_, **__):
        yield LogLine(LogSource("p", "c", "master-0"), b"one\n")
        raise PermissionDenied("no logs for you")

    context = SimpleNamespace(client=SimpleNamespace(logs=logs))
    with pytest.raises(PermissionDenied):
        follow_to_the_end(context, "j", job_type="pytorchjob", timeout=5)


def test_prefixes_have_one_width_and_a_colour_by_rank():
    """L9: prefixes were not padded, and colours followed arrival."""
    from arena_core.cli.printing import colour_of

    assert colour_of("master-0") != colour_of("worker-0") != colour_of("worker-1")
    assert colour_of("worker-3") == colour_of("worker-3") and colour_of("some pod")


def test_padded_prefixes(capfdbinary):
    """L9."""
    printer = LinePrinter(prefixed=True)
    printer.expect(["ps-0", "worker-10"])
    printer.print([LogLine(LogSource("p", "c", "ps-0"), b"a\n"), LogLine(LogSource("w", "c", "worker-10"), b"b\n")])
    assert capfdbinary.readouterr().out == b"ps-0      a\nworker-10 b\n"


def test_progress_bars_keep_their_prefix_and_lines_of_two_do_not_mix(capfdbinary):
    """L9: tqdm's carriage returns wiped the prefix."""
    a, b = LogSource("a", "c", "a-0"), LogSource("b", "c", "b-0")
    pieces = [(a, b"\r 10%"), (a, b"\r 20%"), (b, b"hello\r\n"), (a, b"\r"), (a, b" 30%\n"), (a, b"end"), (b, b"x\n"), (b, b"last")]
    LinePrinter(prefixed=True).print(LogLine(source, text) for source, text in pieces)
    assert capfdbinary.readouterr().out == (b"a-0 \ra-0  10%\ra-0  20%\nb-0 hello\r\na-0 \ra-0  30%\na-0 end\nb-0 x\nb-0 last\n")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.text("x\r \x1b", max_size=4), max_size=4), st.text("x\r", max_size=2))))
def test_lines_that_come_at_once_are_prefixed_as_those_that_come_one_by_one(batches):
    """Several lines of an instance in one piece: 1,000,000 lines of 64 instances took three times what kubectl needs."""

    def printed(pieces):
        out = io.BytesIO()
        printer = LinePrinter(prefixed=True)
        printer._out = out
        printer.print(LogLine(LogSource(label, "c", f"{label}-0"), text.encode()) for label, text in pieces if text)
        return out.getvalue()

    at_once = [(label, piece) for label, lines, rest in batches for piece in ("".join(f"{line}\n" for line in lines), rest)]
    single = [(label, piece) for label, lines, rest in batches for piece in (*(f"{line}\n" for line in lines), rest)]
    assert printed(at_once) == printed(single)
