"""From a refusal by the API server back to the flag that caused it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_core.contract.errors import Refused
from arena_core.contract.types import Problem
from arena_core.kube.refusals import FieldCause, Invalid


class SubmissionRefused(Refused):
    """The cluster refused the job; ``problems`` names the fields of the argument model where they are known."""

    def __init__(self, message: str, problems: Sequence[Problem], hint: str = "") -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)


def explain(error: Invalid, model: type[Any]) -> SubmissionRefused:
    """Return the refusal with the fields that fed the refused places."""
    from arena_core.args import field_for_path, flag_name

    problems = []
    for cause in error.causes:
        field = field_for_path(model, cause.path)
        hint = _prune_hint(cause)
        problems.append(Problem(f"{cause.path}: {cause.message}", field, hint))
    named = sorted({flag_name(model, p.field) for p in problems if p.field})
    message = error.message + (f" (from {', '.join(named)})" if named else "")
    hint = next((p.hint for p in problems if p.hint), error.hint)
    return SubmissionRefused(message, problems or [Problem(error.message)], hint)


def _prune_hint(cause: FieldCause) -> str:
    if cause.message == "unknown field":
        return "the version of the operator on this cluster does not know this field: leave the flag out, or upgrade the operator"
    return ""
