"""How many pods of a task there may be: Volcano lets the number of a live job's tasks be changed. Pure and total."""

from __future__ import annotations

from arena_core.contract.types import Manifest, Scale
from arena_core.k8s import dig
from arena_volcano.status import least, replicas, tasks


def scale(job: Manifest) -> list[Scale]:
    """Return each task: no fewer than it must have itself, nor than the job must have together with the others as they are."""
    known = tasks(job)
    total, at_least = sum(map(replicas, known)), least(job)
    found = []
    for number, task in enumerate(known):
        others = total - replicas(task)
        minimum = max(dig.number(task, "minAvailable"), at_least - others, 0)
        if isinstance(task.get("replicas"), int) and not isinstance(task.get("replicas"), bool):
            found.append(Scale(dig.text(task, "name"), f"spec.tasks[{number}].replicas", min(minimum, replicas(task))))
    return found
