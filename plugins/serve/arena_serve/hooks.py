"""The hooks that follow from how a server's object is read: the same for every kind of server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from arena_core.contract.hookspecs import hookimpl
from arena_core.typed import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from arena_core.contract.types import Cause, Endpoint, JobStatus, JobView, Manifest


class Reading(Protocol):
    """The module that reads one kind."""

    def status(self, job: Any, pods: Sequence[Any], /) -> JobStatus:
        """Return whether it serves."""

    def endpoints(self, job: Manifest, /) -> Iterable[Endpoint]:
        """Return what can be opened."""

    def explain(self, job: Manifest, /) -> Iterable[Cause]:
        """Return why it does not serve."""


def hooks_of(
    reading: Reading,
) -> tuple[Callable[[JobView], JobStatus], Callable[[JobView], Iterable[Endpoint]], Callable[[JobView], Iterable[Cause]]]:
    """Return ``arena_job_status``, ``arena_endpoints`` and ``arena_explain`` of a kind."""

    @hookimpl
    def arena_job_status(view: JobView) -> JobStatus:
        """Say whether it serves."""
        return reading.status(view.manifest, view.pods or ())

    @hookimpl
    def arena_endpoints(view: JobView) -> Iterable[Endpoint]:
        """Return the addresses that it serves."""
        return reading.endpoints(view.manifest)

    @hookimpl
    def arena_explain(view: JobView) -> Iterable[Cause]:
        """Say in plain words why it does not serve."""
        return reading.explain(view.manifest)

    return arena_job_status, arena_endpoints, arena_explain
