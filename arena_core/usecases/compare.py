"""What is different between two documents: pure, and by names where items of a list have some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from arena_core.k8s import quantity

#: Stands for what is not there: None is a value.
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "-"})()
#: What every submission has of its own.
_OWN = ("arena.kubeflow.org/submit-id", "arena.kubeflow.org/username", "arena.kubeflow.org/uid")


class Difference(NamedTuple):
    """A place, and what stands there in each of the two; ``ABSENT`` where it is not there."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Yield what is different, the smallest parts.

    >>> list(differences({"a": 1, "b": [1, 2]}, {"a": 2, "b": [1]}))
    [Difference(path='a', before=1, after=2), Difference(path='b[1]', before=2, after=-)]
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in _OWN:
                yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), f"{path}.{key}" if path else str(key))
    elif isinstance(before, list) and isinstance(after, list):
        first, second = _keyed(before), _keyed(after)
        if first is None or second is None:
            first, second = dict(enumerate(before)), dict(enumerate(after))
        for key in [*first, *(key for key in second if key not in first)]:
            yield from differences(first.get(key, ABSENT), second.get(key, ABSENT), f"{path}[{key}]")
    elif not same(before, after):
        yield Difference(path, before, after)


def told_by(wanted: Any, live: Any, path: str = "") -> Iterator[Difference]:
    """Yield where a live object is not as it is wanted: what is not said is left to the cluster, which sets defaults.

    >>> list(told_by({"a": 1, "cpu": "1"}, {"a": 2, "cpu": "1000m", "status": {}}))
    [Difference(path='a', before=2, after=1)]
    """
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key, value in wanted.items():
            if key not in _OWN:
                yield from told_by(value, live.get(key, ABSENT), f"{path}.{key}" if path else str(key))
    elif isinstance(wanted, list) and isinstance(live, list):
        first, second = _keyed(wanted), _keyed(live)
        if first is None or second is None:
            if len(wanted) != len(live):
                yield Difference(path, live, wanted)
                return
            first, second = dict(enumerate(wanted)), dict(enumerate(live))
        for key, value in first.items():
            yield from told_by(value, second.get(key, ABSENT), f"{path}[{key}]")
    elif not (same(wanted, live) or (live is ABSENT and wanted in ({}, [], None, "", False, 0))):
        yield Difference(path, live, wanted)


def same(first: Any, second: Any) -> bool:
    """Whether two values mean the same: quantities may be written in two ways.

    >>> same("1", "1000m"), same(1, "1"), same(True, 1), same("a", "b")
    (True, True, False, False)
    """
    if first is ABSENT or second is ABSENT:
        return first is second
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if first == second:
        return True
    if isinstance(first, str | int) and isinstance(second, str | int):
        try:
            return quantity.parse(str(first)) == quantity.parse(str(second))
        except ValueError:
            return False
    return False


def neutral(value: Any, name: str) -> Any:
    """Return data in which the name of the job is a placeholder, so that two jobs differ in more than their names alone."""
    if isinstance(value, Mapping):
        return {neutral(key, name): neutral(one, name) for key, one in value.items()}
    if isinstance(value, list):
        return [neutral(one, name) for one in value]
    if isinstance(value, str) and name in value:
        import re

        return re.sub(rf"(?<![a-z0-9-]){re.escape(name)}(?![a-z0-9])", "(name)", value)
    return value


def _keyed(items: Sequence[Any]) -> dict[Any, Any] | None:
    """Return items by their names, where each has one of its own."""
    if not items or not all(isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in items):
        return {} if not items else None
    found = {one["name"]: one for one in items}
    return found if len(found) == len(items) else None
