"""Volcano: Queues, which belong to no namespace, and the PodGroups that stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.queues import Objects, Queue, Queued, Quota
from arena_core.contract.types import Manifest
from arena_core.families import schedulers
from arena_core.families.queues.lines import amounts, by, in_line, queued, shown
from arena_core.k8s import dig
from arena_core.records import replace

__all__ = ["KINDS", "SYSTEM", "queue_of", "queues"]

SYSTEM = "Volcano"
GROUPS = schedulers.VOLCANO_GROUP
CLASSES = schedulers.PRIORITY_CLASS
KINDS = (schedulers.VOLCANO_QUEUE, GROUPS, CLASSES)
#: The priority of a class by its name; that of those who name none, or one that does not exist, by an empty text.
Priorities = Mapping[str, int]
#: A group in one of these phases waits; without a phase it has not been looked at yet.
_WAITING = ("", "Pending", "Inqueue")


def queues(objects: Objects, whole: bool) -> list[Queue]:
    """Return the queues; places are those among the groups that could be read, overall only where all were.

    Where groups name classes of priority that cannot be read there are no places.
    """
    priorities = _priorities(objects.get(CLASSES.key))
    groups = by(objects.get(GROUPS.key) or (), lambda g: dig.text(g, "spec", "queue") or "default")
    found = []
    for queue in objects.get(schedulers.VOLCANO_QUEUE.key) or ():
        mine = groups.get(dig.text(queue, "metadata", "name"), [])
        waiting = [g for g in mine if dig.text(g, "status", "phase") in _WAITING]
        told = priorities is not None or not any(_class(g) for g in waiting)
        line = [(_queued(g, priorities), _turn(g, priorities)) for g in waiting]
        turns = [turn for _, turn in line]
        state = dig.text(queue, "status", "state") or "Open"
        found.append(
            Queue(
                SYSTEM,
                dig.text(queue, "metadata", "name"),
                parent=dig.text(queue, "spec", "parent"),
                closed="" if state == "Open" else f"it is {state.lower()}",
                quotas=tuple(_quotas(queue)),
                running=tuple(_queued(g, priorities) for g in mine if dig.text(g, "status", "phase") == "Running"),
                waiting=in_line(line, turns if whole else None) if told else tuple(replace(one, overall=None) for one, _ in line),
                held=tuple(_queued(g, priorities) for g in mine if dig.text(g, "status", "phase") == "Unknown"),
                pending=_count(queue, "pending", "inqueue"),
                admitted=_count(queue, "running"),
                weight=dig.number(queue, "spec", "weight") or None,
            )
        )
    return found


def _quotas(queue: Manifest) -> list[Quota]:
    """Return a row for each resource that has a share or a limit, or is held; what is beyond the share is borrowed from other queues."""
    deserved, most = amounts(dig.mapping(queue, "spec", "deserved")), amounts(dig.mapping(queue, "spec", "capability"))
    used = amounts(dig.mapping(queue, "status", "allocated"))
    rows = []
    for name in shown({**most, **deserved, **{n: a for n, a in used.items() if a}}):
        own = deserved.get(name)
        held = used.get(name, 0)
        over = None if own is None else max(0, held - own)
        rows.append(Quota(name, "", own, held, held, over, None, None, most.get(name)))
    return rows


def _count(queue: Manifest, *fields: str) -> int | None:
    return sum(dig.number(queue, "status", field) for field in fields) if dig.mapping(queue, "status") else None


def _priorities(classes: Sequence[Manifest] | None) -> Priorities | None:
    if classes is None:
        return None
    default = next((one for one in classes if dig.flag(one, "globalDefault")), {})
    return {dig.text(one, "metadata", "name"): dig.number(one, "value") for one in classes} | {"": dig.number(default, "value")}


def _class(group: Manifest) -> str:
    return dig.text(group, "spec", "priorityClassName")


def _priority(group: Manifest, priorities: Priorities | None) -> int:
    known = priorities or {}
    return known.get(_class(group), known.get("", 0))


def _turn(group: Manifest, priorities: Priorities | None) -> tuple[int, str, str]:
    """Return the order: the priority of its class, then age."""
    age = dig.text(group, "metadata", "creationTimestamp")
    return -_priority(group, priorities), age, dig.text(group, "metadata", "uid")


def _queued(group: Manifest, priorities: Priorities | None) -> Queued:
    asks = shown(amounts(dig.mapping(group, "spec", "minResources")))
    waits = dig.condition(group, "Unschedulable")
    reason = dig.text(waits, "message") if waits.get("status") == "True" else ""
    running = dig.text(group, "status", "phase") == "Running"
    since = dig.text(dig.condition(group, "Scheduled"), "lastTransitionTime") if running else ""
    return queued(
        group, _priority(group, priorities), since or dig.text(group, "metadata", "creationTimestamp"), asks, "" if running else reason
    )


def queue_of(related: Sequence[Manifest]) -> str:
    """Return the queue of the PodGroup among a job's related objects."""
    return next((dig.text(obj, "spec", "queue") or "default" for obj in related if GROUPS.matches(obj)), "")
