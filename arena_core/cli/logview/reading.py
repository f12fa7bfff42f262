"""Reads the logs of a job into the store, in threads, until the job has ended or the page is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from arena_core.cli.logview.stamps import nanoseconds
from arena_core.cli.logview.store import Store
from arena_core.contract.errors import ArenaError, Cancelled

if TYPE_CHECKING:
    from arena_core.cli.logview.source import Source
    from arena_core.client import ArenaClient
    from arena_core.usecases.views import Job, LogLine

#: So many lines are put into the store together, at most.
_TOGETHER = 2000


class Intake:
    """Takes lines of a job from one thread, and puts them into the store some at a time."""

    def __init__(self, store: Store, number: int, *, previous: bool = False) -> None:
        self._store = store
        self._number = number
        self._previous = previous
        self._sources: dict[tuple[str, str], Source] = {}
        self._held: dict[int, list[tuple[int, bytes]]] = {}
        self._count = 0

    def take(self, lines: Iterable[LogLine]) -> None:
        """Take all lines; what has been taken is in the store also where they end with an error."""
        try:
            for line in lines:
                source = self._sources.get((line.source.pod, line.source.container))
                if source is None:
                    source = self._begin(line)
                self._held.setdefault(source.number, []).append((nanoseconds(line.stamp), line.data))
                self._count += 1
                if self._count >= _TOGETHER:
                    self.flush()
        finally:
            self.flush()

    def _begin(self, line: LogLine) -> Source:
        source = self._store.add_source(self._number, line.instance, line.source.pod, previous=self._previous)
        self._sources[line.source.pod, line.source.container] = source
        return source

    def flush(self) -> None:
        """Put what is held into the store."""
        held, self._held, self._count = self._held, {}, 0
        for number, lines in held.items():
            self._store.append(self._store.sources[number], lines)


class Reading:
    """The logs of one job. ``tell`` is called with a kind (``wait``, ``note``, ``error``, ``over``) and what there is to tell."""

    def __init__(self, client: ArenaClient, job: Job, number: int, store: Store, tell: Callable[[str, str], None]) -> None:
        self._client = client
        self._job = job
        self._number = number
        self._store = store
        self._tell = tell
        self._before: set[str] = set()

    def start(self, *, tail: int = -1, since_seconds: int = 0) -> None:
        """Begin to follow all instances."""
        intake = Intake(self._store, self._number)

        def work() -> None:
            lines = self._client.logs(
                self._job,
                all_instances=True,
                follow=True,
                tail=tail,
                since_seconds=since_seconds,
                on_wait=lambda why: self._tell("wait", why),
                on_note=lambda text: self._tell("note", text),
                on_idle=intake.flush,
                on_trouble=lambda label, error: self._tell("note", f"{label}: its log cannot be read: {error.message}"),
            )
            try:
                intake.take(lines)
            except ArenaError as error:
                if not isinstance(error, Cancelled):
                    self._tell("error", f"{error.message}; {error.hint}" if error.hint else error.message)
            finally:
                self._tell("over", "")

        self._in_thread(work)

    def previous(self, job: Job) -> int:
        """Begin to read the runs before the last of those instances that were restarted, each once; returns how many these are."""
        wanted = [i for i in job.status.instances if i.restarts and i.name not in self._before]
        self._before.update(one.name for one in wanted)

        def work() -> None:
            intake = Intake(self._store, self._number, previous=True)
            for one in wanted:
                try:
                    intake.take(self._client.logs(job, instance=one.name, previous=True))
                except ArenaError as error:
                    self._tell("note", f"{one.short_name}: the run before cannot be read: {error.message}")

        if wanted:
            self._in_thread(work)
        return len(wanted)

    def _in_thread(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except OSError as error:
                self._tell("error", f"lines cannot be kept in the folder for temporary files: {error.strerror or error}")
            except ValueError:
                if not self._store.closed:
                    raise

        threading.Thread(target=guarded, name=f"arena-page-{self._job.name}", daemon=True).start()
