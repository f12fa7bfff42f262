"""The logs of several jobs: one after the other, or followed side by side."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from arena_core.cli.run import within
from arena_core.cli.terminal import note
from arena_core.contract.errors import ArenaError
from arena_core.records import replace
from arena_core.usecases.views import LogLine

if TYPE_CHECKING:
    from arena_core.usecases.views import Job

Reader = Callable[["Job"], Iterator[LogLine]]
#: Lines that may be read ahead of the terminal.
AHEAD = 10_000
_END = None


def labelled(job: Job, lines: Iterator[LogLine]) -> Iterator[LogLine]:
    """Give each line a prefix that names its job, too: ``mnist/worker-0``."""
    for line in lines:
        yield line._replace(source=replace(line.source, label=f"{job.name}/{line.instance}"))


class ManyLogs:
    """Reads the logs of jobs; one that fails does not stop the others: ``failed`` is the first error, for the end."""

    def __init__(self, jobs: Sequence[Job], read: Reader) -> None:
        self._jobs = jobs
        self._read = read
        self.failed: ArenaError | None = None

    def one_by_one(self) -> Iterator[LogLine]:
        """Yield the lines of one job after the other."""
        for job in self._jobs:
            try:
                yield from labelled(job, self._read(job))
            except ArenaError as error:
                self._note(job, error)

    def together(self) -> Iterator[LogLine]:
        """Yield lines as they come, of all jobs, until all have ended."""
        found: queue.Queue[LogLine | None] = queue.Queue(AHEAD)
        for job in self._jobs:
            threading.Thread(target=within(self._pump), args=(job, found), name=f"arena-logs-{job.name}", daemon=True).start()
        left = len(self._jobs)
        while left:
            line = found.get()
            if line is _END:
                left -= 1
            else:
                yield line

    def _pump(self, job: Job, found: queue.Queue[LogLine | None]) -> None:
        try:
            for line in labelled(job, self._read(job)):
                found.put(line)
        except ArenaError as error:
            self._note(job, error)
        finally:
            found.put(_END)

    def _note(self, job: Job, error: ArenaError) -> None:
        note(f"note: {job.name}: {error.message}")
        self.failed = self.failed or error
