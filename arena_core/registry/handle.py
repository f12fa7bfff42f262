"""A job type behind typed methods: the only place where the hooks of a job type are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.contract.types import (
    BEFORE,
    Build,
    Cause,
    Endpoint,
    Find,
    Jobs,
    JobStatus,
    JobType,
    JobView,
    LogQuery,
    LogSource,
    Lookup,
    Manifest,
    Manifests,
    Note,
    Phase,
    PodSet,
    Problem,
    Resource,
)
from arena_core.k8s import dig
from arena_core.lazily import Logger
from arena_core.podstatus import default_log_sources
from arena_core.registry import border
from arena_core.registry.discovery import Entry
from arena_core.registry.hooks import Hooks
from arena_core.registry.probe import argument_model, update_model
from arena_core.registry.shapes import check_of
from arena_core.typed import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from arena_core.contract.schedules import Schedule
    from arena_core.registry.index import Later

log = Logger(__name__)


class JobTypeHandle:
    """One job type. Every call goes to this plugin alone; what it raises becomes ``PluginError`` with its name and the hook's."""

    def __init__(self, hooks: Hooks | Later, entry: Entry, job_type: JobType, jobs: Jobs) -> None:
        self._hooks = hooks
        self._entry = entry
        self._job_type = job_type
        self._jobs = jobs
        self._model: type[Any] | None = None
        self._update: type[Any] | None = None

    def __repr__(self) -> str:
        return f"JobTypeHandle({self._job_type.name!r})"

    @property
    def job_type(self) -> JobType:
        """What the plugin says of itself."""
        return self._job_type

    @property
    def args_model(self) -> type[Any]:
        """The argument model; imported or made at the first use."""
        if self._model is None:
            self._model = argument_model(self._entry, self._job_type, self._jobs)
        return self._model

    @property
    def update_model(self) -> type[Any] | None:
        """The model of what may be changed of a live job; None where nothing may."""
        if self._update is None and self._job_type.update and "arena_update" in self._hooks:
            self._update = update_model(self._entry, self._job_type)
        return self._update

    def update(self, job: Manifest, args: Any) -> Manifest:
        """Return a live job as the arguments change it."""
        return cast("Manifest", self._call("arena_update", dict, job=job, args=args))

    def claims(self, obj: Mapping[str, Any]) -> bool:
        """Whether the type says of an object of its kind that it is its own."""
        try:
            return self._job_type.matches is not None and self._job_type.matches(dict(obj)) is True
        except PluginError as error:  # one odd object must not end a list
            log.warning("%s", error.message)
            return False

    @property
    def distribution(self) -> str:
        """The distribution that brought it."""
        return self._entry.distribution

    def behind(self, where: str, function: Callable[[], Any]) -> Any:
        """Return what code of the plugin returns that is no hook; what it raises or prints is the plugin's."""
        return border.call(self._entry, where, function)

    def _call(self, hook: str, expected: Any, **arguments: Any) -> Any:
        """Return a hook's answer once it is what the contract says."""
        found = border.call(self._entry, hook, lambda: self._hooks.call(hook, **arguments))
        if wrong := check_of(expected)(found):
            raise self._failed(hook, f"returned {wrong}")
        return found

    def _failed(self, hook: str, what: str) -> PluginError:
        return border.failed(self._entry, hook, what)

    def _many(self, hook: str, kind: Any, **arguments: Any) -> list[Any]:
        # A generator runs, and fails, while it is read.
        found = border.call(self._entry, hook, lambda: list(self._hooks.call(hook, **arguments) or ()))
        for item in found:
            if wrong := check_of(kind)(item):
                raise self._failed(hook, f"returned {wrong}")
        return cast("list[Any]", found)

    def validate(self, args: Any) -> list[Problem]:
        """Return every problem with the arguments."""
        return [p for p in self._many("arena_validate", Problem | Note, args=args, jobs=self._jobs) if isinstance(p, Problem)]

    def notes(self, args: Any) -> list[Note]:
        """Return what stops nothing and should be known, from the arguments alone."""
        return [n for n in self._many("arena_validate", Problem | Note, args=args, jobs=self._jobs) if isinstance(n, Note)]

    def build_manifests(
        self, args: Any, *, wrapped: bool = False, settled: Callable[[Resource], Resource] = lambda resource: resource
    ) -> list[Manifest]:
        """Return the objects to create, the job first; ``settled`` returns a kind in the version that the cluster serves."""
        build = Build(settled(self._job_type.resource), wrapped, settled)
        found = border.call(
            self._entry,
            "arena_build_manifests",
            lambda: in_order(self._hooks.call("arena_build_manifests", args=args, jobs=self._jobs, build=build)),
        )
        if wrong := check_of(list[dict[str, Any]])(found):
            raise self._failed("arena_build_manifests", f"returned {wrong}")
        manifests = cast("list[Manifest]", found)
        for obj in manifests:
            if wrong := check_of(str)(dig.dig(obj, "metadata", "name")):
                raise self._failed("arena_build_manifests", f"made an object whose metadata.name is {wrong}")
        if not manifests or not self._job_type.resource.matches(manifests[0]):
            raise self._failed("arena_build_manifests", f"the first object is not a {self._job_type.resource.kind}")
        if getattr(args, "patches", ()):
            from arena_core.registry.patching import patched

            return patched(self, args, manifests)
        return manifests

    def preflight(self, args: Any, lookup: Lookup) -> list[Problem | Note]:
        """Return problems that only the cluster knows, and notes."""
        return self._many("arena_preflight", Problem | Note, args=args, lookup=lookup, jobs=self._jobs)

    def endpoints(self, view: JobView) -> list[Endpoint]:
        """Return what the job serves."""
        return self._many("arena_endpoints", Endpoint, view=view, jobs=self._jobs)

    def status(self, view: JobView) -> JobStatus:
        """Return the job's status. A failing hook yields UNKNOWN with the reason: one odd object must not end a list."""
        try:
            return cast("JobStatus", self._call("arena_job_status", JobStatus, view=view, jobs=self._jobs))
        except ArenaError as error:
            return JobStatus(Phase.UNKNOWN, reason="PluginFailed", message=error.message)

    def pod_sets(self, job: Manifest, purpose: Literal["wrap", "quota"] = "wrap") -> list[PodSet]:
        """Return the sets of equal pods: those by whose ends a wrapper knows the job's, or all (``quota``)."""
        return self._many("arena_pod_sets", PodSet, job=job, purpose=purpose, jobs=self._jobs)

    def related(self, view: JobView) -> list[Find]:
        """Return which objects besides the pods status and reasons need."""
        return self._many("arena_related", Find, view=view, jobs=self._jobs)

    def log_sources(self, view: JobView, query: LogQuery) -> list[LogSource]:
        """Return where the logs are; without a hook the chief's container first, then by ``query``."""
        if "arena_log_sources" in self._hooks:
            return self._many(
                "arena_log_sources", LogSource, view=view, query=query, jobs=self._jobs, job=view.manifest, pods=view.pods or ()
            )
        status = view.status or self.status(view)
        return default_log_sources(status.instances, view.pods or (), query, self._job_type.container, replicas=status.replicas)

    def schedule(self, view: JobView) -> Schedule:
        """Return when the job makes others, and which it has made."""
        from arena_core.contract.schedules import Schedule

        return cast("Schedule", self._call("arena_schedule", Schedule, view=view, jobs=self._jobs))

    def run_now(self, view: JobView, name: str) -> Manifest:
        """Return what is created where a job of the schedule is to be made at once."""
        return cast("Manifest", self._call("arena_run_now", dict, view=view, called=name, jobs=self._jobs))

    def explain(self, view: JobView) -> list[Cause]:
        """Return in plain words why the job is not running."""
        return self._many("arena_explain", Cause, view=view, jobs=self._jobs)


def in_order(found: Any) -> list[Any]:
    """Return what was built as one list, the job first; what stands before it is marked."""
    if not isinstance(found, Manifests):
        return list(found or ())
    if wrong := check_of(Manifests)(found):
        raise TypeError(wrong)
    for obj in found.before:
        metadata = obj.setdefault("metadata", {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), BEFORE: "true"}
    return [found.job, *found.before, *found.beside]
