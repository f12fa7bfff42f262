"""What the parts of the daemon know of each other: the options, the API rules, and the seam between HTTP and the kubelet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from arena_local.access import Access
from arena_local.sdk.bundle import Admission, Api, Bundle, Obj
from arena_local.sdk.clock import Clock


@dataclass(frozen=True)
class Options:
    """What ``arena local up`` was told; kept in ``options.json`` of the state folder.

    ``resources`` are extended resources of every node (``nvidia.com/gpu`` → 8; pretended where the machine has none); ``quota`` is
    what LocalQueue ``default-queue`` of namespace ``default`` may use; ``delays`` shorten named waits (``volcano.session`` → 0.1).
    Without ``operators`` it is a plain Kubernetes: no job type's kinds and no queues.
    ``idle_stop`` ends the daemon after so many minutes without a request and without a running pod (0: never).
    ``keep_logs`` is the size of all logs of pods that are gone; the oldest go first. ``movable_clock`` lets whoever has the secret move
    the cluster's clock; it is for tests, no flag sets it.
    """

    nodes: int = 1
    resources: Mapping[str, str] = field(default_factory=dict)
    quota: Mapping[str, str] = field(default_factory=dict)
    simulate: bool = False
    names: str = "auto"
    delays: Mapping[str, float] = field(default_factory=dict)
    idle_stop: float = 0.0
    operators: bool = True
    keep_logs: str = "1Gi"
    movable_clock: bool = False


class ContainerUse(NamedTuple):
    """What one container of a pod uses: cores, and bytes of memory."""

    uid: str
    container: str
    cores: float
    memory: int


class GpuUse(NamedTuple):
    """What one real GPU does, and the pod (uid) that holds it: percent of the last moment, bytes; None where it does not tell."""

    number: int
    uuid: str
    pod: str
    duty: float | None
    used: int | None
    total: int | None


class Use(NamedTuple):
    """What was used during the last ``window`` seconds: by the containers, and by the whole machine."""

    window: float
    containers: tuple[ContainerUse, ...]
    cores: float
    memory: int
    gpus: tuple[GpuUse, ...] = ()


class Session(Protocol):
    """One exec or attach: bytes by channel (1 stdout, 2 stderr) until the process ends."""

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield (channel, bytes) until both streams are closed."""

    async def write(self, data: bytes) -> None:
        """Send to standard input."""

    async def close_stdin(self) -> None:
        """Close standard input."""

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its new size."""

    async def wait(self) -> int:
        """Return the exit code."""

    async def kill(self) -> None:
        """End the process because the client has left."""


class PodBackend(Protocol):
    """What the HTTP layer asks of the kubelet. Refusals are ``ApiError``."""

    def logs(self, pod: Obj, container: str, query: Mapping[str, Any]) -> AsyncIterator[bytes]:
        """Yield the log; ``query``: follow, previous, timestamps (bool), tailLines, sinceSeconds, limitBytes (int), sinceTime (text)."""

    def lines_gone(self, pod: Obj, container: str, query: Mapping[str, Any]) -> int:
        """Return how many lines of a log that is asked for as a whole were removed because it has grown too big."""

    def kept_logs(self, namespace: str, owner: str) -> Sequence[Obj]:
        """Return the logs of pods that are gone: of one owner (its uid), or all."""

    def kept_log(
        self, namespace: str, uid: str, container: str, attempt: str, query: Mapping[str, Any] | None = None
    ) -> AsyncIterator[bytes] | None:
        """Yield one of them, or return None."""

    async def exec(self, pod: Obj, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> Session:
        """Start a process beside the container's."""

    async def attach(self, pod: Obj, container: str, *, stdin: bool, tty: bool) -> Session:
        """Join the container's own streams."""

    async def usage(self) -> Use:
        """Measure what the processes of the pods use."""

    async def connect(self, pod: Obj, port: int) -> tuple[Any, Any]:
        """Open a connection to a port of the pod; returns asyncio's (reader, writer)."""


class Component(Protocol):
    """A part of the daemon with a life of its own: controllers, scheduler, kubelet."""

    async def start(self) -> None:
        """Begin to work; returns at once."""

    async def stop(self) -> None:
        """End the work; pods' processes stay (the daemon may come back and adopt them)."""


#: Called after every commit: event type (ADDED, MODIFIED, DELETED), resource (``plural.group``), new object, old object or None.
Listener = Callable[[str, str, Obj, Obj | None], None]


class ServerApi(Api, Protocol):
    """``Api`` plus what only the daemon's own components need."""

    #: Where ``now`` has the time from.
    clock: Clock

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Be called after each commit, in order; returns the way to end it."""

    def kinds(self) -> Sequence[str]:
        """Return the ids of the kinds that are stored."""

    def add_admission(self, hooks: Sequence[Admission]) -> None:
        """Add admission hooks that belong to no bundle."""

    def finalize_pod(self, namespace: str, name: str, uid: str) -> None:
        """Remove a pod whose processes are gone (the kubelet's delete with grace 0)."""


@dataclass
class Context:
    """What every component is built from. ``pods`` is set when the kubelet is built."""

    state_dir: Path
    api: ServerApi
    options: Options
    token: str
    bundles: tuple[Bundle, ...] = ()
    pods: PodBackend | None = None
    access: Access = field(default_factory=Access)
    #: Is told in one line of what is broken and left out.
    problem: Callable[[str], None] = lambda text: None
