"""Every installed extension behind one caller.

What may forbid or change a submission fails closed: a policy that cannot be asked stops the submission. What is only told
something fails open: a broken notification is logged and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, cast

import pluggy

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.contract.hookspecs import PROJECT, ExtensionSpec
from arena_core.contract.types import JobStatus, Manifest, Problem
from arena_core.registry import border
from arena_core.registry.discovery import BLOCK_VARIABLE, Entry
from arena_core.registry.probe import broken, probe_extension
from arena_core.registry.shapes import check_of

log = logging.getLogger(__name__)


class ExtensionCaller:
    """Calls all extensions in the order of their names."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ExtensionSpec)
        self._loaded: list[tuple[Entry, Any]] = []
        self.failures: list[PluginError] = []
        for entry in entries:
            try:
                module = probe_extension(entry)
                self._manager.register(module, f"{entry.distribution}:{entry.name}")
            except PluginError as error:
                self.failures.append(error)
            else:
                self._loaded.append((entry, module))

    def _ask(self, entry: Entry, module: Any, hook: str, kind: Any, **arguments: Any) -> list[Any]:
        """Return the answers of one extension, at most one, once they are what the contract says."""
        others = [plugin for plugin in self._manager.get_plugins() if plugin is not module]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            # A generator runs, and fails, while it is read.
            lists = kind is list[Manifest] or kind is list[Problem]
            found = border.call(entry, hook, lambda: [list(a) if lists else a for a in caller(**arguments)])
            for answer in found:
                if wrong := check_of(kind)(answer):
                    raise border.failed(entry, hook, f"returned {wrong}")
        except PluginError as error:
            reason = error.message.partition(f" failed in {hook}: ")[2]
            raise broken(entry, "broken", f"failed in {hook}: {reason}", cause=error) from error
        return cast("list[Any]", found)

    def _each(self, hook: str, kind: Any, **arguments: Any) -> list[Any]:
        return [answer for entry, module in self._loaded for answer in self._ask(entry, module, hook, kind, **arguments)]

    def _require_all(self) -> None:
        if self.failures:
            raise self.failures[0]

    def mutate_manifests(self, manifests: Sequence[Manifest], target: Any) -> list[Manifest]:
        """Return the manifests after every extension has had its turn, each seeing what the one before made."""
        self._require_all()
        current = list(manifests)
        for entry, module in self._loaded:
            for answer in self._ask(entry, module, "arena_mutate_manifests", list[Manifest], manifests=current, target=target):
                current = answer
        return current

    def validate_submission(self, manifests: Sequence[Manifest], target: Any) -> list[Problem]:
        """Return every extension's problems; any one forbids the submission."""
        self._require_all()
        answers = self._each("arena_validate_submission", list[Problem], manifests=manifests, target=target)
        return [problem for problems in answers for problem in problems]

    def after_submit(self, job: Manifest, target: Any) -> None:
        """Tell every extension that a job was created."""
        self._tell("arena_after_submit", job=job, target=target)

    def job_finished(self, job: Manifest, status: JobStatus, target: Any) -> None:
        """Tell every extension that a job has ended."""
        self._tell("arena_job_finished", job=job, status=status, target=target)

    def error_hints(self, error: Exception) -> list[str]:
        """Return the extensions' hints for an error."""
        try:
            return [hint for hint in self._each("arena_error_hints", str, error=error) if hint]
        except ArenaError as failure:
            log.warning("%s", failure)
            return []

    def _tell(self, hook: str, **arguments: Any) -> None:
        try:
            self._each(hook, object, **arguments)
        except ArenaError as failure:
            log.warning("%s (%s switches it off)", failure, BLOCK_VARIABLE)
