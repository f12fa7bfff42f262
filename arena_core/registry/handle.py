"""A job type behind typed methods: the only place where pluggy's hooks of a job type are called."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pluggy

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.contract.types import (
    Cause,
    Find,
    Jobs,
    JobStatus,
    JobType,
    JobView,
    LogQuery,
    LogSource,
    Lookup,
    Manifest,
    Phase,
    PodSet,
    Problem,
)
from arena_core.podstatus import default_log_sources
from arena_core.registry.discovery import Entry
from arena_core.registry.probe import argument_model

log = logging.getLogger(__name__)


class JobTypeHandle:
    """One job type. Every call goes to this plugin alone; what it raises becomes ``PluginError`` with its name and the hook's."""

    def __init__(self, manager: pluggy.PluginManager, module: ModuleType, entry: Entry, job_type: JobType, jobs: Jobs) -> None:
        self._manager = manager
        self._module = module
        self._entry = entry
        self._job_type = job_type
        self._jobs = jobs
        self._model: type[Any] | None = None

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

    def claims(self, obj: Mapping[str, Any]) -> bool:
        """Whether the type says of an object of its kind that it is its own."""
        try:
            return self._job_type.matches is not None and self._job_type.matches(dict(obj)) is True
        except Exception:  # one odd object must not end a list
            log.warning("plugin %r of distribution %s failed in matches", self._entry.name, self.distribution, exc_info=True)
            return False

    @property
    def distribution(self) -> str:
        """The distribution that brought it."""
        return self._entry.distribution

    def _call(self, hook: str, **arguments: Any) -> Any:
        others = [plugin for plugin in self._manager.get_plugins() if plugin is not self._module]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            return caller(**arguments)
        except ArenaError:
            raise
        except Exception as error:
            raise self._failed(hook, f"{type(error).__name__}: {error}") from error

    def _failed(self, hook: str, what: str) -> PluginError:
        where = f"plugin {self._entry.name!r} of distribution {self._entry.distribution} {self._entry.version}"
        return PluginError(
            f"{where} failed in {hook}: {what}", f"this is a bug of the plugin: tell the maintainers of {self._entry.distribution}"
        )

    def _many(self, hook: str, kind: type[Any], **arguments: Any) -> list[Any]:
        try:
            found = list(self._call(hook, **arguments) or ())
        except (ArenaError, KeyboardInterrupt):
            raise
        except Exception as error:  # a generator fails while it is read
            raise self._failed(hook, f"{type(error).__name__}: {error}") from error
        for item in found:
            if not isinstance(item, kind):
                raise self._failed(hook, f"returned {type(item).__name__} where {kind.__name__} is expected")
        return found

    def validate(self, args: Any) -> list[Problem]:
        """Return every problem with the arguments."""
        return self._many("arena_validate", Problem, args=args, jobs=self._jobs)

    def build_manifests(self, args: Any) -> list[Manifest]:
        """Return the objects to create, the job first."""
        manifests = self._many("arena_build_manifests", dict, args=args, jobs=self._jobs)
        if not manifests or not self._job_type.resource.matches(manifests[0]):
            raise self._failed("arena_build_manifests", f"the first object is not a {self._job_type.resource.kind}")
        return manifests

    def preflight(self, args: Any, lookup: Lookup) -> list[Problem]:
        """Return problems that only the cluster knows."""
        return self._many("arena_preflight", Problem, args=args, lookup=lookup, jobs=self._jobs)

    def status(self, view: JobView) -> JobStatus:
        """Return the job's status. A failing hook yields UNKNOWN with the reason: one odd object must not end a list."""
        try:
            found = self._call("arena_job_status", view=view, jobs=self._jobs)
            if not isinstance(found, JobStatus):
                raise self._failed("arena_job_status", f"returned {type(found).__name__} where JobStatus is expected")
        except ArenaError as error:
            return JobStatus(Phase.UNKNOWN, reason="PluginFailed", message=error.message)
        return found

    def pod_sets(self, job: Manifest) -> list[PodSet]:
        """Return the sets of equal pods."""
        return self._many("arena_pod_sets", PodSet, job=job)

    def related(self, view: JobView) -> list[Find]:
        """Return which objects besides the pods status and reasons need."""
        return self._many("arena_related", Find, view=view, jobs=self._jobs)

    def log_sources(self, view: JobView, query: LogQuery) -> list[LogSource]:
        """Return where the logs are; without a hook the chief's container first, then by ``query``."""
        if self._implements("arena_log_sources"):
            return self._many(
                "arena_log_sources", LogSource, view=view, query=query, jobs=self._jobs, job=view.manifest, pods=view.pods or ()
            )
        status = view.status or self.status(view)
        return default_log_sources(status.instances, view.pods or (), query, self._job_type.container, replicas=status.replicas)

    def explain(self, view: JobView) -> list[Cause]:
        """Return in plain words why the job is not running."""
        return self._many("arena_explain", Cause, view=view, jobs=self._jobs)

    def _implements(self, hook: str) -> bool:
        return any(caller.name == hook for caller in self._manager.get_hookcallers(self._module) or ())
