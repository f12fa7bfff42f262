"""What is shown beside the logs of a job: what it is, why it does not run, events, what it serves. Each is looked up when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arena_core.cli import about, progress, views
from arena_core.contract.errors import ArenaError
from arena_core.kube.resources import EVENTS
from arena_core.usecases.incidents import last_seen
from arena_core.usecases.unread import phrase, sentence

if TYPE_CHECKING:
    from arena_core.client import ArenaClient
    from arena_core.contract.types import Manifest
    from arena_core.usecases.views import Job

#: So many events are shown, the newest.
_EVENTS = 200


class Beside:
    """Asks the cluster about a job; what cannot be read is named, and takes nothing else along."""

    def __init__(self, client: ArenaClient, clean: Callable[[str], str]) -> None:
        self._client = client
        self._clean = clean

    def facts(self, job: Job) -> dict[str, Any]:
        """Return what the job is: names with values, and its progress."""
        unread: list[str] = list(job.unread)
        lines = [*views.header_lines(job)]
        if queue := self._tried(lambda: self._client.place(job), "queues", unread):
            lines += views.queue_lines(*queue)
        if course := self._tried(lambda: self._client.progress([job]).get(job.uid), "progress", unread):
            lines += progress.lines(course)
        found = self._tried(lambda: about.lines(self._client.about(job)), "roles", unread) or ""
        return {"lines": [[name, self._clean(value)] for name, value in lines], "about": self._whole(found), **self._missing(unread)}

    def why(self, job: Job) -> dict[str, Any]:
        """Return the causes why the job does not run, the first is the one to look at."""
        unread: list[str] = list(job.unread)
        causes = self._tried(lambda: self._client.explain(job), "reasons", unread) or ()
        rows = [
            {
                "object": self._clean(cause.object),
                "message": self._clean(cause.message),
                "hint": self._clean(cause.hint),
                "lines": [self._clean(line) for line in cause.lines],
            }
            for cause in causes
        ]
        return {"causes": rows, **self._missing(unread)}

    def events(self, job: Job) -> dict[str, Any]:
        """Return the events of the job and what belongs to it, the newest first."""
        unread: list[str] = []
        try:
            found = list(self._client.events(job))[-_EVENTS:]
        except ArenaError as error:
            found, unread = [], [phrase(EVENTS, error)]
        return {"events": [self._event(event) for event in reversed(found)], **self._missing(unread)}

    def endpoints(self, job: Job) -> dict[str, Any]:
        """Return what the job serves, with addresses and states."""
        unread: list[str] = []
        rows = []
        if served := self._tried(lambda: self._client.endpoints(job), "endpoints", unread):
            unread += served.unread
            rows = [
                {"name": e.name, "address": self._clean(e.address), "ready": e.ready, "detail": self._clean(e.detail)}
                for e in served.endpoints
            ]
        return {"endpoints": rows, **self._missing(unread)}

    def _event(self, event: Manifest) -> dict[str, Any]:
        involved = event.get("involvedObject")
        concerned = involved if isinstance(involved, dict) else {}
        return {
            "at": last_seen(event),
            "type": self._clean(str(event.get("type", ""))),
            "object": self._clean(f"{str(concerned.get('kind', '')).lower()}/{concerned.get('name', '')}"),
            "reason": self._clean(str(event.get("reason", ""))),
            "message": self._clean(str(event.get("message", ""))),
            "count": event.get("count") if isinstance(event.get("count"), int) else 1,
        }

    def _tried(self, ask: Callable[[], Any], what: str, unread: list[str]) -> Any:
        try:
            return ask()
        except ArenaError as error:
            unread.append(f"{what} ({error.message})")
            return None

    def _whole(self, text: str) -> str:
        return "\n".join(self._clean(line) for line in text.split("\n"))

    def _missing(self, unread: list[str]) -> dict[str, str]:
        return {"unread": self._clean(sentence(unread))}
