"""Reads the logs of a job into the store, in a thread, until the job has ended or the page is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
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


class Reading:
    """The logs of one job. ``tell`` is called with a kind (``wait``, ``note``, ``error``) and what there is to tell."""

    def __init__(self, client: ArenaClient, job: Job, number: int, store: Store, tell: Callable[[str, str], None]) -> None:
        self._client = client
        self._job = job
        self._number = number
        self._store = store
        self._tell = tell
        self._sources: dict[tuple[str, str, bool], Source] = {}
        self._held: dict[int, list[tuple[int, bytes]]] = {}
        self._count = 0
        self.over = False

    def start(self, *, tail: int = -1, since_seconds: int = 0) -> None:
        """Begin to follow all instances."""

        def lines() -> None:
            found = self._client.logs(
                self._job,
                all_instances=True,
                follow=True,
                tail=tail,
                since_seconds=since_seconds,
                on_wait=lambda why: self._tell("wait", why),
                on_note=lambda text: self._tell("note", text),
                on_idle=self._flush,
            )
            for line in found:
                self._take(line, previous=False)

        threading.Thread(target=self._guarded, args=(lines,), name=f"arena-page-{self._job.name}", daemon=True).start()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            pass
        except ArenaError as error:
            self._tell("error", f"{error.message}; {error.hint}" if error.hint else error.message)
        except OSError as error:
            self._tell("error", f"lines cannot be kept in the folder for temporary files: {error.strerror or error}")
        finally:
            self._flush()
            self.over = True
            self._tell("over", "")

    def _take(self, line: LogLine, *, previous: bool) -> None:
        key = (line.source.pod, line.source.container, previous)
        source = self._sources.get(key)
        if source is None:
            self._flush()
            source = self._sources[key] = self._store.add_source(self._number, line.instance, line.source.pod, previous=previous)
        self._held.setdefault(source.number, []).append((nanoseconds(line.stamp), line.data))
        self._count += 1
        if self._count >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        held, self._held, self._count = self._held, {}, 0
        for number, lines in held.items():
            self._store.append(self._store.sources[number], lines)
