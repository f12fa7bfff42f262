"""Plays a job on a stage, as `arena submit --rehearse` does, and says what came of it."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, RehearsalFailed
from arena_core.usecases.rehearsal.run import rehearse
from arena_core.usecases.submit import build, read_args
from tests.foresee.plays import Play


class Played(NamedTuple):
    """What came of it: ``failed`` is the error of a job that is refused; ``seconds`` from the start to the verdict."""

    failed: RehearsalFailed | None
    notes: tuple[str, ...]
    seconds: float
    unfit: str = ""


def play(client: ArenaClient, one: Play, seconds: float = 10.0) -> Played:
    """Rehearse a job in a folder of its own."""
    before = Path.cwd()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="arena-play-") as folder:
        os.chdir(folder)
        try:
            with client._call() as session:
                handle = session.handle(one.job_type)
                manifests = build(handle, read_args(handle, one.lay_out(Path(folder))), "default")
                done = rehearse(session, handle, manifests, seconds)
            return Played(None, done.notes, time.monotonic() - begun)
        except RehearsalFailed as error:
            return Played(error, (), time.monotonic() - begun)
        except ArenaError as error:
            return Played(None, (), time.monotonic() - begun, str(error))
        finally:
            os.chdir(before)
