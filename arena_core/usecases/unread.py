"""What could not be read, in a short phrase each: no sentence may be built on the absence of what nobody could look at.

The errors' own module is imported where something was refused: its patterns cost more than a small list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.contract.errors import (
    ArenaError,
    ClusterUnreachable,
    KindNotInstalled,
    NamespaceNotFound,
    NotFound,
    PermissionDenied,
    Refused,
    TimedOut,
    UsageError,
)
from arena_core.contract.types import Resource
from arena_core.kube.answer import BadAnswer


def phrase(resource: Resource, error: ArenaError) -> str:
    """Return ``events (forbidden)``, ``workloads.kueue.x-k8s.io (the API answers 500)``."""
    return f"{resource.key} ({reason(error)})"


def reason(error: ArenaError) -> str:
    """Say in a word or two why something could not be read."""
    from arena_core.kube.refusals import ServerFailure, Unauthorized

    if isinstance(error, Unauthorized):
        return "not logged in"
    if isinstance(error, PermissionDenied):
        return "forbidden"
    if isinstance(error, KindNotInstalled):
        return "not installed"
    if isinstance(error, ServerFailure) and error.code:
        return f"the API answers {error.code}"
    if isinstance(error, BadAnswer):
        return "the answer makes no sense"
    if isinstance(error, NotFound):
        return "the API answers 404"
    if isinstance(error, Refused):
        return "refused"
    return "the API server cannot be reached" if isinstance(error, ClusterUnreachable) else error.message


def is_partial(error: ArenaError) -> bool:
    """Whether the failure is that of one API, so that a command goes on with what else can be read."""
    from arena_core.kube.refusals import ServerFailure

    if isinstance(error, TimedOut | UsageError | NamespaceNotFound):
        return False
    return not isinstance(error, ClusterUnreachable) or isinstance(error, ServerFailure | BadAnswer)


def sentence(phrases: Iterable[str], start: str = "not shown") -> str:
    """Return one line that names everything that could not be read, or nothing.

    >>> sentence(["events (forbidden)", "pods (forbidden)", "workloads.kueue.x-k8s.io (the API answers 500)"])
    'not shown, no permission: events, pods; not shown, the API answers 500: workloads.kueue.x-k8s.io'
    """
    by_reason: dict[str, list[str]] = {}
    for text in dict.fromkeys(phrases):
        what, _, why = text.partition(" (")
        by_reason.setdefault(why.removesuffix(")").replace("forbidden", "no permission"), []).append(what)
    return "; ".join(f"{start}, {why}: {', '.join(whats)}" for why, whats in by_reason.items())


def all_refused(errors: Sequence[ArenaError]) -> ArenaError:
    """Return the error for a command that could read nothing: where it is for want of rights, with everything that is missing."""
    from arena_core.kube.refusals import Forbidden

    first = errors[0]
    if not isinstance(first, Forbidden):
        return first
    same = [e for e in errors if isinstance(e, Forbidden) and (e.verb, e.namespace) == (first.verb, first.namespace)]
    resources = ", ".join(dict.fromkeys(e.resource for e in same))
    where = "" if first.namespace else "; or name a namespace in which you have rights with -n"
    return Forbidden(
        first.message.replace(first.resource, resources, 1),
        first.hint.replace(first.resource, resources, 1) + where,
        first.verb,
        resources,
        first.namespace,
    )
