"""What a user reads is written in English, not translated into it; and the developer's door hides no second try."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.house import words

ROOT = Path(__file__).resolve().parents[2]


def test_no_sentence_reads_oddly():
    assert not words.odd(), "\n".join(words.odd())


def test_the_patterns_find_what_they_are_for():
    samples = [
        "the key 'a' stands twice", "pods may not be read", "means nothing without --x", "x is nothing to wait for", "the job goes on; stopped",
        "it gives no reason", "'a' is none of wide, json", "a time-out passed", "nothing stands in its way", "you may not look among: x",
        "pretend so many GPUs per node", "its pods are being ended", "in his current directory", "what is otherwise than in Arena",
    ]  # fmt: skip
    import re

    for sample in samples:
        assert any(re.search(pattern, sample, re.IGNORECASE) for pattern in words.ODD), sample


def test_sentences_of_every_kind_are_collected():
    found = words.sentences()
    for part in ("arena_core/cli/", "arena_core/usecases/", "plugins/volcano/", "plugins/local/arena_local/cli.py", "docs/", "README.md"):
        assert any(part in sentence.place for sentence in found), part
    assert len(found) > 1500


@pytest.fixture
def dev(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FLAKY", tmp_path / "flaky.json")
    return module


def test_a_second_try_is_named_counted_and_at_the_third_time_an_error(dev, capsys):
    assert dev.report_flaky([]) == 0
    assert [dev.report_flaky(["tests/a.py::x", "tests/b.py::y"][: 1 + (n == 0)]) for n in range(3)] == [0, 0, 1]
    assert json.loads(dev.FLAKY.read_text()) == {"tests/a.py::x": 3, "tests/b.py::y": 1}
    assert "tests/a.py::x (now 3 of 3)" in capsys.readouterr().out
