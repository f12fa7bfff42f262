"""The picture of the README is drawn from what was recorded, and what was recorded is what the commands print today."""

from __future__ import annotations

import importlib.util
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from arena_core.cli import catalog
from arena_core.cli.columns import COLUMNS
from arena_core.cli.top import nodes

ROOT = Path(__file__).parents[2]


def maker():
    spec = importlib.util.spec_from_file_location("make_picture", ROOT / "docs/pictures/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = maker()
TEXT = MAKER.RECORDED.read_text(encoding="utf-8")


def test_the_picture_is_that_of_the_recording():
    assert MAKER.drawing(TEXT) == MAKER.DRAWN.read_text(encoding="utf-8"), "run `python3 dev.py picture draw`"


def test_it_is_a_picture_that_loads_nothing_and_shows_every_word():
    shown = MAKER.DRAWN.read_text(encoding="utf-8")
    words = " ".join(text.text for text in ET.fromstring(shown).iter("{http://www.w3.org/2000/svg}text")).split()
    assert words == re.sub(r"\x1b\[[0-9;]*m", "", TEXT).split()
    assert "href" not in shown and "<script" not in shown and shown.count("http") == 1


def test_the_recording_is_of_today():
    """Commands and headers are known ones: whoever changes them makes the picture anew with `python3 dev.py picture`."""
    commands = [line.removeprefix("$ arena ").split() for line in TEXT.splitlines() if line.startswith("$ ")]
    assert [tuple(words) for words in commands] == list(MAKER.COMMANDS) and all(catalog.find(words[0]) for words in commands)
    headers = [line.split() for line in TEXT.splitlines() if line.startswith("NAME")]
    assert set(headers[0]) <= {column.header for column in COLUMNS.values()} | {"PLACE"} and "PROGRESS" in headers[0]
    assert set(headers[1]) <= {"NAME", "STATUS", "GPU(Total)", "GPU(Allocated)", "GPU(Free)", *nodes.LEAST}
    assert all(f"\n{name} " in re.sub(r"\x1b\[[0-9;]*m", "", TEXT) for name in MAKER.SCENE)
    assert "/tmp" not in TEXT and "/home" not in TEXT


def test_the_readme_shows_it():
    assert "(docs/pictures/seeing.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")
