"""The files of the page: those of others are what they were when they were taken over, with their licences, and all are in the wheel."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "arena_core/cli/logview/static"
#: htm 3.1.1 with preact and its hooks (htm/preact/standalone.module.js), uPlot 1.6.32, ansi_up 6.0.6; licence: its copyright and file.
VENDORED = {
    "ansi_up.js": "554a7d9ca4f3721db1f14941f92dc75b254f57d4b7bffeb84eea1174aa160780",
    "htm-preact.js": "72284e8e9079c87817145df1110f74e8a2aa040b2fc384922e18dfcb46fc1fd7",
    "uplot.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uplot.js": "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
}
LICENCES = {
    "LICENSE.ansi_up": "Copyright (c) 2011 github.com/drudru",
    "LICENSE.htm": "Apache License",
    "LICENSE.preact": "Copyright (c) 2015-present Jason Miller",
    "LICENSE.uplot": "Copyright (c) 2022 Leon Sorokin",
}


def test_vendored_files_are_as_they_were_published() -> None:
    there = {file.name for file in (STATIC / "vendor").iterdir()}
    assert there == {*VENDORED, *LICENCES}
    for name, digest in VENDORED.items():
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest, name
    for name, words in LICENCES.items():
        assert words in (STATIC / "vendor" / name).read_text(), name


def test_the_notice_names_them() -> None:
    notice = (STATIC.parents[3] / "NOTICE").read_text()
    for name in ("preact", "htm", "uPlot", "ansi_up"):
        assert name in notice


def test_our_files_name_no_other_place_and_make_no_code_of_text() -> None:
    """What the browser really asks for is seen in the tests of the page."""
    for file in STATIC.iterdir():
        if file.suffix in (".html", ".css", ".js"):
            text = file.read_text()
            assert not re.findall(r"https?://(?!www\.w3\.org)", text), file
            assert not re.search(r"\beval\(|new Function|\bon\w+=\"|<style|<script(?! type=\"module\" src)", text), file


def test_our_scripts_are_small() -> None:
    sizes = {file.name: len(file.read_text().splitlines()) for file in STATIC.glob("*.js")}
    assert max(sizes.values()) <= 250, sizes
