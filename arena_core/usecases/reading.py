"""One log of a job: where it is, and how to read it."""

from __future__ import annotations

from collections.abc import Callable

from arena_core.contract.errors import NotFound
from arena_core.contract.types import LogSource, Manifest
from arena_core.k8s import dig
from arena_core.kube.logfollow import run_of
from arena_core.kube.logs import LogReader
from arena_core.kube.resources import PODS
from arena_core.kube.transport import Stream
from arena_core.records import replace
from arena_core.usecases.kept import Kept, KeptRun
from arena_core.usecases.session import Session
from arena_core.usecases.sources import LogRequest


class Place:
    """Where a log is: with its pod, or among the kept ones."""

    def __init__(self, session: Session, namespace: str, source: LogSource, pod: Manifest, kept: Kept, *, previous: bool = False) -> None:
        self._session = session
        self._namespace = namespace
        self.source = source
        self.pod = pod
        self.uid = dig.text(pod, "metadata", "uid")
        self.kept = kept.run(self.uid, source.container)
        self.previous = previous and self.kept is None
        if previous:
            self.kept = self._before(kept)

    def _before(self, kept: Kept) -> KeptRun | None:
        """Return the kept run before, None where the node has it; raises where there is none."""
        if self.kept is None and run_of(self.pod, self.source.container).number > 0:
            return None
        found = kept.run(self.uid, self.source.container, previous=True) or kept.before(self.source.pod, self.source.container, self.uid)
        if found is None:
            label = self.source.label or self.source.pod
            raise NotFound(f"{label} has not been restarted: there is no run before this one", "leave out --previous")
        self.previous = False
        return found

    def reader(
        self,
        request: LogRequest,
        *,
        opened: Callable[[Stream], None] = lambda stream: None,
        on_gap: Callable[[str], None] = lambda after: None,
    ) -> LogReader:
        """Return a reader of it."""
        path = self.kept.path(self._namespace) if self.kept else ""
        options = replace(request.options, container=self.source.container, previous=self.previous)
        return LogReader(
            self._session.cluster.transport, self._namespace, self.source.pod, options, opened=opened, on_gap=on_gap, path=path
        )

    @property
    def started(self) -> str:
        """When the run that is read began, as far as is known."""
        rows = [row for row in dig.items(self.pod, "status", "containerStatuses") if row.get("name") == self.source.container]
        state = dig.mapping(rows[0] if rows else {}, "state")
        return dig.text(state, "running", "startedAt") or dig.text(state, "terminated", "startedAt")

    def exists(self) -> bool:
        """Whether the pod is still there."""
        if self.kept is not None:
            return True
        found = self._session.cluster.find(PODS, self._namespace, self.source.pod)
        return found is not None and dig.text(found, "metadata", "uid") == self.uid
