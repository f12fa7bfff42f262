"""``arena list -w``: the list in place on a terminal, a line for each change in a pipe."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from arena_core.cli import columns, views
from arena_core.cli.command import Context
from arena_core.cli.fitting import folded_notes, too_narrow
from arena_core.cli.flags import Parsed
from arena_core.cli.live import Screen, rows_seen
from arena_core.cli.output import wants_data, write_line
from arena_core.cli.render import table
from arena_core.cli.run import within
from arena_core.cli.terminal import colour_wanted, note, say, screen
from arena_core.contract.errors import ArenaError

if TYPE_CHECKING:
    from arena_core.cli.shapes.jobs import Listed
    from arena_core.usecases.livelist import Change
    from arena_core.usecases.progress.of_job import Course
    from arena_core.usecases.queues import Place
    from arena_core.usecases.views import Job

Picked = Callable[[Sequence["Job"]], list["Job"]]
#: Seconds between two looks at the queues: places change seldom, and nobody tells of it.
EVERY = 2.0
#: Seconds between two looks at the log of a job.
LOGS_EVERY = 10.0
_WAITING = ("QUEUING", "SUSPENDED", "PENDING")


def watch(context: Context, parsed: Parsed, picked: Picked, selector: str) -> int:
    """Show the list and its changes until Ctrl-C."""
    everywhere = parsed.on("all_namespaces")
    changes = context.client.watch_list(job_type=parsed.text("type"), all_namespaces=everywhere, selector=selector)
    if wants_data(parsed):
        return _data(changes, picked)
    if not sys.stdout.isatty():
        return _lines(parsed, changes, picked)
    drawn, places = Screen(), _Places(context, "" if everywhere else context.client.namespace)
    courses = _Courses(context)
    for change in changes:
        jobs = picked(change.jobs)
        drawn.show(_text(parsed, change, jobs, places.of(jobs), courses.of(jobs)))
    return 0


def _text(parsed: Parsed, change: Change, jobs: Sequence[Job], places: Mapping[str, Place], courses: Mapping[str, Course]) -> str:
    keys = columns.chosen(parsed.text("columns"), jobs, namespaced=parsed.on("all_namespaces"))
    if courses and not parsed.text("columns"):
        keys = [*keys, *columns.LOGS]
    # Of thousands only those are drawn that can be seen.
    seen = jobs[: rows_seen()]
    rows, gone = columns.fitting(columns.rows(seen, keys, places, courses), parsed.text("columns"))
    shown = rows[1:] if parsed.on("no_headers") else rows
    notes = [f"... {len(jobs) - len(seen)} more jobs"] if len(seen) < len(jobs) else []
    told = [*change.notes, *([too_narrow(gone)] if gone else [])]
    notes += [] if parsed.on("quiet") else folded_notes([f"note: {text}" for text in told])
    return "\n".join([table(shown, colour=colour_wanted(sys.stdout)), *notes])


class _Places:
    """Where jobs stand in their queues, asked for now and then while one waits."""

    def __init__(self, context: Context, namespace: str) -> None:
        self._client = context.client
        self._namespace = namespace
        self._known: Mapping[str, Place] = {}
        self._asked = -EVERY

    def of(self, jobs: Sequence[Job]) -> Mapping[str, Place]:
        waiting = [job for job in jobs if job.status.phase in _WAITING]
        if not waiting:
            return {}
        if time.monotonic() - self._asked >= EVERY:
            self._asked = time.monotonic()
            self._known = self._client.places(waiting, namespace=self._namespace)
        return self._known


class _Courses:
    """How far the jobs at the top of the screen are, read in a thread of its own: a slow log must not hold up the list."""

    def __init__(self, context: Context) -> None:
        self._client = context.client
        self._known: dict[str, Course] = {}
        self._asked: dict[str, float] = {}
        self._reading: threading.Thread | None = None

    def of(self, jobs: Sequence[Job]) -> Mapping[str, Course]:
        if self._reading is None or not self._reading.is_alive():
            now = time.monotonic()
            seen = [job for job in jobs[: screen(80, 24)[1]] if job.status.phase.runs]
            due = [job for job in seen if now - self._asked.get(job.uid, -LOGS_EVERY) >= LOGS_EVERY]
            if due:
                self._asked.update(dict.fromkeys((job.uid for job in due), now))
                self._reading = threading.Thread(target=within(self._read), args=(due,), name="arena-progress", daemon=True)
                self._reading.start()
        running = {job.uid for job in jobs if job.status.phase.runs}
        return {uid: course for uid, course in dict(self._known).items() if uid in running}

    def _read(self, jobs: Sequence[Job]) -> None:
        with contextlib.suppress(ArenaError):  # an extra: the list itself says what is wrong with the cluster
            self._known |= self._client.progress(jobs)


def _data(changes: Iterable[Change], picked: Picked) -> int:
    """Print a line of JSON for each job that is new or has changed, and for each that has gone."""
    for change in changes:
        for job in picked(change.changed):
            write_line(views.as_data(job))
        for job in change.gone:
            last: Listed = {**views.as_data(job), "deleted": True}
            write_line(last)
        sys.stdout.flush()
    return 0


def _lines(parsed: Parsed, changes: Iterable[Change], picked: Picked) -> int:
    """Print a row for each job that is new or has changed, and one for each that has gone; columns keep the width of the first."""
    keys = columns.chosen(parsed.text("columns"), (), namespaced=parsed.on("all_namespaces"))
    keys = keys if parsed.text("columns") else [*keys, "age"]
    status = keys.index("status") if "status" in keys else -1
    last: dict[str, list[str]] = {}
    widths: list[int] = []
    told: set[str] = set()
    for change in changes:
        header, *rows = columns.rows(picked(change.changed), keys)
        gone = columns.rows(change.gone, keys)[1:]
        for row in gone:
            row[status if status >= 0 else 0] = "DELETED"
        if not widths:
            widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(keys))]
            if not parsed.on("no_headers"):
                say(_padded(header, widths))
        for row in [*(r for r in rows if _is_new(r, keys, last)), *gone]:
            say(_padded(row, widths))
        sys.stdout.flush()
        for text in change.notes:
            if text not in told and not parsed.on("quiet"):
                told.add(text)
                note(f"note: {text}")
    return 0


def _is_new(row: list[str], keys: Sequence[str], last: dict[str, list[str]]) -> bool:
    """Whether something else than the time has changed of a job since its last line."""
    name = "/".join(cell for key, cell in zip(keys, row, strict=True) if key in ("namespace", "name")) or row[0]
    lasting = [cell for key, cell in zip(keys, row, strict=True) if key not in ("age", "duration", "waited")]
    if last.get(name) == lasting:
        return False
    last[name] = lasting
    return True


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
