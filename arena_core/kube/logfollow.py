"""A followed log: over broken connections, restarts of the API server and restarts of the container, until nothing more will come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from arena_core.contract.errors import ArenaError, ClusterUnreachable, NotFound, PermissionDenied
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.kube.logposition import Position, Rows
from arena_core.kube.logs import TRIES, Gap, Incomplete, LogReader, NoLog
from arena_core.kube.nodes import NodeSilent
from arena_core.kube.refusals import Invalid
from arena_core.kube.retry import DELAYS
from arena_core.lazily import Logger
from arena_core.records import replace
from arena_core.typed import NamedTuple

log = Logger(__name__)

#: How long a server may be gone before a followed log gives up. A silent node is waited for as long as it takes.
PATIENCE = 120.0


class Run(NamedTuple):
    """One run of a container: how often it has been restarted, and whether it will write no more."""

    number: int
    over: bool


class PodGone(NotFound):
    """The pod was removed while its log was followed; ``broken`` tells that the last reading had not come to an end."""

    broken = False


def run_of(pod: Manifest, container: str) -> Run:
    """Return which run of the container is the newest, and whether there will be no more to read."""
    status = dig.mapping(pod, "status")
    finished = status.get("phase") in ("Succeeded", "Failed")
    rows = [row for key in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses") for row in dig.items(status, key)]
    row = next((row for row in rows if row.get("name") == container), {})
    number = dig.number(row, "restartCount")
    ended = dig.dig(row, "state", "terminated")
    if finished or not isinstance(ended, dict):
        return Run(number, finished)
    if dig.text(pod, "metadata", "deletionTimestamp"):
        return Run(number, True)
    policy = dig.text(pod, "spec", "restartPolicy") or "Always"
    inits = {one.get("name"): one for one in dig.items(pod, "spec", "initContainers")}
    if container in inits:
        policy = "Always" if inits[container].get("restartPolicy") == "Always" else "OnFailure"
    return Run(number, policy == "Never" or (policy == "OnFailure" and dig.number(ended, "exitCode") == 0))


class Follower:
    """Follows one container.

    ``look`` returns its newest run, or None when the pod is gone. ``on_wait`` is told when a node does not answer, ``on_gap`` when
    lines were lost before we could read them.
    """

    def __init__(
        self,
        reader: LogReader,
        look: Callable[[], Run | None],
        stopped: Callable[[], bool] = lambda: False,
        on_wait: Callable[[ArenaError], None] = lambda why: None,
    ) -> None:
        self._reader = reader
        self._look = look
        self._stopped = stopped
        self._on_wait = on_wait
        self._failures = 0
        self._since = 0.0

    def pieces(self) -> Iterator[bytes]:
        """Yield the log with times; raises ``PodGone`` when the pod vanishes before it is over."""
        run, last_lines = self._run(), self._reader.asked.tail >= 0
        yield from self._begin()
        if last_lines and run.over and self._is_all():
            return
        idle = 0
        while not self._stopped():
            got = ended = gap = failed = False
            try:
                for data in self._reader.read(follow=not run.over):
                    got, self._failures = True, 0
                    yield data
                ended = run.over and self._reader.more() is None
                self._failures = 0 if got or not run.over else self._failures
            except Gap:
                gap = True
            except ArenaError as error:
                failed = True
                self._bear(error)
            if ended or self._stopped():
                return
            now = self._run() if not gap else self._restarted(run)
            if now.number > run.number:
                yield from self._rest_of_run(now.number - run.number)
            elif gap:
                self._reader.lost()
            elif run.over and not got and not failed:
                self._count(self._reader.unfinished())
            idle = 0 if got or gap or now != run else idle + 1
            run = now
            if idle or self._failures:
                self._reader.scope.sleep(DELAYS[min(max(self._failures, idle) - 1, len(DELAYS) - 1)])

    def _begin(self) -> Iterator[bytes]:
        """Yield the last lines where only these are asked for; what comes after is read on from there."""
        if self._reader.asked.tail < 0:
            return
        silent = self._reader.asked.tail == 0
        if silent:  # the last line tells where we are
            self._reader.asked = replace(self._reader.asked, tail=1)
        while not self._stopped():
            try:
                for data in self._reader.read():
                    if not silent:
                        yield data
                position = self._reader.position
                if (position.begun and not (silent and position.size)) or self._reader.more() is None:
                    break
                self._count(self._reader.unfinished())
                if silent:
                    self._reader.position = Position(cut=Rows())
            except ArenaError as error:
                self._bear(error)
                if silent:
                    self._reader.position = Position(cut=Rows())
                elif self._reader.position.begun:
                    break
                self._reader.scope.sleep(DELAYS[0])
        self._reader.asked = replace(self._reader.asked, tail=-1)

    def _is_all(self) -> bool:
        """Whether the server has nothing after the last lines: all since their second need not be read again."""
        try:
            return not self._reader.broken and self._reader.more() is None
        except ArenaError:
            return False

    def _rest_of_run(self, runs: int) -> Iterator[bytes]:
        """Yield what the run before wrote after the last look, as far as the node still has it, and turn to the new one."""
        reader, asked = self._reader, self._reader.asked
        reader.asked = replace(asked, previous=True)
        unread = reader.broken or runs > 1
        try:
            yield from reader.whole(lambda: True)
            unread = runs > 1
        except ArenaError as error:
            log.debug("the log of the run before of %s: %s", reader.pod, error.message)
        if unread:
            reader.lost()
        if reader.position.size:
            yield b"\n"
        reader.asked = replace(asked, since_seconds=0, since_time="", tail=-1)
        reader.position = Position()

    def _restarted(self, run: Run) -> Run:
        """Return the newest run; a status comes a moment after the restart that it tells."""
        for pause in (0.0, 0.5, 1.0, 1.5):
            self._reader.scope.sleep(pause)
            now = self._run()
            if now.number > run.number:
                break
        return now

    def _run(self) -> Run:
        """Return the newest run; raises ``PodGone``."""
        while True:
            try:
                found = self._look()
            except ArenaError as error:
                self._bear(error)
                if self._stopped():
                    return Run(0, False)
                self._reader.scope.sleep(DELAYS[min(self._failures, len(DELAYS) - 1)])
                continue
            if found is None:
                gone = PodGone(f"the pod {self._reader.pod} was removed")
                gone.broken = self._reader.broken
                raise gone
            return found

    def _bear(self, error: ArenaError) -> None:
        """Pass over what may get better, for a while."""
        if isinstance(error, NodeSilent):
            self._on_wait(error)
            self._failures = max(1, self._failures)
            return
        if isinstance(error, Invalid) and "waiting to start" in error.message:
            self._failures = max(1, self._failures)
            return
        if isinstance(error, NoLog | Incomplete):
            raise error
        if isinstance(error, PermissionDenied) and self._failures >= 2:
            raise error
        if not isinstance(error, ClusterUnreachable | NotFound | PermissionDenied | Invalid):
            raise error
        log.debug("the log of %s broke off (%s), reading on", self._reader.pod, error.message)
        self._count(error)

    def _count(self, error: ArenaError) -> None:
        now = time.monotonic()
        self._since = self._since if self._failures else now
        self._failures += 1
        lasting = now - self._since > PATIENCE
        if lasting or (isinstance(error, Incomplete | Invalid | NotFound) and self._failures > TRIES):
            # The pod is there (that was looked up), so it is not the log that is missing but the answer.
            raise self._reader.unfinished() if isinstance(error, NotFound) else error
