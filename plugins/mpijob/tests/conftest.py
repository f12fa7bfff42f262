"""A real mpirun, where there is one."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture
def mpirun() -> str:
    """The path of a real mpirun. CI says that there must be one; elsewhere its absence is told."""
    found = shutil.which("mpirun")
    if found is None:
        assert not os.environ.get("ARENA_TEST_NEEDS_MPIRUN"), "mpirun is missing: install Open MPI (Debian, Ubuntu: openmpi-bin)"
        pytest.skip("mpirun is not installed: its real use is not tested here (Debian, Ubuntu: openmpi-bin)")
    return found
