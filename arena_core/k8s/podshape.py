"""By which key lists of Kubernetes objects merge: those of pods as the API documents them, wherever a pod template stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MERGE, RETAIN = "merge", "merge,retainKeys"


class Shape(NamedTuple):
    """What a strategic merge has to know of a value: ``lists`` are the fields of a mapping that merge by key."""

    merge_key: str = ""
    merge_strategy: str = ""
    items: Shape | None = None
    lists: Mapping[str, Shape] = {}
    #: Whether the fields that are not in ``lists`` are those of any object, whose lists merge by the names of their elements.
    open: bool = False


def _by(key: str, items: Shape | None = None, strategy: str = MERGE) -> Shape:
    return Shape(key, strategy, items or CLOSED)


#: A part of a pod of which only the lists that are named merge: all others are replaced as a whole.
CLOSED = Shape()
CONTAINER = Shape(
    lists={"env": _by("name"), "ports": _by("containerPort"), "volumeMounts": _by("mountPath"), "volumeDevices": _by("devicePath")}
)
POD_SPEC = Shape(
    lists={
        "containers": _by("name", CONTAINER),
        "initContainers": _by("name", CONTAINER),
        "ephemeralContainers": _by("name", CONTAINER),
        "volumes": _by("name", strategy=RETAIN),
        "resourceClaims": _by("name", strategy=RETAIN),
        "hostAliases": _by("ip"),
        "imagePullSecrets": _by("name"),
        "schedulingGates": _by("name"),
        "topologySpreadConstraints": _by("topologyKey"),
    }
)
#: Any other object: lists whose elements have names merge by them (``replicatedJobs``, ``tasks``), the ports of Services by port.
OBJECT = Shape(lists={"ports": _by("port"), "finalizers": Shape(merge_strategy=MERGE)}, open=True)
#: What elements of lists are called by, beyond pods.
_NAMES = ("name", "groupName")


def child(shape: Any, key: str, live: Any, patch: Any) -> Shape:
    """Return the shape of a field, of which one knows what is there and what is to be merged into it."""
    known: Shape | None = shape.lists.get(key)
    if isinstance(patch, Mapping):
        is_pod = any(isinstance(one, Mapping) and "containers" in one for one in (live, patch))
        return POD_SPEC if is_pod else OBJECT if shape.open else CLOSED
    if not shape.open:
        return known or CLOSED
    if known is not None and (not known.merge_key or _all_have(known.merge_key, live, patch)):
        return known
    name = next((name for name in _NAMES if _all_have(name, live, patch)), "")
    return Shape(name, MERGE, OBJECT) if name else OBJECT


def _all_have(key: str, live: Any, patch: Any) -> bool:
    """Whether the elements of both lists are objects that have this key, each of the live ones another value."""
    here = live if isinstance(live, list) else []
    rows = [*here, *(patch if isinstance(patch, list) else [])]
    said = [row.get(key) for row in here if isinstance(row, Mapping)]
    whole = all(isinstance(row, Mapping) and (isinstance(row.get(key), str | int) or row.get("$patch") == "replace") for row in rows)
    return whole and len({repr(value) for value in said}) == len(said)
