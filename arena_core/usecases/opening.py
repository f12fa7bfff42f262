"""What of a job's logs can be followed now: opens each log once its container has started, and says what the others wait for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.errors import NotFound, UsageError
from arena_core.contract.types import JobHandle, LogSource, Manifest
from arena_core.k8s import dig
from arena_core.usecases.facts import view
from arena_core.usecases.kept import Kept, kept_runs
from arena_core.usecases.multiplexer import Multiplexer
from arena_core.usecases.ownership import Owners
from arena_core.usecases.reading import Place
from arena_core.usecases.session import Session
from arena_core.usecases.sources import LogRequest, choose
from arena_core.usecases.templates import is_foreign_init, own_init_containers
from arena_core.usecases.textlogs import apart
from arena_core.usecases.track import Track
from arena_core.usecases.views import Job
from arena_core.usecases.waiting import container_started, pod_finished, why_no_instances, why_waiting


def going(pod: Manifest) -> bool:
    """Whether the pod is being deleted."""
    return bool(dig.text(pod, "metadata", "deletionTimestamp"))


class Opener:
    """Opens the logs of one job. ``tracks`` are those that were opened, in order: a track's number is its place."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, request: LogRequest, events: Multiplexer) -> None:
        self.tracks: list[Track] = []
        #: The pods whose logs are meant, as of the last look.
        self.meant: list[Manifest] = []
        self.labels: list[str] = []
        #: Logs that are meant and in no pod, as of the last look.
        self.held: list[LogSource] = []
        self._session = session
        self._handle = handle
        self._request = request
        self._events = events
        self._namespace, self._uid = dig.text(job, "metadata", "namespace"), dig.text(job, "metadata", "uid")
        self._owners = Owners(session.cluster, job)
        self._own = own_init_containers(handle, job)
        self._kept = Kept()
        self._open: dict[tuple[str, str], Track] = {}

    def look(
        self, manifest: Manifest, pods: Iterable[Manifest], related: Sequence[Manifest] | None = None, *, relisted: bool
    ) -> tuple[Job, list[str]]:
        """Open what can be followed now; returns how things stand, and what is waited for.

        ``pods`` are all that the job's labels find; with ``relisted`` those that there are after its end. ``related`` is None unread.
        """
        mine, earlier = self._owners.split(pods)
        job = view(self._handle, manifest, mine, related, earlier=earlier)
        if relisted and len(mine) < max(job.status.replicas, 1) and not self._kept.runs:
            self._kept = Kept(kept_runs(self._session, self._namespace, self._uid) or ())
        if gone := self._kept.pods(mine):
            job = view(self._handle, manifest, [*mine, *gone], related, earlier=earlier)
        by_name = {dig.text(pod, "metadata", "name"): pod for pod in job.pods}
        self.held, sources = apart(self._chosen(job, relisted))
        self.labels = [source.label or source.pod for source in sources]
        self.meant = [by_name[source.pod] for source in sources if source.pod in by_name]
        waiting = [text for source in sources if source.pod in by_name for text in self._begin(job, source, by_name[source.pod])]
        if not self.tracks and not waiting and not job.status.phase.finished:
            waiting = [source.missing for source in self.held if source.missing] or [why_no_instances(job.name, job.status)]
        return job, waiting

    def _chosen(self, job: Job, relisted: bool) -> Sequence[LogSource]:
        try:
            return choose(self._handle, job, self._request.query)
        except (NotFound, UsageError):
            # The one that is meant may be among those that are still to come.
            if (job.status.phase.finished and relisted) or not (job.status.phase.finished or more(job)):
                raise
            return []

    def _begin(self, job: Job, source: LogSource, pod: Manifest) -> list[str]:
        """Follow a container that has started; otherwise return what it waits for."""
        closing = pod_finished(pod) or going(pod)
        key = (dig.text(pod, "metadata", "uid"), source.container)
        if track := self._open.get(key):
            track.ending = closing
            if closing:
                track.hurry()
            return []
        hidden = not self._request.query.container and is_foreign_init(pod, source.container, self._own)
        if not hidden and container_started(pod, source.container):
            place = Place(self._session, self._namespace, source, pod, self._kept, previous=self._request.query.previous)
            track = Track(self._session, self._namespace, self._uid, place, self._request, self._events, len(self.tracks))
            track.ending = closing
            self._open[key] = track
            self.tracks.append(track)
            self._events.run(track, track.run, f"log-{source.pod}")
            return []
        return [] if pod_finished(pod) else [why_waiting(i, pod) for i in job.status.instances if i.name == source.pod]


def more(job: Job) -> bool:
    """Whether pods are still to come."""
    return len(job.pods) < job.status.replicas
