"""Hooks that say the same of most types: a plugin takes over those that it has nothing to add to. Reading commands load this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.typed import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Endpoint, Find, Jobs, JobStatus, JobView, Manifest


class Reader(Protocol):
    """How jobs of a type are read: a module, or a ``kubeflow.Kind``."""

    @property
    def related(self) -> Callable[[Any], Iterable[Find]]:
        """Says what status and reasons need besides the pods."""

    @property
    def status(self) -> Callable[[Any, Any, Sequence[Manifest]], JobStatus]:
        """Says what a job is doing, from the job, its pods and what else was found."""

    @property
    def explain(self) -> Callable[[Any, Any, Sequence[Manifest]], Iterable[Cause]]:
        """Says why a job is not running, from the same."""


class Reading(NamedTuple):
    """The hooks ``arena_related``, ``arena_job_status`` and ``arena_explain``."""

    related: Callable[[JobView, Jobs], Iterable[Find]]
    status: Callable[[JobView, Jobs], JobStatus]
    explain: Callable[[JobView, Jobs], Iterable[Cause]]


def reading(reader: Reader, *, unfetched: Sequence[Manifest] | None = ()) -> Reading:
    """Return the hooks of a type whose jobs are read so; ``unfetched`` are the pods where none were fetched.

    ``arena_related, arena_job_status, arena_explain = hooks.reading(KIND)``
    """

    @hookimpl
    def arena_related(view: JobView, jobs: Jobs) -> Iterable[Find]:
        """Name what status and reasons need besides the pods."""
        return reader.related(view.manifest)

    @hookimpl
    def arena_job_status(view: JobView, jobs: Jobs) -> JobStatus:
        """Say what the job is doing."""
        return reader.status(view.manifest, unfetched if view.pods is None else view.pods, view.related or ())

    @hookimpl
    def arena_explain(view: JobView, jobs: Jobs) -> Iterable[Cause]:
        """Say in plain words why the job is not running."""
        return reader.explain(view.manifest, unfetched if view.pods is None else view.pods, view.related or ())

    return Reading(arena_related, arena_job_status, arena_explain)


@hookimpl
def arena_endpoints(view: JobView, jobs: Jobs) -> Iterable[Endpoint]:
    """Return the job's TensorBoard."""
    from arena_core.families.tensorboard import endpoints

    return endpoints(view.manifest)
