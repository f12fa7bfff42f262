"""Packages installed into an environment of a test's own: by uv where it is, which takes a tenth of what pip takes; else by pip."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: Of the machine's settings for pip those by which packages are found: uv knows them as options of the same names.
_FINDING = ("url", "find-links", "constraint")


def install(python: Path, *arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Install what the arguments name (those that pip and uv share) for an interpreter; pip has the last word on what fails."""
    if uv := _uv():
        settings = () if "--no-index" in arguments else _settings()
        done = _run(uv, "pip", "install", "-q", "--python", str(python), "--cache-dir", str(cache), *settings, *arguments)
        if done.returncode == 0:
            return done
    pip = (sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "-q", "install", "--no-compile")
    return _run(*pip, *arguments)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, env=env)


@functools.cache
def _uv() -> str:
    try:
        from uv import find_uv_bin  # type: ignore[import-not-found]  # a tool of the developer's, not needed

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return ""


@functools.cache
def _settings() -> Sequence[str]:
    """Return where this machine's pip finds packages, as options of uv; among several places the newest version counts, as with pip."""
    said = _run(sys.executable, "-m", "pip", "config", "list").stdout
    return ("--index-strategy", "unsafe-best-match", *options(said))


def options(config: str) -> list[str]:
    """Return the options for what ``pip config list`` prints; a variable of the environment counts more than a file."""
    found: dict[str, list[str]] = {}
    rank = {"global": 0, "install": 1, ":env:": 2}
    rows = [(*name.rsplit(".", 1), value) for name, _, value in (line.partition("=") for line in config.splitlines()) if "." in name]
    for _, key, value in sorted((row for row in rows if row[0] in rank), key=lambda row: rank[row[0]]):
        if key.endswith(_FINDING):
            found[key] = str(ast.literal_eval(value)).split()
    return [word for key, values in found.items() for value in values for word in (f"--{key}", value)]
