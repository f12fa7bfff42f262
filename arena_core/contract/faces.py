"""What hooks are given to ask with: other job types, the cluster; and a submission as extensions see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.contract.building import Manifest, Note, Problem, Resource
from arena_core.contract.jobtype import JobType, PodSet
from arena_core.contract.live import Cause, Endpoint, Find, JobStatus, JobView, LogQuery, LogSource
from arena_core.records import record
from arena_core.typed import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule


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


class Reach(Protocol):
    """What an extension may do in the cluster once the job is there (``arena_after_submit``)."""

    def services(self, selector: str) -> Sequence[Manifest]:
        """Return the Services of all namespaces with these labels; raises ``ArenaError`` where they cannot be read."""

    def ask(
        self, service: Manifest, port: int, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        """Send a request to a Service through the API server; returns status and body. ``body`` is sent as JSON."""

    def mark(self, job: Manifest, labels: Mapping[str, str], annotations: Mapping[str, str]) -> None:
        """Add labels and annotations to the job; raises ``ArenaError`` where that may not be."""


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

    def build_manifests(
        self, args: Any, *, wrapped: bool = False, settled: Callable[[Resource], Resource] = lambda resource: resource
    ) -> list[Manifest]:
        """Return the objects to create, the job first.

        ``wrapped`` where it is to stand inside another job; ``settled`` returns a kind in the version that the cluster serves.
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

    @property
    def distribution(self) -> str:
        """The distribution that brought the type."""

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

    def schedule(self, view: JobView) -> Schedule:
        """Return when a job of workload ``schedule`` makes others, and which it has made."""

    def run_now(self, view: JobView, name: str) -> Manifest:
        """Return what is created where a job of a schedule is to be made at once."""

    def explain(self, view: JobView) -> list[Cause]:
        """Return in plain words why the job is not running."""


@record
class Submission:
    """What was created: the job as the server stored it and the other objects, in the order of creation."""

    job_type: str
    name: str
    namespace: str
    manifests: tuple[Manifest, ...] = ()
    warnings: tuple[str, ...] = ()
    #: What came of a rehearsal.
    notes: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        from arena_core.contract.html import paragraph, table

        rows = [(one.get("kind", ""), (one.get("metadata") or {}).get("name", "")) for one in self.manifests]
        said = "".join(paragraph(text) for text in (*self.warnings, *self.notes))
        return paragraph(f"{self.job_type} {self.name} in namespace {self.namespace}") + table(("Kind", "Name"), rows) + said


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
    no cluster: ``lookup`` is None and ``user`` empty then. ``reach`` is there once the job is (``arena_after_submit``).
    """

    job_type: str
    args: Any
    manifests: tuple[Manifest, ...]
    target: Target
    jobs: Jobs
    user: str = ""
    lookup: Lookup | None = None
    dry_run: Literal["", "client", "server"] = ""
    reach: Reach | None = None
