"""Who is in a TrainJob: its pods by role and number, and which of them leads. Pure and total over arbitrary JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import Instance
from arena_core.families.plainjob import INDEX
from arena_core.k8s import dig
from arena_core.podstatus import instance
from arena_core.typed import Any
from arena_trainjob.names import INITIALIZERS, JOB_INDEX, LAUNCHER, NODE, ROLE

#: Who leads: the launcher of an MPI runtime, else the first node; before there is one, what prepares the training.
_ORDER = (LAUNCHER, NODE)


def is_initializer(role: str) -> bool:
    """Whether a replicated job only prepares the training; that it is called so, the operator's own runtimes agree."""
    return role in INITIALIZERS


def _rank(role: str) -> tuple[int, str]:
    if role in _ORDER:
        return _ORDER.index(role), role
    return (len(_ORDER) + int(is_initializer(role)), role)


def instances(pods: Sequence[Any]) -> tuple[Instance, ...]:
    """Return the pods, the one that leads first; of one number the newest pod is first, and alone may lead.

    Where a role has several Jobs the number counts on through all of them, as far as they are there.
    """
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    real.sort(key=lambda pod: dig.text(pod, "metadata", "name"))
    real.sort(key=lambda pod: dig.text(pod, "metadata", "creationTimestamp"), reverse=True)
    places = [_place(pod) for pod in real]
    numbers = _numbers(places)
    lead = min((place for place in places if place[1] >= 0), key=lambda p: (_rank(p[0]), p[1:]), default=None)
    found, led = [], False
    for pod, place in zip(real, places, strict=True):
        chief = not led and place == lead
        led = led or chief
        found.append(instance(pod, role=place[0], index=numbers.get(place), chief=chief, container=_container(place[0])))
    return tuple(sorted(found, key=lambda i: (not i.chief, _rank(i.role), i.index is None, i.index or 0)))


def _container(role: str) -> str:
    return role if is_initializer(role) else NODE


def _place(pod: Any) -> tuple[str, int, int]:
    labels = dig.labels(pod)
    return labels.get(ROLE, ""), dig.number(labels, JOB_INDEX, default=-1), dig.number(labels, INDEX, default=-1)


def _numbers(places: Sequence[tuple[str, int, int]]) -> dict[tuple[str, int, int], int]:
    """Return the number of each place within its role."""
    found: dict[tuple[str, int, int], int] = {}
    for role in {place[0] for place in places}:
        mine = sorted({place for place in places if place[0] == role and min(place[1:]) >= 0})
        single = all(place[1] == 0 for place in mine)
        found |= {place: place[2] if single else number for number, place in enumerate(mine)}
    return found
