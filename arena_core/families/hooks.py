"""Hooks that say the same of most types: a plugin takes over those that it has nothing to add to. Reading commands load this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.lazily import referred
from arena_core.typed import TYPE_CHECKING, Any, NamedTuple, Protocol, overload

if TYPE_CHECKING:
    from arena_core.contract.types import (
        Cause,
        Endpoint,
        Find,
        Jobs,
        JobStatus,
        JobView,
        Lookup,
        Manifest,
        Manifests,
        Note,
        PodSet,
        Problem,
    )

#: What every job with Arena's common flags asks the cluster, for ``preflight``: queue, priority classes, gangs, claims, sources.
COMMON = "arena_core.families.preflight:common_problems"


class State(Protocol):
    """How the state of jobs is read: a module, or a ``kubeflow.Kind``."""

    @property
    def related(self) -> Callable[[Any], Iterable[Find]]:
        """Says what status and reasons need besides the pods."""

    @property
    def status(self) -> Callable[[Any, Any, Sequence[Manifest]], JobStatus]:
        """Says what a job is doing, from the job, its pods and what else was found."""


class Reader(State, Protocol):
    """How jobs of a type are read."""

    @property
    def explain(self) -> Callable[[Any, Any, Sequence[Manifest]], Iterable[Cause]]:
        """Says why a job is not running, from the same."""


class Reading(NamedTuple):
    """The hooks ``arena_related``, ``arena_job_status`` and ``arena_explain``."""

    related: Callable[[JobView, Jobs], Iterable[Find]]
    status: Callable[[JobView, Jobs], JobStatus]
    explain: Callable[[JobView, Jobs], Iterable[Cause]]


@overload
def reading(reader: Reader, *, unfetched: Sequence[Manifest] | None = ()) -> Reading: ...


@overload
def reading(reader: State, *, unfetched: Sequence[Manifest] | None = (), explain: str) -> Reading: ...


def reading(reader: Any, *, unfetched: Sequence[Manifest] | None = (), explain: str = "") -> Reading:
    """Return the hooks of a type whose jobs are read so; ``unfetched`` are the pods where none were fetched.

    ``explain`` names the function that says why a job is not running, ``module:function``, where it stands apart and is rarely needed.

    ``arena_related, arena_job_status, arena_explain = hooks.reading(KIND)``
    """

    @hookimpl
    def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
        """Name what status and reasons need besides the pods."""
        return reader.related(view.manifest)  # type: ignore[no-any-return]

    @hookimpl
    def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
        """Say what the job is doing."""
        return reader.status(view.manifest, unfetched if view.pods is None else view.pods, view.related or ())  # type: ignore[no-any-return]

    @hookimpl
    def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
        """Say in plain words why the job is not running."""
        why = referred(explain) if explain else reader.explain
        return why(view.manifest, unfetched if view.pods is None else view.pods, view.related or ())  # type: ignore[no-any-return]

    return Reading(arena_related, arena_job_status, arena_explain)


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> Iterable[Endpoint]:
    """Return the job's TensorBoard."""
    from arena_core.families.tensorboard import endpoints

    return endpoints(view.manifest)


def building(build: str) -> Callable[[Any], Sequence[Manifest] | Manifests]:
    """Return the hook ``arena_build_manifests`` of a function of the arguments, which is imported when a job is built.

    ``arena_build_manifests = hooks.building("arena_x.manifests:build")``
    """

    @hookimpl
    def arena_build_manifests(args: Any) -> Sequence[Manifest] | Manifests:
        """Return the job and what belongs to it."""
        return referred(build)(args)  # type: ignore[no-any-return]

    return arena_build_manifests


def updating(update: str) -> Callable[[Manifest, Any], Manifest]:
    """Return the hook ``arena_update`` of a function of the live job and the arguments, named as ``module:function``."""

    @hookimpl
    def arena_update(job: Manifest, args: Any) -> Manifest:
        """Return the live job with what is to change."""
        return referred(update)(job, args)  # type: ignore[no-any-return]

    return arena_update


def preflight(*asked: str) -> Callable[[Any, Lookup], Iterable[Problem | Note]]:
    """Return the hook ``arena_preflight`` of functions of arguments and lookup, named as ``module:function``; all that they find is told.

    ``arena_preflight = hooks.preflight(hooks.COMMON, "arena_x.preflight:name_problems")``
    """

    @hookimpl
    def arena_preflight(args: Any, lookup: Lookup) -> Iterable[Problem | Note]:
        """Return what only the cluster knows: what it lacks, and what is there already."""
        return [problem for where in asked for problem in referred(where)(args, lookup)]

    return arena_preflight


def pod_sets(sets: Callable[[Any], Sequence[PodSet]]) -> Callable[[Manifest], Sequence[PodSet]]:
    """Return the hook ``arena_pod_sets`` of a type whose pods all count, for a wrapper as for quota."""

    @hookimpl
    def arena_pod_sets(job: Manifest) -> Sequence[PodSet]:
        """Return the sets of equal pods."""
        return sets(job)

    return arena_pod_sets


def pod_sets_for(sets: Callable[[Any, str], Sequence[PodSet]]) -> Callable[[Manifest, str], Sequence[PodSet]]:
    """Return the hook ``arena_pod_sets`` of a type some of whose pods serve the others, and end when those have ended."""

    @hookimpl
    def arena_pod_sets(job: Manifest, purpose: str) -> Sequence[PodSet]:
        """Return the sets of equal pods: those by whose end a wrapper knows the job's, or for quota all."""
        return sets(job, purpose)

    return arena_pod_sets


def warning(text: str) -> Callable[[Any], Sequence[Note]]:
    """Return the ``Wrapping.warn`` of a type that inside a wrapper always has this to say."""
    from arena_core.contract.types import Note

    return lambda args: (Note(text),)
