"""What pods, servers and plugins write never steers the terminal (S5)."""

from __future__ import annotations

import json
import re
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena_core.cli import printing
from arena_core.cli.foreign import json_safe, log_line, one_line, plain
from arena_core.cli.render import yaml_text
from arena_core.contract.types import LogSource
from arena_core.usecases.views import LogLine

EVIL = "\x1b]0;X\x07\x1b[2J\x9b2J\u202egnp\x85 \x08\r"
JOBS = "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs"
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@given(st.text(alphabet=st.characters()))
def test_no_text_steers(text):
    assert not STEERS.search(plain(text))
    assert not STEERS.search(one_line(text))
    assert "\n" not in one_line(text)
    assert plain(plain(text)) == plain(text)


@given(st.text())
def test_readable_text_stays(text):
    if not STEERS.search(text):
        assert plain(text) == text


@given(st.text())
def test_json_and_yaml_say_the_same_as_before(text):
    shown = json_safe(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(shown) == {"a": text}
    assert not STEERS.search(shown)


@pytest.mark.parametrize("text", [EVIL, "two\nlines \u202e", "\x9b", "plain", "Grüße\nan alle", "\u2028"])
def test_yaml_is_safe_and_reads_back(text):
    shown = yaml_text({"a": text, text: 1})
    assert not STEERS.search(shown)
    assert yaml.safe_load(shown) == {"a": text, text: 1}


@given(st.binary())
def test_no_line_of_a_log_steers(data):
    rest = re.sub(rb"\x1b\[[0-9;:]*m", b"", log_line(data))
    assert not re.search(rb"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]", rest)
    assert not re.search("[\x80-\x9f]", rest.decode("utf-8", "ignore"))


@given(st.text())
def test_letters_of_a_log_stay(text):
    if not STEERS.search(text.replace("\u200e", "")):
        assert log_line(text.encode("utf-8", "ignore")) == text.encode("utf-8", "ignore")


def test_colours_and_progress_bars_of_a_log_stay():
    line = b"\x1b[1;31mloss\x1b[0m 0.5\r 10%|##  \xe2\x96\x88|\n"
    assert log_line(line) == line
    assert log_line(b"\x1b]52;c;aGk=\x07a\x1b]8;;http://x\x1b\\b\x1bc\x1b[?25l\x1b[3A") == b"ab"


@pytest.mark.parametrize(
    ("terminal", "raw", "shown"), [(True, False, b"hi"), (True, True, b"\x1b]0;X\x07hi"), (False, False, b"\x1b]0;X\x07hi")]
)
def test_a_file_gets_every_byte_and_a_terminal_what_is_harmless(monkeypatch, capfdbinary, terminal, raw, shown):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    printing.LinePrinter(prefixed=False, raw=raw).print([LogLine(LogSource("p", "c"), b"\x1b]0;X\x07hi")])
    assert capfdbinary.readouterr().out == shown


@pytest.mark.parametrize("command", [("get", "j"), ("get", "j", "-o", "json"), ("get", "j", "-o", "yaml"), ("list",), ("why", "j")])
def test_a_hostile_job_does_not_steer(arena, api, command):
    api.put("/api/v1/namespaces/default/pods")
    api.put("/api/v1/namespaces/default/events")
    api.put(JOBS, {
        "apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob",
        "metadata": {"name": "j", "namespace": "default", "uid": "u", "labels": {"modelName": EVIL}, "annotations": {"a": EVIL}},
        "spec": {"pytorchReplicaSpecs": {}},
        "status": {"conditions": [{"type": "Failed", "status": "True", "reason": EVIL, "message": EVIL}]},
    })  # fmt: skip
    done = arena(*command)
    assert done.code == 0, done.err
    assert "gnp" in done.out or command == ("list",)
    assert not STEERS.search(done.out + done.err)


def test_a_hostile_server_does_not_steer_by_an_error(arena, api, monkeypatch):
    monkeypatch.setattr(api, "answer", lambda *_: (422, {"kind": "Status", "status": "Failure", "code": 422, "message": EVIL}))
    done = arena("get", "j", "-T", "py")
    assert done.code != 0
    assert not STEERS.search(done.err)
