"""Client libraries of other versions, each in a virtual environment of its own below .venv/matrix, made once."""

from __future__ import annotations

import fcntl
import hashlib
import sys
import venv
from pathlib import Path

import pytest

from tests import installing

CACHE = Path(sys.prefix) / "matrix"


def environment(*requirements: str) -> Path:
    """Return the ``bin`` folder of an environment that holds the requirements; skips the test where no package index answers."""
    text = "\n".join([*requirements, sys.version])
    folder = CACHE / hashlib.sha256(text.encode()).hexdigest()[:12]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            venv.create(folder, with_pip=False, clear=True)
            done = installing.install(folder / "bin" / "python", *requirements, cache=CACHE / "uv")
            if done.returncode:
                if any(
                    sign in done.stderr
                    for sign in ("Connection", "Temporary failure", "No matching distribution", "Network is unreachable")
                ):
                    pytest.skip(f"no package index answers: {' '.join(requirements)} cannot be installed")
                raise AssertionError(done.stderr)
            (folder / "made").write_text(text)
    return folder / "bin"
