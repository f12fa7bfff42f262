"""What is known of the jobs beside their logs: looked up again and again while they run and somebody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from arena_core.cli.views import status_word
from arena_core.contract.errors import ArenaError, NotFound
from arena_core.usecases.unread import sentence

if TYPE_CHECKING:
    from arena_core.client import ArenaClient
    from arena_core.contract.types import Instance
    from arena_core.usecases.views import Job

#: Seconds between two looks at a job, and after which nobody looks at the page any more.
EVERY, ALONE = 2.0, 30.0


class Board:
    """The jobs as of the last look; ``version`` changes with what they say. ``clean`` leaves out what may be a secret."""

    def __init__(self, client: ArenaClient, jobs: Sequence[Job], clean: Callable[[str], str], changed: Callable[[], None]) -> None:
        self.jobs = list(jobs)
        self.version = 0
        self._client = client
        self._clean = clean
        self._changed = changed
        self._told: list[dict[str, str]] = [{} for _ in jobs]
        self._notes: list[list[str]] = [[] for _ in jobs]
        self._rows = [self._row(n) for n in range(len(self.jobs))]
        self._asked = time.monotonic()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="arena-page-jobs", daemon=True).start()

    def close(self) -> None:
        """Look no more."""
        self._stopped.set()

    def tell(self, number: int, kind: str, text: str) -> None:
        """Take in what there is to tell of the logs of a job."""
        text = self._clean(text)
        if kind == "note":
            if text not in self._notes[number]:
                self._notes[number] = [*self._notes[number], text][-20:]
        else:
            self._told[number] = {**self._told[number], kind: text or "yes"}
        if kind == "over":
            self._told[number].pop("wait", None)
        self._update(number)

    def rows(self) -> list[dict[str, Any]]:
        """Return the jobs for the page."""
        self._asked = time.monotonic()
        return list(self._rows)

    def _run(self) -> None:
        while not self._stopped.wait(EVERY):
            if time.monotonic() - self._asked > ALONE:
                continue
            for number, job in enumerate(self.jobs):
                if not (job.status.phase.finished and self._told[number].get("over")):
                    self._look(number, job)

    def _look(self, number: int, job: Job) -> None:
        try:
            self.jobs[number] = self._client.get(job)
            self._told[number].pop("lost", None)
        except NotFound:
            self._told[number] = {**self._told[number], "gone": "the job has been deleted"}
        except ArenaError as error:
            self._told[number] = {**self._told[number], "lost": self._clean(error.message)}
        self._update(number)

    def _update(self, number: int) -> None:
        row = self._row(number)
        if row != self._rows[number]:
            self._rows[number] = row
            self.version += 1
            self._changed()

    def _row(self, number: int) -> dict[str, Any]:
        job, told = self.jobs[number], self._told[number]
        status = job.status
        return {
            "name": job.name,
            "namespace": job.namespace,
            "type": job.job_type,
            "phase": status_word(status),
            "finished": status.phase.finished,
            "reason": self._clean(": ".join(part for part in (status.reason, status.message) if part)),
            "created": job.created,
            "start": status.start,
            "end": status.end,
            "instances": [self._instance(one) for one in status.instances],
            "waiting": told.get("wait", ""),
            "errors": [told[key] for key in ("error", "gone", "lost") if key in told],
            "notes": self._notes[number],
            "read": "over" in told,
            "unread": self._clean(sentence(job.unread)),
        }

    def _instance(self, one: Instance) -> dict[str, Any]:
        return {
            "name": one.name,
            "label": one.short_name,
            "status": one.status,
            "phase": one.phase,
            "chief": one.chief,
            "node": one.node,
            "created": one.created,
            "started": one.started,
            "finished": one.finished,
            "restarts": one.restarts,
            "exit": one.exit_code,
            "reason": self._clean(": ".join(part for part in (one.reason, one.message) if part)),
        }
