"""The contract of a job type and of an extension: every hook with its meaning and an example.

A plugin implements the hooks that it needs as module functions marked with ``hookimpl`` and is found through the entry-point
group ``arena.jobs`` (job types) or ``arena.extensions`` (extensions). One job type is addressed at a time; every installed
extension is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from arena_core.types import Cause, Jobs, JobStatus, JobType, LogQuery, LogSource, Lookup, Manifest, PodSet, Problem

PROJECT = "arena"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class JobTypeSpec:
    """Hooks of a job type."""

    @hookspec(firstresult=True)
    def arena_job_type(self) -> JobType:  # type: ignore[empty-body]
        """Say what this job type is."""

    @hookspec(firstresult=True)
    def arena_validate(self, args: Any, jobs: Jobs) -> Iterable[Problem]:  # type: ignore[empty-body]
        """Return every problem that the model alone cannot see; pure."""

    @hookspec(firstresult=True)
    def arena_build_manifests(self, args: Any, jobs: Jobs) -> Sequence[Manifest]:  # type: ignore[empty-body]
        """Return the objects to create, the job first; pure: no cluster, no clock, no randomness."""

    @hookspec(firstresult=True)
    def arena_preflight(self, args: Any, lookup: Lookup, jobs: Jobs) -> Iterable[Problem]:  # type: ignore[empty-body]
        """Return problems that only the cluster knows (queue, priority class); read-only."""

    @hookspec(firstresult=True)
    def arena_job_status(  # type: ignore[empty-body]
        self, job: Manifest, pods: Sequence[Manifest], related: Sequence[Manifest], jobs: Jobs
    ) -> JobStatus:
        """Say what the job is doing; total: never raises, whatever object comes."""

    @hookspec(firstresult=True)
    def arena_pod_sets(self, job: Manifest) -> Sequence[PodSet]:  # type: ignore[empty-body]
        """Return name, path of the pod template and number of pods of each set of equal pods."""

    @hookspec(firstresult=True)
    def arena_log_sources(  # type: ignore[empty-body]
        self, job: Manifest, pods: Sequence[Manifest], query: LogQuery, jobs: Jobs
    ) -> Sequence[LogSource]:
        """Return where the logs are, the chief first."""

    @hookspec(firstresult=True)
    def arena_explain(  # type: ignore[empty-body]
        self, job: Manifest, pods: Sequence[Manifest], related: Sequence[Manifest], jobs: Jobs
    ) -> Iterable[Cause]:
        """Say in plain words why the job is not running."""


class ExtensionSpec:
    """Hooks of an extension: site policy, notification. Every installed extension is called."""

    @hookspec
    def arena_mutate_manifests(self, manifests: Sequence[Manifest], target: Any) -> Sequence[Manifest] | None:
        """Return changed manifests, or None to leave them. ``target`` has ``context``, ``namespace``, ``local``."""

    @hookspec
    def arena_validate_submission(self, manifests: Sequence[Manifest], target: Any) -> Iterable[Problem] | None:
        """Return problems that forbid the submission."""

    @hookspec
    def arena_after_submit(self, job: Manifest, target: Any) -> None:
        """Be told that a job was created."""

    @hookspec
    def arena_job_finished(self, job: Manifest, status: JobStatus, target: Any) -> None:
        """Be told that a job which was waited for or followed has ended."""

    @hookspec
    def arena_error_hints(self, error: Exception) -> str | None:
        """Return a hint for an error that is about to be shown, or None."""
