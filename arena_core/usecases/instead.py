"""The type that is submitted in the place of another, where the cluster does not serve that one's kind."""

from __future__ import annotations

from arena_core.contract.types import JobHandle, Lookup
from arena_core.typed import Any
from arena_core.usecases.session import Session


def stand_in(session: Session, handle: JobHandle, model: Any) -> tuple[JobHandle, Any] | None:
    """Return the installed type that does the same, and its arguments; raises ``InvalidArguments`` where it has no place for one."""
    own = handle.job_type
    if not own.otherwise or own.otherwise not in session.jobs.names():
        return None
    from arena_core.args import parse, to_job_file

    other = session.jobs.get(own.otherwise)
    said = {key: value for key, value in to_job_file(own.name, model).items() if key != "type"}
    return other, other.behind("its argument model", lambda: parse(other.args_model, said))


def otherwise(session: Session, handle: JobHandle, model: Any, lookup: Lookup) -> tuple[JobHandle, Any, list[str]]:
    """Return type and arguments as they were, or those of the type that does the same where the cluster does not serve this kind."""
    own = handle.job_type
    if not own.otherwise or own.otherwise not in session.jobs.names() or lookup.serves(own.resource) is not False:
        return handle, model, []
    if lookup.serves(session.jobs.get(own.otherwise).job_type.resource) is False or (found := stand_in(session, handle, model)) is None:
        return handle, model, []
    kind = found[0].job_type.resource.kind
    text = f"{own.resource.kind} is not installed on this cluster: it is submitted as {own.otherwise} ({kind})"
    return (*found, [text])
