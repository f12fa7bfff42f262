"""The frozen dataclasses that cross the border between the core and a plugin.

Pydantic models come in (what a person typed, see ``args``), these go out (what code hands to code), and Kubernetes
objects are plain dicts on the way. Nothing here imports more than the grammar of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Literal

from arena_core.contract.building import BEFORE as BEFORE
from arena_core.contract.building import SUBMIT_ID as SUBMIT_ID
from arena_core.contract.building import Build as Build
from arena_core.contract.building import Manifest as Manifest
from arena_core.contract.building import Manifests as Manifests
from arena_core.contract.building import Note as Note
from arena_core.contract.building import Problem as Problem
from arena_core.contract.building import Resource as Resource
from arena_core.contract.building import Scale as Scale
from arena_core.contract.building import Wrapping as Wrapping
from arena_core.k8s.time import parse as parse_time
from arena_core.records import field, record

if TYPE_CHECKING:
    from typing import Protocol
else:
    # Nobody asks at run time whether an object fits, and making a protocol costs more than loading this module.
    Protocol = object


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
        return self in (Phase.SUCCEEDED, Phase.FAILED)

    @property
    def runs(self) -> bool:
        """Whether it is doing what it is there for: RUNNING, or READY for a service."""
        return self in (Phase.RUNNING, Phase.READY)


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


@record
class JobType:
    """What a plugin says of its job type.

    ``name`` is the entry point and the sub-command. ``resource`` is the custom resource. ``args`` is the pydantic model of the
    submit flags (a subclass of ``arena_core.families.args.SubmitArgs``), or where it is, ``"arena_x.args:XArgs"`` (also a function that
    takes ``jobs`` and returns the model): reading commands never need it, and importing pydantic costs more than they do.
    ``display`` and ``shorthand`` are Arena's further spellings for ``-T``.
    ``selectors`` takes the job and returns the label selectors that find its pods (``job=x,role in (a,b)``); whose they are is told by
    owners. None finds none. ``leads`` says whether one of its pods is the chief, whose log is the job's; ``wrapping`` how it behaves
    inside another type, None if it cannot be.
    ``matches`` says which objects of the kind are this type's, where several types share it; one without it takes what no other claims,
    and where all have one, what none claims is nobody's. ``listed_by`` is a label selector that all its objects satisfy, where most
    objects of the kind are no jobs at all: only those are asked for. Types that share a kind name the same.
    ``suspend_path`` is the place of the switch that suspends a job (``spec.suspend``), ``suspend_check`` says why that of this very job
    may not be turned; ``scale`` names the roles whose size may be changed. ``update`` is the model of what ``arena_update`` takes (as
    ``args``; of ``ArgsGroup``, where a field that is not given changes nothing), empty where a live job cannot be changed.
    """

    name: str
    resource: Resource
    args: type[Any] | str | Callable[[Jobs], type[Any]]
    summary: str = ""
    display: str = ""
    shorthand: str = ""
    selectors: Callable[[Manifest], Sequence[str]] = lambda job: ()
    leads: bool = True
    container: str = ""
    wrapping: Wrapping | None = None
    matches: Callable[[Manifest], bool] | None = None
    listed_by: str = ""
    #: What it is there for: "batch" ends by itself, "service" is to be READY, "schedule" makes others at times.
    workload: Literal["batch", "service", "schedule"] = "batch"
    suspend_path: str = ""
    suspend_check: Callable[[Manifest], str] = lambda job: ""
    scale: Callable[[Manifest], Sequence[Scale]] = lambda job: ()
    update: type[Any] | str = ""
    #: Where the API comes from ("X is not installed on this cluster: ..."), and how its controller's image is called (``mpi-operator``).
    provider: str = ""
    operator: str = ""


@record
class PodSet:
    """Equal pods of a job: what wrapping and quota need.

    ``path`` is the place of the pod template inside the object, with dots and indices (``spec.pytorchReplicaSpecs.Master.template``,
    ``spec.tasks[0].template``), as AppWrapper's ``podSets[].path`` writes it; ``replicas`` the number of pods. ``ends`` says that they
    end by themselves (workers of MPI, parameter servers and the nodes of Ray do not), ``runs_command`` that their
    containers are given the user's command. ``said_at`` is the place of what the container is given (command, arguments, environment,
    resources) where that does not stand in the template, because the template only changes another one (``spec.trainer``).
    """

    name: str
    path: str
    replicas: int = 1
    ends: bool = True
    runs_command: bool = True
    said_at: str = ""


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


@record
class JobStatus:
    """What a job is doing. Times are RFC 3339 or empty.

    ``exact`` is the operator's own word (``Restarting``, ``Resuming``), ``reason`` and ``message`` say why it is in this phase.
    ``replicas`` is the number of pods that the job wants at full size; ``requests`` the extended resources of all of them.
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
        return next((i for i in self.instances if i.chief), None)

    def _repr_html_(self) -> str:
        from arena_core.contract.html import status_html

        return status_html(self)


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
class Submission:
    """What was created: the job as the server stored it and the other objects, in the order of creation."""

    job_type: str
    name: str
    namespace: str
    manifests: tuple[Manifest, ...] = ()
    warnings: tuple[str, ...] = ()


