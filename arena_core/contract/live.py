"""A live job as a hook sees it, and what is said of it: status, instances, reasons, logs, what it serves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum

from arena_core.contract.building import Manifest, Resource
from arena_core.k8s.time import parse as parse_time
from arena_core.records import field, record
from arena_core.typed import NamedTuple


class Phase(StrEnum):
    """The closed set of what a job can be. The words are Arena's, scripts read them."""

    PENDING = "PENDING"
    QUEUING = "QUEUING"
    RUNNING = "RUNNING"
    #: For ``workload="service"``: it serves, with all that it wants. Such a job does not end by itself.
    READY = "READY"
    SUSPENDED = "SUSPENDED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"

    @property
    def finished(self) -> bool:
        """Whether no later phase is expected: SUCCEEDED or FAILED."""
        return self in _FINISHED

    @property
    def runs(self) -> bool:
        """Whether it is doing what it is there for: RUNNING, or READY for a service."""
        return self in _RUNS


#: Named once: a name of an enumeration is found by a function written in Python, and a long list asks for each of its jobs.
_FINISHED, _RUNS = (Phase.SUCCEEDED, Phase.FAILED), (Phase.RUNNING, Phase.READY)


@record
class Instance:
    """One pod of a job as tables and JSON show it. Times are RFC 3339 or empty, as in the pod's status.

    ``status`` is the text that ``kubectl get pods`` prints (``Running``, ``Init:0/1``, ``CrashLoopBackOff``); ``phase`` is the pod's
    phase. ``role`` and ``index`` name it within the job (``worker``, 0). ``requests`` are the limits of extended resources
    (``nvidia.com/gpu`` → 2). ``exit_code`` is that of the first container that ended badly, else of the main one, or None.
    """

    name: str
    status: str
    phase: str = ""
    role: str = ""
    index: int | None = None
    chief: bool = False
    node: str = ""
    node_ip: str = ""
    ip: str = ""
    created: str = ""
    started: str = ""
    finished: str = ""
    restarts: int = 0
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    requests: Mapping[str, int] = field(default_factory=dict)

    @property
    def created_at(self) -> datetime | None:
        """When the pod was made, as a moment in UTC."""
        return parse_time(self.created)

    @property
    def started_at(self) -> datetime | None:
        """When the node took the pod up, or None while it has not."""
        return parse_time(self.started)

    @property
    def finished_at(self) -> datetime | None:
        """When its last container ended, or None while one runs."""
        return parse_time(self.finished)

    @property
    def short_name(self) -> str:
        """``worker-0``: the role and the index, or the whole name where they are unknown."""
        return f"{self.role}-{self.index}" if self.role and self.index is not None else self.name


class Removal(NamedTuple):
    """What removes pods of such a job at its end: ``rule`` says it of this job ("its clean-task policy is All"), ``keep`` how they stay."""

    rule: str
    keep: str


@record
class Revision:
    """A state of a server that its operator keeps. ``percent`` of the requests go there (None: not said); ``ready``: it can take some."""

    name: str
    percent: int | None = None
    ready: bool = True


@record
class JobStatus:
    """What a job is doing. Times are RFC 3339 or empty.

    ``exact`` is the operator's own word (``Restarting``, ``Resuming``), ``reason`` and ``message`` say why it is in this phase.
    ``replicas`` is the number of pods that the job wants at full size; ``requests`` the extended resources of all of them.
    ``removal`` is what removes its pods with their logs, None where nothing does: told to whom looks for them.
    ``revisions`` are those of a server whose operator counts them, the newest first.
    """

    phase: Phase
    exact: str = ""
    reason: str = ""
    message: str = ""
    start: str = ""
    end: str = ""
    instances: tuple[Instance, ...] = ()
    replicas: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)
    priority: str = ""
    removal: Removal | None = None
    revisions: tuple[Revision, ...] = ()

    @property
    def started_at(self) -> datetime | None:
        """When the job began to run, as a moment in UTC; None while it has not."""
        return parse_time(self.start)

    @property
    def ended_at(self) -> datetime | None:
        """When the job ended, as a moment in UTC; None while it has not."""
        return parse_time(self.end)

    @property
    def chief(self) -> Instance | None:
        """The instance whose logs a user wants first, or None while there is none."""
        return next((i for i in self.instances if i.chief), None) if self.instances else None

    def _repr_html_(self) -> str:
        from arena_core.contract.html import paragraph, table

        why = ": ".join(part for part in (self.reason, self.message) if part)
        text = paragraph(f"{self.phase}: {why}" if why else str(self.phase))
        if not self.instances:
            return text
        head = ("instance", "status", "node", "started", "finished", "restarts", "exit code")
        rows = [(i.short_name, i.status, i.node, i.started, i.finished, i.restarts, i.exit_code) for i in self.instances]
        return text + table(head, rows)


