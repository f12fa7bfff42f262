"""``arena wait`` for several jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from arena_core.cli.boundary import show
from arena_core.cli.command import Context
from arena_core.cli.foreign import plain
from arena_core.cli.run import within
from arena_core.cli.terminal import note
from arena_core.cli.waiting import Teller
from arena_core.contract.errors import JobFailed, TimedOut
from arena_core.usecases.waitmany import Outcome, wait_many

if TYPE_CHECKING:
    from arena_core.kube.scope import CancelScope
    from arena_core.usecases.views import Job

#: Each has a watch of its own: more at once are a question of the server's patience.
MOST = 100


def wait_for_many(context: Context, jobs: Sequence[Any], goal: str, job_type: str, timeout: float | None, *, any_of_them: bool) -> int:
    """Wait for all, or for any; each state is said with the job's name. Returns the exit code, that of the first error if there is one."""
    client = context.client
    names = [job if isinstance(job, str) else job.name for job in jobs]

    def wait(place: int) -> Any:
        tell = within(Teller())

        def one(scope: CancelScope) -> Job | None:
            kind = job_type if isinstance(jobs[place], str) else ""
            return client.within(scope).wait(jobs[place], goal, job_type=kind, timeout=timeout, on_change=tell)

        return one

    def told(outcome: Outcome) -> None:
        if outcome.error is not None and not isinstance(outcome.error, TimedOut):
            _show(outcome.error)
        elif outcome.error is None and outcome.job is None:
            note(f"{plain(names[outcome.place])} is gone")

    found = wait_many([wait(place) for place in range(len(jobs))], any_of_them=any_of_them, on_end=told)
    reached = [outcome for outcome in found if outcome.error is None]
    late = [names[outcome.place] for outcome in found if isinstance(outcome.error, TimedOut)]
    if any_of_them and reached:
        note(f"{plain(names[reached[0].place])} is there")
        return 0
    if late:
        show(TimedOut(f"{len(late)} of {len(jobs)} are not there after {timeout or 0:g} s: {', '.join(late)}", "`arena list` shows them"))
    return next((outcome.error.exit_code for outcome in found if outcome.error is not None), 0)


def _show(error: Any) -> None:
    if isinstance(error, JobFailed) and error.last_lines:
        note("\n".join((f"the last lines of the log of {error.job}:", *(f"  {plain(line)}" for line in error.last_lines))))
    show(error)
