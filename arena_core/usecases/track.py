"""One followed container: a thread that reads its log ahead into the spool."""

from __future__ import annotations

from arena_core.contract.errors import ArenaError
from arena_core.k8s import dig
from arena_core.kube.logfollow import Follower, PodGone, Run, run_of
from arena_core.kube.loglines import Lines
from arena_core.kube.logs import LogReader, NoLog
from arena_core.kube.nodes import NodeSilent
from arena_core.kube.resources import PODS
from arena_core.kube.transport import Stream
from arena_core.usecases.kept import Kept, kept_runs
from arena_core.usecases.multiplexer import Multiplexer, Waits
from arena_core.usecases.reading import Place
from arena_core.usecases.session import Session
from arena_core.usecases.sources import LogRequest
from arena_core.usecases.spool import Data

#: The local cluster keeps the log of a pod a moment after the pod has gone.
KEEPING = (0.2, 0.5, 1.0)


class Track:
    """Follows one container into the queue. ``gaps`` names what is missing, ``read`` tells that something has come."""

    def __init__(
        self, session: Session, namespace: str, owner: str, place: Place, request: LogRequest, events: Multiplexer, number: int
    ) -> None:
        self._session = session
        self._namespace = namespace
        self._owner = owner
        self.place = place
        self.number = number
        self.source = place.source
        self.label = place.source.label or place.source.pod
        self.lines = Lines(request.options.timestamps, joined=request.joined)
        self.open = True
        #: Whether the pod has ended or is being removed: then its log has an end, which is waited for.
        self.ending = False
        self.read = False
        self.stopped = False
        self.gaps: list[str] = []
        self._request = request
        self._line = events.line
        self._stream: Stream | None = None

    def run(self) -> None:
        """Read to the end; what keeps it waiting is told."""
        try:
            self._follow()
        except ArenaError:
            if not self.stopped:
                raise

    def stop(self) -> None:
        """End the reading."""
        self.stopped = True
        if self._stream is not None:
            self._stream.close()

    def hurry(self) -> None:
        """Take a silence of the server for a fault: the container writes no more."""
        if self._stream is not None:
            self._stream.settimeout(60.0)

    def _follow(self) -> None:
        reader = self.place.reader(self._request, opened=self._opened, on_gap=lambda after: self.gaps.append(f"{self.label} after {after}"))
        if self.place.kept is not None:
            for data in reader.whole(lambda: True):
                self._put(data)
            return
        follower = Follower(reader, self._look, lambda: self.stopped, self._wait)
        try:
            for data in follower.pieces():
                self._put(data)
        except PodGone as gone:
            self._rest_of_gone(reader, broken=gone.broken)
        except NoLog as error:
            raise NoLog(f"{self.label}: {error.message}", error.hint) from error
        if reader.lost_at_the_beginning:
            self.gaps.append(f"{self.label} at the beginning ({reader.lost_at_the_beginning})")

    def _rest_of_gone(self, reader: LogReader, *, broken: bool) -> None:
        """Read on in what the local cluster keeps; elsewhere a reading that broke off has lost the rest."""
        for pause in (0.0, *KEEPING):
            self._session.cluster.scope.sleep(pause)
            runs = kept_runs(self._session, self._namespace, self._owner)
            if runs is None:
                break
            run = Kept(runs).run(self.place.uid, self.source.container)
            if run is not None:
                reader.path = run.path(self._namespace)
                for data in reader.whole(lambda: True):
                    self._put(data)
                return
        if broken:
            self.gaps.append(f"{self.label} (its pod was removed before the end of its log was read)")

    def _put(self, data: bytes) -> None:
        self._line.put(Data(self.number, data))

    def _opened(self, stream: Stream) -> None:
        self._stream = stream
        if self.stopped:
            stream.close()

    def _wait(self, why: ArenaError) -> None:
        detail = why.detail if isinstance(why, NodeSilent) else ""
        silent = NodeSilent(self.label, dig.text(self.place.pod, "spec", "nodeName"), detail)
        self._line.put(Waits(self, silent.message))

    def _look(self) -> Run | None:
        """Return the newest run of the container, None when its pod is gone."""
        name = self.source.pod
        found = self._session.cluster.list(PODS, self._namespace, field_selector=f"metadata.name={name}").items
        pod = next((p for p in found if dig.text(p, "metadata", "uid") == self.place.uid), None)
        return None if pod is None else run_of(pod, self.source.container)