@record
class Target:
    """Where a submission goes; ``local`` says whether that is the embedded cluster, None where no cluster was looked at."""

    context: str = ""
    namespace: str = ""
    local: bool | None = None


@record
class SubmitRequest:
    """A submission before it is sent, as extensions see it.

    ``args`` is the argument model, ``manifests`` what would be created, the job first. A client dry run (``dry_run="client"``) looks at
    no cluster: ``lookup`` is None and ``user`` empty then.
    """

    job_type: str
    args: Any
    manifests: tuple[Manifest, ...]
    target: Target
    jobs: Jobs
    user: str = ""
    lookup: Lookup | None = None
    dry_run: Literal["", "client", "server"] = ""


class Lookup(Protocol):
    """Read-only view of the cluster that ``arena_preflight`` gets."""

    def get(self, resource: Resource, name: str, namespace: str = "") -> Manifest | None:
        """Return the object, or None if it, its kind or the right to read it is missing."""

    def list(self, resource: Resource, namespace: str = "") -> Sequence[Manifest] | None:
        """Return all objects of the kind in the namespace (or all, for a kind without namespaces); None where they cannot be read."""

    def exists(self, resource: Resource, name: str, namespace: str = "") -> bool | None:
        """Return whether the object exists; None where that cannot be known (no right to read it).

        False also where the cluster does not serve the kind. The namespace is the submission's unless one is given.
        """

    def serves(self, resource: Resource) -> bool | None:
        """Return whether the cluster serves the kind; None where that cannot be known (no right to read it)."""

    def served_fields(self, resource: Resource) -> Mapping[str, Any] | None:
        """Return the served OpenAPI schema of the kind, or None where it cannot be read."""


class Jobs(Protocol):
    """The registry's face for hooks: other job types by name, each behind its typed handle."""

    def get(self, name: str) -> JobHandle:
        """Return the handle of the job type (name or alias); raises ``UnknownJobType`` or ``PluginBroken``."""

    def names(self) -> Sequence[str]:
        """Return the names of all installed and unblocked job types, without loading any."""

    def for_object(self, obj: Mapping[str, Any]) -> JobHandle | None:
        """Return the handle of the job type of the object's group and kind, the one that claims it where several share it, or None."""


class JobHandle(Protocol):
    """One job type with typed methods in front of the hooks of the same names."""

    @property
    def job_type(self) -> JobType:
        """What the plugin says of its job type."""

    @property
    def args_model(self) -> type[Any]:
        """The pydantic model of the submit flags, imported when it is first asked for."""

    def behind(self, where: str, function: Callable[[], Any]) -> Any:
        """Return what code of the plugin returns that is no hook (its argument model): what it raises or prints is the plugin's."""

    def validate(self, args: Any) -> list[Problem]:
        """Return every problem that the model alone cannot see."""

    def build_manifests(self, args: Any, *, wrapped: bool = False, resource: Resource | None = None) -> list[Manifest]:
        """Return the objects to create, the job first.

        ``wrapped`` where it is to stand inside another job, ``resource`` where the cluster serves another version of the kind.
        """

    @property
    def update_model(self) -> type[Any] | None:
        """The model of what may be changed of a live job, imported when it is first asked for; None where nothing may."""

    def update(self, job: Manifest, args: Any) -> Manifest:
        """Return a live job as the arguments change it."""

    def preflight(self, args: Any, lookup: Lookup) -> list[Problem | Note]:
        """Return the problems that only the cluster knows, and notes."""

    def status(self, view: JobView) -> JobStatus:
        """Return what the job is doing; a plugin that fails gives UNKNOWN, never an exception."""

    def pod_sets(self, job: Manifest, purpose: Literal["wrap", "quota"] = "wrap") -> list[PodSet]:
        """Return the sets of equal pods, those that end by themselves or all (``quota``); none where the plugin names none."""

    def related(self, view: JobView) -> list[Find]:
        """Return which objects besides the pods status and reasons need; ``view.related`` is what was found so far."""

    def log_sources(self, view: JobView, query: LogQuery) -> list[LogSource]:
        """Return where the logs are, the chief first."""

    def notes(self, args: Any) -> list[Note]:
        """Return what stops nothing and should be known, from the arguments alone."""

    def endpoints(self, view: JobView) -> list[Endpoint]:
        """Return what the job serves."""

    def explain(self, view: JobView) -> list[Cause]:
        """Return in plain words why the job is not running."""
