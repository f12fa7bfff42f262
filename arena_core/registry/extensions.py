"""Every installed extension behind one caller.

What may forbid or change a submission fails closed: a policy that cannot be asked stops the submission. What is only told
something fails open: a broken notification is logged and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.contract.types import JobStatus, Manifest, Note, Problem, SubmitRequest, Target
from arena_core.installed import BLOCK_VARIABLE
from arena_core.lazily import Logger
from arena_core.records import replace
from arena_core.registry import border
from arena_core.registry.discovery import Entry
from arena_core.registry.hooks import Hooks
from arena_core.registry.probe import broken, probe_extension
from arena_core.registry.shapes import check_of
from arena_core.typed import Any

log = Logger(__name__)


class ExtensionCaller:
    """Calls all extensions in the order of their names; they are loaded by the first call. ``missing`` are those that the site requires."""

    def __init__(self, entries: Sequence[Entry], missing: Sequence[str] = ()) -> None:
        self._entries = entries
        self._failed = [
            PluginError(f"this machine requires the extension {name}, which is not installed", "ask the administrator of this machine")
            for name in missing
        ]

    @cached_property
    def _loaded(self) -> list[tuple[Entry, Hooks]]:
        found: list[tuple[Entry, Hooks]] = []
        for entry in self._entries:
            try:
                found.append((entry, probe_extension(entry)))
            except PluginError as error:
                self._failed.append(error)
        return found

    @property
    def failures(self) -> list[PluginError]:
        """What is wrong with those that cannot be loaded."""
        return self._failed if self._loaded is not None else []

    def _ask(self, entry: Entry, hooks: Hooks, hook: str, kind: Any, **arguments: Any) -> Any:
        """Return the answer of one extension, once it is what the contract says; None where it says nothing."""
        lists = kind in (list[Manifest], list[Problem], list[Note])

        def ask() -> Any:
            found = hooks.call(hook, **arguments)
            # A generator runs, and fails, while it is read.
            return list(found) if lists and found is not None else found

        try:
            answer = border.call(entry, hook, ask)
            if answer is not None and (wrong := check_of(kind)(answer)):
                raise border.failed(entry, hook, f"returned {wrong}")
        except PluginError as error:
            reason = error.message.partition(f" failed in {hook}: ")[2]
            raise broken(entry, "broken", f"failed in {hook}: {reason}", cause=error) from error
        return answer

    def _each(self, hook: str, kind: Any, **arguments: Any) -> list[Any]:
        answers = [self._ask(entry, hooks, hook, kind, **arguments) for entry, hooks in self._loaded]
        return [answer for answer in answers if answer is not None]

    def _require_all(self) -> None:
        if self.failures:
            raise self.failures[0]

    def mutate_manifests(self, submission: SubmitRequest) -> list[Manifest]:
        """Return the manifests after every extension has had its turn, each seeing what the one before made."""
        self._require_all()
        for entry, hooks in self._loaded:
            answer = self._ask(entry, hooks, "arena_mutate_manifests", list[Manifest], submission=submission)
            if answer is not None:
                submission = replace(submission, manifests=tuple(answer))
        return list(submission.manifests)

    def validate_submission(self, submission: SubmitRequest) -> list[Problem]:
        """Return every extension's problems; any one forbids the submission."""
        self._require_all()
        answers = self._each("arena_validate_submission", list[Problem], submission=submission)
        return [problem for problems in answers for problem in problems]

    def after_submit(self, job: Manifest, submission: SubmitRequest) -> list[Note]:
        """Tell every extension that a job was created; returns what they have to say about it."""
        found = self._tell("arena_after_submit", list[Note], job=job, submission=submission)
        return [note for notes in found for note in notes]

    def job_finished(self, job: Manifest, status: JobStatus, target: Target) -> None:
        """Tell every extension that a job has ended."""
        self._tell("arena_job_finished", object, job=job, status=status, target=target)

    def error_hints(self, error: Exception) -> list[str]:
        """Return the extensions' hints for an error."""
        try:
            return [hint for hint in self._each("arena_error_hints", str, error=error) if hint]
        except ArenaError as failure:
            log.warning("%s", failure)
            return []

    def _tell(self, hook: str, kind: Any, **arguments: Any) -> list[Any]:
        try:
            return self._each(hook, kind, **arguments)
        except ArenaError as failure:
            log.warning("%s (%s switches it off)", failure, BLOCK_VARIABLE)
            return []
