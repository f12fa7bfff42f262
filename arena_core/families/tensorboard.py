"""A job's TensorBoard as something that it serves. Pure and total; reading commands use it, so it imports no pydantic."""

from __future__ import annotations

from arena_core.contract.types import SUBMIT_ID, Endpoint
from arena_core.k8s import dig
from arena_core.typed import Any

NAME, TITLE = "tensorboard", "TensorBoard"
#: The annotation of a job that was submitted with one.
MARK = "arena.kubeflow.org/tensorboard"


def endpoints(job: Any) -> list[Endpoint]:
    """Return the job's TensorBoard, if it has one: our jobs say so, of those of old Arena its Service tells."""
    name, notes = dig.text(job, "metadata", "name"), dig.mapping(job, "metadata", "annotations")
    marked = bool(notes.get(MARK))
    if not name or not (marked or (SUBMIT_ID not in notes and "release" in dig.labels(job))):
        return []
    return [Endpoint(NAME, "http", f"{name}-{NAME}", title=TITLE, pods=f"role={NAME},release={name}", certain=marked)]
