"""What the history kept of the logs of a job that is gone, on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from arena_core.cli.logview.store import Store

if TYPE_CHECKING:
    from arena_core.history.store import KeptLog
    from arena_core.usecases.views import Job


class KeptReading:
    """Takes the place of ``Reading`` for a job that is gone: all there is, at once."""

    def __init__(self, job: Job, logs: Sequence[KeptLog], number: int, store: Store, tell: Callable[[str, str], None]) -> None:
        self._job = job
        self._logs = logs
        self._number = number
        self._store = store
        self._tell = tell

    def start(self, *, tail: int = -1, since_seconds: int = 0) -> None:
        """Put the kept lines into the store; of their times nothing is known."""
        job = self._job
        self._tell("gone", f"{job.name} is gone; these are the lines that the history kept of it")
        if since_seconds:
            self._tell("note", "--since has no effect on them: their times were not kept")
        for log in self._logs:
            if log.missing:
                self._tell("note", f"{log.instance or job.name}: no log is kept: {log.missing}")
                continue
            source = self._store.add_source(self._number, log.instance, log.pod)
            lines = [line + b"\n" for line in log.lines.encode("utf-8", "replace").split(b"\n")]
            lines = lines[:-1] if lines[-1] == b"\n" else lines
            self._store.append(source, [(0, line) for line in (lines[len(lines) - tail :] if 0 <= tail < len(lines) else lines)])
        self._tell("over", "")

    def previous(self, job: Job) -> int:
        """Return 0: earlier runs are not kept."""
        return 0
