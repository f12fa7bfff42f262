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
        # A file of its own, readable by its owner alone: a name that can be guessed could be a link of somebody else's.
        descriptor, name = tempfile.mkstemp(prefix=f"arena_cpu_profile.{os.getpid()}.")
        os.close(descriptor)
        path = Path(name)
        profile.dump_stats(path)
        note(f"CPU profile: {path} (read it with `python -m pstats {path}`)")
