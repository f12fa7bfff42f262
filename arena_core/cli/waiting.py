"""Waiting for a job, and telling how it goes while one waits."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from arena_core.cli.command import Context
from arena_core.cli.foreign import plain
from arena_core.cli.patience import Patience
from arena_core.cli.terminal import PHASES, colour_wanted, note, paint
from arena_core.contract.errors import ArenaError, JobFailed, TimedOut
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.views import Job


@contextlib.contextmanager
def going_on(name: str, flags: str = "") -> Iterator[None]:
    """Whoever stops watching a new job with Ctrl-C is told that the job does not stop; who loses sight of it, that it is there."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"\nstopped following; {name} keeps running: `arena logs -f {name}{flags}` follows it, `arena delete {name}{flags}` ends it")
        raise
    except (JobFailed, TimedOut):
        raise
    except ArenaError:
        note(f"note: {name} was created and may be running: `arena get {name}{flags}` shows its state")
        raise


def wait_for(
    context: Context, name: str, goal: str, job_type: str, timeout: float | None, uid: str = "", *, logs_shown: bool = False
) -> int:
    """Wait, with each new state on stderr. A job that fails is an error of its own (exit code 20) unless that was asked for.

    With ``uid`` that very job is meant, whoever has its name by then. Unless ``logs_shown``, the last lines of what failed come first.
    """
    teller = Teller()

    def waits() -> str:
        return f"waiting for {name}" + (f", which is {teller.last}" if teller.last else "")

    try:
        with Patience(waits, timeout):
            job = context.client.wait(name, goal, job_type=job_type, timeout=timeout, on_change=teller, uid=uid)
    except JobFailed as error:
        if error.last_lines and not logs_shown:
            note("\n".join(("the last lines of its log:", *(f"  {plain(line)}" for line in error.last_lines))))
        raise
    if job is None:
        note(f"{name} is gone")
    return 0


class Teller:
    """Says each phase once."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, job: Job) -> None:
        """Be told of a state."""
        if job.status.phase != self.last:
            self.last = job.status.phase
            reason = f": {job.status.message}" if job.status.message and not job.status.phase.finished else ""
            phase = paint(job.status.phase, PHASES.get(job.status.phase, ""), wanted=colour_wanted(sys.stderr))
            note(reason, f"{plain(job.name)} is {phase}")