@record
class JobView:
    """A live job as a hook sees it: the object, its pods and its related objects, and the status where it is known already.

    ``pods`` and ``related`` are None where nobody has read them, which is not the same as there being none: nothing may be concluded
    from it. ``status`` is given to explain and log_sources, never to the status hook itself.
    """

    manifest: Manifest
    pods: tuple[Manifest, ...] | None = None
    related: tuple[Manifest, ...] | None = None
    status: JobStatus | None = None


@record
class LogQuery:
    """Which logs are asked for: ``instance`` is a pod's name or short name (``worker-0``), ``all_instances`` every pod."""

    instance: str = ""
    container: str = ""
    all_instances: bool = False
    previous: bool = False


@record
class LogSource:
    """One stream of log: a container of a pod; ``label`` is the prefix when several are shown together.

    A log that is in no pod names none: ``text`` is what the job's own objects hold of it (its end, mostly), ``missing`` says why there
    is no more, and ``hint`` where it may be found.
    """

    pod: str = ""
    container: str = ""
    label: str = ""
    text: str | None = None
    missing: str = ""
    hint: str = ""


@record
class Endpoint:
    """Something that a job serves: a port of a Service in its namespace (0: the first one).

    ``ready`` is None where the type cannot tell. ``path`` is added to the address, ``detail`` says more, ``title`` is its name in
    sentences. ``pods`` is the label selector of the pods that serve it where these are not the job's own: then it outlives the job's
    run, and why it does not come up is told. ``certain`` is False where only its Service tells whether the job has it.
    """

    name: str
    scheme: str
    service: str
    port: int = 0
    ready: bool | None = None
    path: str = ""
    detail: str = ""
    title: str = ""
    pods: str = ""
    certain: bool = True


class Rank(IntEnum):
    """How much a cause decides: what refuses comes before what waits, and what never happens before what happens by itself."""

    REFUSED = 1  #: somebody refuses what the job needs (quota, policy, a name that is taken)
    NEVER = 2  #: cannot happen as it was asked for (more than there is, a class or queue that does not exist)
    FAILED = 3  #: an instance ended badly
    HELD = 4  #: waits until somebody changes something
    WAITS = 5  #: happens by itself
    INFO = 6  #: good to know, explains nothing alone


#: ``Cause.reason`` of what a job type says only because nothing has been said: dropped where events tell more or cannot be read.
NOT_TAKEN_UP = "NotTakenUp"


@record
class Cause:
    """One reason why a job is not running, in plain words, and what to do about it.

    ``reason`` is the cluster's own word for it (``FailedCreatePod``, ``OOMKilled``), ``object`` what it is about (``pod/x-master-0``),
    ``lines`` the last lines of the log where an instance failed.
    """

    message: str
    hint: str = ""
    object: str = ""
    rank: Rank = Rank.WAITS
    reason: str = ""
    lines: tuple[str, ...] = ()


@record
class Find:
    """Related objects that ``arena_related`` asks for, in the job's namespace: by name, by label selector, or by owner (a uid).

    ``inner`` says that this is the job which the asking one wraps: how that ends need not show in the wrapper or in a pod.
    """

    resource: Resource
    name: str = ""
    label_selector: str = ""
    owner_uid: str = ""
    inner: bool = False
