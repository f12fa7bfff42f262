"""Gangs as every job type meets them: the PodGroups of Volcano and of the coscheduling plugin, and how pods name theirs. Pure.

Importable by plugins; reading commands use it, so it imports no pydantic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_core import schedulers
from arena_core.contract.types import Find
from arena_core.k8s import dig

VOLCANO, QUEUE, COSCHEDULING = schedulers.VOLCANO_GROUP, schedulers.VOLCANO_QUEUE, schedulers.COSCHEDULING_GROUP
VOLCANO_NAME, COSCHEDULING_NAME = schedulers.VOLCANO_NAME, schedulers.COSCHEDULING_NAME
is_volcano = schedulers.is_volcano


def finds(templates: Iterable[Any]) -> list[Find]:
    """Say how to find the PodGroup that pods of these templates name (``--gang``), of Volcano or of the coscheduling plugin; total."""
    known = list(templates)
    places = ((VOLCANO, "annotations", VOLCANO_NAME), (COSCHEDULING, "labels", COSCHEDULING_NAME))
    named = [(resource, [dig.text(t, "metadata", place, key) for t in known]) for resource, place, key in places]
    return [Find(resource, name) for resource, names in named if (name := next((n for n in names if n), ""))]
