"""Machines with Ray and without."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A PATH with everything but Ray, as a machine has it that lacks it: jobs keep the submitter's."""
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "ray").exists()]
    for name in ("python3", "python"):
        (tmp_path / name).symlink_to(sys.executable)
    # KubeRay's own init container asks every 5 s whether the head is there: here it asks sooner.
    quick = tmp_path / "sleep"
    quick.write_text(f'#!/bin/sh\nexec {shutil.which("sleep")} "$([ "$1" = 5 ] && echo 0.3 || echo "$1")"\n')
    quick.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), *folders]))


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a real ``ray`` (``ARENA_TEST_RAY``), whose folder is the first on the submitter's PATH: ``python`` is its Python."""
    found = os.environ.get("ARENA_TEST_RAY") or shutil.which("ray")
    if not found:
        pytest.skip("Ray is not installed (no `ray` on PATH): its real use is not tested here (pip install 'ray[default]')")
    monkeypatch.setenv("PATH", f"{Path(found).parent}{os.pathsep}{os.environ['PATH']}")
    return found
