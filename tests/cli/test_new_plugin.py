"""``arena plugins new``: what it writes, and what it refuses. That it runs is tested in tests/packaging/test_new_plugin.py."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "plugins" / "arena-hello"


def test_the_example_is_what_is_made_of_its_own_name(arena, home):
    done = arena("plugins", "new", "hello")
    assert done.code == 0
    made = {path.relative_to(home / "arena-hello"): path.read_text() for path in (home / "arena-hello").rglob("*") if path.is_file()}
    shipped = {p.relative_to(EXAMPLE): p.read_text() for p in EXAMPLE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert made == shipped
    assert sorted(done.out.splitlines()) == sorted(f"arena-hello/{path}" for path in made)
    assert "pip install -e arena-hello" in done.err


def test_the_name_stands_where_it_belongs(arena, home):
    (home / "down").mkdir()
    told = json.loads(arena("plugins", "new", "two-words", "--dir", "down", "-o", "json").out)
    assert told["folder"] == "down/arena-two-words"
    texts = {path.name: path.read_text() for path in (home / "down").rglob("*") if path.is_file()}
    assert not [name for name, text in texts.items() if re.search("hello", text + name, re.IGNORECASE)]
    assert 'two-words = "arena_two_words.plugin"' in texts["pyproject.toml"]
    assert "class TwoWordsArgs(" in texts["args.py"]
    assert (home / "down/arena-two-words/arena_two_words/plugin.py").is_file()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("My_Job", "may contain only lower-case letters"),
        ("../up", "may contain only lower-case letters"),
        ("a--b", "may contain only lower-case letters"),
        ("a-", "may contain only lower-case letters"),
        ("1a", "must begin with a letter"),
        ("", "must begin with a letter"),
        ("a\nb", "must begin with a letter"),
        ("x" * 31, "at most 30 are allowed"),
        ("pytorchjob", "is an installed job type"),
        ("py", "is another name of the installed job type pytorchjob"),
        ("list", "is a command of arena"),
        ("local", "is a command of arena"),
        ("core", "arena_core"),
    ],
)
def test_a_name_that_cannot_be_is_refused(arena, home, name, words):
    done = arena("plugins", "new", name)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert [p.name for p in home.iterdir()] == []


def test_everything_that_is_wrong_is_told_at_once(arena, home):
    done = arena("plugins", "new", "Nope", "--dir", "missing")
    assert done.code == 2
    assert "'Nope'" in done.err and "missing does not exist" in done.err and "--dir" in done.err


def test_what_is_there_stays(arena, home):
    (home / "arena-mine").mkdir()
    (home / "arena-mine" / "kept").write_text("kept")
    done = arena("plugins", "new", "mine")
    assert done.code == 4
    assert "is there already" in done.err
    assert [p.name for p in (home / "arena-mine").iterdir()] == ["kept"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(arena, home):
    (home / "locked").mkdir(mode=0o500)
    done = arena("plugins", "new", "mine", "--dir", "locked")
    assert done.code == 2
    assert "cannot be written to" in done.err


@pytest.mark.parametrize("words", [("new",), ("new", "a", "b"), ("list", "--dir", "x"), ("check", "a")])
def test_wrong_usage(arena, home, words):
    assert arena("plugins", *words).code == 2
