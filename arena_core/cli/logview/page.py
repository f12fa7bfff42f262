"""The page put together: the lines, the jobs, and the addresses that answer for them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from arena_core.cli.foreign import log_line, one_line
from arena_core.cli.logview import static_files
from arena_core.cli.logview.beside import Beside
from arena_core.cli.logview.board import Board
from arena_core.cli.logview.merged import At
from arena_core.cli.logview.metrics import Curves
from arena_core.cli.logview.past import KeptReading
from arena_core.cli.logview.query import uncoloured
from arena_core.cli.logview.reading import Reading
from arena_core.cli.logview.server import PageServer, Reply
from arena_core.cli.logview.store import Store
from arena_core.cli.logview.timeline import Errors
from arena_core.cli.logview.views import Views, number_of, query_of, view_of
from arena_core.contract.errors import UsageError
from arena_core.discreet import discreet
from arena_core.k8s.time import micro_text

if TYPE_CHECKING:
    from arena_core.cli.logview.source import Source
    from arena_core.client import ArenaClient
    from arena_core.history.store import KeptLog
    from arena_core.usecases.views import Job

#: How long a question for changes is left open.
LONGEST_WAIT = 20.0


def clean(text: str) -> str:
    """Return a foreign text that steers nothing, and without what may be a secret."""
    return discreet(one_line(text))


class Page:
    """The page of some jobs, from ``start`` to ``close``; of those in ``kept``, which are gone, the history has some lines."""

    def __init__(
        self, client: ArenaClient, jobs: Sequence[Job], port: int = 0, kept: Mapping[int, Sequence[KeptLog]] | None = None
    ) -> None:
        self.store = Store()
        self.errors = Errors(self.store)
        self.views = Views(self.store, log_line)
        self.board = Board(client, jobs, clean, self._changed)
        self.beside = Beside(client, clean)
        self.curves: dict[int, Curves] = {}
        self.readings = [self._reading(client, job, number, kept or {}) for number, job in enumerate(jobs)]
        own: dict[str, Callable[[Mapping[str, str]], Reply]] = {
            "api/state": self._state,
            "api/changes": self._wait,
            "api/lines": self._lines,
            "api/line": self._line,
            "api/search": self._search,
            "api/row": self._row,
            "api/download": self._download,
            "api/metrics": self._metrics,
            "api/previous": self._previous,
            "api/facts": lambda query: _json(self.beside.facts(self._job(query))),
            "api/why": lambda query: _json(self.beside.why(self._job(query))),
            "api/events": lambda query: _json(self.beside.events(self._job(query))),
            "api/endpoints": lambda query: _json(self.beside.endpoints(self._job(query))),
        }
        self.server = PageServer({**static_files.routes(), **own}, port)

    def _reading(self, client: ArenaClient, job: Job, number: int, kept: Mapping[int, Sequence[KeptLog]]) -> Reading | KeptReading:
        def tell(kind: str, text: str) -> None:
            self.board.tell(number, kind, text)

        if number in kept:
            return KeptReading(job, kept[number], number, self.store, tell)
        return Reading(client, job, number, self.store, tell)

    def start(self, *, tail: int = -1, since_seconds: int = 0) -> None:
        """Begin to read the logs, and to answer."""
        for reading in self.readings:
            reading.start(tail=tail, since_seconds=since_seconds)
        self.board.start()
        self.server.start()

    def close(self) -> None:
        """End everything."""
        self.server.close()
        self.board.close()
        with self.store.lock:
            self.store.close()

    def _changed(self) -> None:
        with self.store.lock:
            self.store.changed.notify_all()

    def _versions(self) -> dict[str, int]:
        return {"lines": self.store.version, "state": self.board.version}

    def _wait(self, query: Mapping[str, str]) -> Reply:
        """Answer once something is newer than what the page knows."""
        known = {name: number_of(query, name, -1) for name in ("lines", "state")}
        self.board.rows()
        end = time.monotonic() + LONGEST_WAIT
        with self.store.lock:
            while self._versions() == known and (left := end - time.monotonic()) > 0:
                self.store.changed.wait(left)
            return _json(self._versions())

    def _state(self, query: Mapping[str, str]) -> Reply:
        found = self.errors.timeline(max(0, min(number_of(query, "w"), 400)))
        for source in found["sources"]:
            if source["error"]:
                source["error"][2] = clean(source["error"][2])
        return _json({**found, "jobs": self.board.rows(), "now": time.time_ns() // 1000, **self._versions()})

    def _lines(self, query: Mapping[str, str]) -> Reply:
        row, count, anchor = number_of(query, "at"), number_of(query, "n", 200), self._anchor(query)
        return _json(self.views.rows(view_of(query), row, count, anchor, end="end" in query))

    def _anchor(self, query: Mapping[str, str]) -> At | None:
        """Return the line that rows are counted from, None for the first."""
        text = query.get("anchor", "")
        if not text:
            return None
        parts = text.split(".")
        if len(parts) != 3 or not all(part.isdigit() and len(part) < 20 for part in parts):
            raise UsageError("anchor: what is meant is SOURCE.INDEX.MICROSECONDS")
        source, index, micros = map(int, parts)
        return self.views.exact(source, index, micros)

    def _line(self, query: Mapping[str, str]) -> Reply:
        return Reply("text/plain; charset=utf-8", self.views.line(number_of(query, "s", -1), number_of(query, "i", -1)))

    def _search(self, query: Mapping[str, str]) -> Reply:
        if not query.get("q"):
            raise UsageError("q is empty")
        step = max(-1, min(1, number_of(query, "step")))
        wanted = query_of(query["q"], query.get("qm", ""))
        return _json(self.views.search(view_of(query), wanted, self._anchor(query) or number_of(query, "at"), step))

    def _row(self, query: Mapping[str, str]) -> Reply:
        view, anchor = view_of(query), self._anchor(query)
        row = self.views.row_at(view, number_of(query, "t") * 1000) if anchor is None else self.views.row_of(view, anchor)
        return _json({"row": row})

    def _download(self, query: Mapping[str, str]) -> Reply:
        """The lines that are listed, as text without colours."""
        sources = self.store.sources
        named = len(sources) > 1
        times = query.get("times") == "1"

        def parts() -> Iterator[bytes]:
            for line, text in self.views.every(view_of(query)):
                stamp = f"{moment(line.time)} ".encode() if times and line.time else b""
                yield stamp + (f"{self._label(sources[line.source])} ".encode() if named else b"") + uncoloured(text) + b"\n"

        name = "-".join(job.name for job in self.board.jobs[:3]) or "logs"
        return Reply("text/plain; charset=utf-8", together(parts()), headers={"Content-Disposition": f'attachment; filename="{name}.log"'})

    def _label(self, source: Source) -> str:
        job = f"{self.board.jobs[source.job].name}/" if len(self.board.jobs) > 1 else ""
        return f"{job}{source.label}{' (previous)' if source.previous else ''}"

    def _metrics(self, query: Mapping[str, str]) -> Reply:
        number = number_of(query, "s", -1)
        if not 0 <= number < len(self.store.sources):
            raise UsageError("there is no such source")
        curves = self.curves.setdefault(number, Curves(self.store, self.store.sources[number]))
        return _json({"done": curves.look(), **curves.data()})

    def _previous(self, query: Mapping[str, str]) -> Reply:
        """Read the runs before the last of the instances that were restarted; once."""
        job = self._job(query)
        return _json({"found": self.readings[number_of(query, "j")].previous(job)})

    def _job(self, query: Mapping[str, str]) -> Job:
        number = number_of(query, "j")
        if not 0 <= number < len(self.board.jobs):
            raise UsageError("there is no such job")
        return self.board.jobs[number]


def moment(time: int) -> str:
    """Return a time in nanoseconds as RFC 3339 with microseconds."""
    return micro_text(datetime.fromtimestamp(time // 10**9, UTC) + timedelta(microseconds=time % 10**9 // 1000))


def together(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Put small parts together to larger ones."""
    held, size = [], 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= 1 << 16:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _json(data: Any) -> Reply:
    return Reply("application/json", json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
