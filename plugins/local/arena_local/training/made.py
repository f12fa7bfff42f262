"""What the operator makes and deletes for a job, and the event by which it tells of each."""

from __future__ import annotations

from arena_local.sdk.bundle import ApiError, Obj
from arena_local.training.kind import Run

MANAGER = "training-operator"


def create(run: Run, obj: Obj) -> None:
    """Make an object of the job; a refusal is told, and raised for the next try."""
    kind = obj["kind"]
    try:
        run.api.create(obj, manager=MANAGER)
    except ApiError as error:
        run.event("Warning", f"FailedCreate{kind}", f"Error creating: {error.message}")
        raise
    run.event("Normal", f"SuccessfulCreate{kind}", f"Created {kind.lower()}: {obj['metadata']['name']}")


def delete(run: Run, kind: str, name: str) -> None:
    """Delete an object of the job (``Pod``, ``Service``) unless it is gone or on its way."""
    resource = f"{kind.lower()}s"
    found = run.api.find(resource, run.namespace, name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        return
    try:
        run.api.delete(resource, run.namespace, name, manager=MANAGER)
    except ApiError as error:
        run.event("Warning", f"FailedDelete{kind}", f"Error deleting: {error.message}")
        raise
    run.event("Normal", f"SuccessfulDelete{kind}", f"Deleted {kind.lower()}: {name}")
