"""``--pprof``: a CPU profile of one command, as Arena writes one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from arena_core.cli.terminal import note


def profiled(run: Callable[[], int]) -> int:
    """Run under cProfile and say where the file is, however the command ends.

    Arena's ``PROFILE_RATE`` (samples per second) is accepted; cProfile counts every call, so that it changes nothing.
    """
    import cProfile

    profile = cProfile.Profile()
    try:
        return profile.runcall(run)
    finally:
        path = Path(tempfile.gettempdir()) / f"arena_cpu_profile.{os.getpid()}"
        profile.dump_stats(path)
        note(f"CPU profile: {path} (read it with `python -m pstats {path}`)")
