"""The arguments of ``arena submit jobset``: its flags, and the rules between them."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Problem
from arena_job.args import INDEX_ENV
from arena_job.jobset import rules
from arena_job.jobset.fields import JobSetFields


class JobSetArgs(JobSetFields):
    """Flags of ``arena submit jobset``."""

    def rules(self) -> Iterator[Problem]:
        """Everything that the operator would refuse, and what it would take without meaning it."""
        yield from super().rules()
        yield from rules.problems(self)

    def notes(self) -> Iterator[str]:
        """Say what will not be as it seems."""
        yield from super().notes()
        if INDEX_ENV in self.variables:
            yield f"--env {INDEX_ENV}: your value hides the pod's own number, so every pod sees the same one"
