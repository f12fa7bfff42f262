"""The states of one job as they come: its object, its pods and a job inside are watched, what is related is read when one has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import JobHandle, Manifest
from arena_core.kube.resources import PODS, ListResult
from arena_core.typed import Any
from arena_core.usecases.facts import list_pods, related_of, view, wrapped
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.multiplexer import Changed, Multiplexer, Plain
from arena_core.usecases.ownership import Owners, uid_of
from arena_core.usecases.pods import found_by, selectors_of
from arena_core.usecases.session import Session
from arena_core.usecases.unread import is_partial, phrase
from arena_core.usecases.views import Job


class States:
    """The facts about a job while they change. ``deadline`` (``time.monotonic()``) ends the iteration."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, deadline: float | None) -> None:
        self._session = session
        self._handle = handle
        self._job = job
        self._deadline = deadline
        self._pods: dict[str, Manifest] = {}
        self._listed: ListResult | None = None
        self._related: Sequence[Manifest] | None = None
        self._unread: list[str] = []
        self._unread_pods: list[str] = []
        self._owners = Owners(session.cluster, job)
        #: Whether a watch tells of changes of the pods; without the right to it they are read again when the job changes.
        self._live = True

    def __iter__(self) -> Iterator[Job | None]:
        """Yield the job as it is, then at each change of its status; None when it is gone. What cannot be read is left out."""
        self._read_pods()
        last = self._judge(related=True)
        yield last
        for event in self._events():
            if event.source == "job":
                if event.kind == "DELETED" or uid_of(event.obj) != uid_of(self._job):
                    yield None
                    return
                self._job = event.obj
                if not self._live:
                    self._read_pods()
            elif event.source == "pod":
                self._changed(event)
            if event.source == "inside" or self._judge().status != last.status:
                job = self._judge(related=True)
                if job.status != last.status:
                    last = job
                    yield last

    def _changed(self, event: Changed) -> None:
        if event.kind == "DELETED":
            self._pods.pop(uid_of(event.obj), None)
        else:
            self._pods[uid_of(event.obj)] = event.obj

    def _judge(self, *, related: bool = False) -> Job:
        if related:
            self._related, self._unread = related_of(self._session, self._handle, self._job)
            self._owners.learn(self._related)
        if self._listed is None:
            return view(self._handle, self._job, None, self._related, unread=[*self._unread, *self._unread_pods])
        mine, earlier = self._owners.split(self._pods.values())
        unread = [*self._unread, *self._owners.unread]
        return view(self._handle, self._job, mine, self._related, earlier=earlier, unread=unread)

    def _read_pods(self) -> None:
        try:
            self._listed = list_pods(self._session, self._handle, self._job)
        except ArenaError as error:
            if not is_partial(error):
                raise
            self._unread_pods = [phrase(PODS, error)]
        else:
            self._pods = {uid_of(pod): pod for pod in self._listed.items}

    def _events(self) -> Iterator[Changed]:
        """Yield what changes of the job, its pods and a job inside, watched side by side; what may not be watched is left out."""
        metadata = metadata_of(self._job)
        events = Multiplexer(self._session, str(metadata.get("namespace", "")), Plain(), self._deadline)
        try:
            self._watch(events, metadata)
            for batch in events.batches(must="job"):
                for event in batch:
                    if isinstance(event, Changed):
                        yield event
                    else:
                        self._live = self._live and event.source != "pod"
        finally:
            events.close()

    def _watch(self, events: Multiplexer, metadata: Mapping[str, Any]) -> None:
        name, version = metadata.get("name"), str(metadata.get("resourceVersion", ""))
        own = self._handle.job_type
        events.watch("job", own.resource, field_selector=f"metadata.name={name}", resource_version=version, known=[self._job])
        if self._listed is not None:
            version = self._listed.resource_version
            for text in selectors_of(self._handle, self._job):
                events.watch("pod", PODS, label_selector=text, resource_version=version, known=found_by(text, self._listed.items))
        if inside := wrapped(self._handle, self._job):
            events.watch("inside", inside.resource, label_selector=inside.label_selector)
