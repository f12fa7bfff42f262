"""Nodes as they are seen from a job: what they have, who holds it, and what keeps jobs away. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.types import Manifest
from arena_core.k8s import dig, quantity
from arena_core.k8s.conditions import rows as conditions_of
from arena_core.k8s.devices import is_unit, mode_of
from arena_core.typed import Any, NamedTuple
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.measures import Used
from arena_core.usecases.top.sizes import Device, Size, accelerators, amounts, requests_of

_ROLE = "node-role.kubernetes.io/"


class Holder(NamedTuple):
    """A pod that is bound to a node, with the job that it belongs to (``pytorchjob/mnist``), or the object that owns it."""

    namespace: str
    name: str
    status: str
    owner: str
    requests: Mapping[str, int]

    @property
    def accelerators(self) -> dict[str, int]:
        """The accelerators that it holds."""
        return accelerators(self.requests)


class Taint(NamedTuple):
    """A taint: pods that do not tolerate it stay away (``NoSchedule``) or are sent away (``NoExecute``)."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


class Node(NamedTuple):
    """One node. Where ``known`` is false only what was seen of the pods is there: the node itself could not be read."""

    name: str
    known: bool = True
    address: str = ""
    roles: tuple[str, ...] = ()
    ready: bool = False
    cordoned: bool = False
    mode: str = "normal"
    devices: tuple[Device, ...] = ()
    shares: Mapping[str, tuple[int, int]] = {}
    cpu: Size = Size(None, 0)
    memory: Size = Size(None, 0)
    holders: tuple[Holder, ...] = ()
    taints: tuple[Taint, ...] = ()
    trouble: tuple[str, ...] = ()
    gpus: tuple[Gpu, ...] = ()

    @property
    def status(self) -> str:
        """``Ready`` or ``NotReady``, with kubectl's word for a node that takes no new pods."""
        if not self.known:
            return "unknown"
        return ("Ready" if self.ready else "NotReady") + (",SchedulingDisabled" if self.cordoned else "")


def node_of(node: Manifest, holders: Sequence[Holder], used: Used | None = None, gpus: Sequence[Gpu] = ()) -> Node:
    """Put together what a node has and who holds it."""
    capacity = amounts(dig.mapping(node, "status", "capacity"))
    allocatable = amounts(dig.mapping(node, "status", "allocatable"))
    held = _held(holders)
    names = sorted({*accelerators(capacity), *accelerators(allocatable), *accelerators(held)})
    whole = quantity.whole
    devices = tuple(Device(name, whole(capacity.get(name, 0)), whole(allocatable.get(name, 0)), whole(held.get(name, 0))) for name in names)
    units = sorted(name for name in {*capacity, *held} if is_unit(name))
    return Node(
        name=dig.text(node, "metadata", "name"),
        address=next((str(a.get("address", "")) for a in dig.items(node, "status", "addresses") if a.get("type") == "InternalIP"), ""),
        roles=tuple(sorted(key.removeprefix(_ROLE) for key in dig.labels(node) if key.startswith(_ROLE) and key != _ROLE)),
        ready=dig.condition(node, "Ready").get("status") == "True",
        cordoned=dig.flag(node, "spec", "unschedulable"),
        mode=mode_of(node),
        devices=devices,
        shares={name: (whole(held.get(name, 0)), whole(capacity.get(name, 0))) for name in units},
        cpu=Size(quantity.milli(allocatable.get("cpu", 0)), quantity.milli(held.get("cpu", 0)), used.cpu if used else None),
        memory=Size(whole(allocatable.get("memory", 0)), whole(held.get("memory", 0)), used.memory if used else None),
        holders=tuple(holders),
        taints=tuple(
            Taint(*(dig.text(t, k) for k in ("key", "value", "effect"))) for t in dig.items(node, "spec", "taints") if t.get("key")
        ),
        trouble=tuple(_trouble(node)),
        gpus=tuple(gpus),
    )


def unread_node(name: str, holders: Sequence[Holder], used: Used | None = None, gpus: Sequence[Gpu] = ()) -> Node:
    """Say of a node that may not be read what the pods on it show."""
    held = _held(holders)
    return Node(
        name=name,
        known=False,
        devices=tuple(Device(device, None, None, count) for device, count in sorted(accelerators(held).items())),
        cpu=Size(None, quantity.milli(held.get("cpu", 0)), used.cpu if used else None),
        memory=Size(None, quantity.whole(held.get("memory", 0)), used.memory if used else None),
        holders=tuple(holders),
        gpus=tuple(gpus),
    )


def holder_of(pod: Manifest, owner: str, status: str) -> Holder:
    """Return a pod as the holder of what it asks for."""
    return Holder(dig.text(pod, "metadata", "namespace"), dig.text(pod, "metadata", "name"), status, owner, requests_of(pod))


def _held(holders: Sequence[Holder]) -> dict[str, int]:
    total: dict[str, int] = {}
    for holder in holders:
        for name, amount in holder.requests.items():
            total[name] = total.get(name, 0) + amount
    return total


def _trouble(node: Any) -> list[str]:
    """Return what is wrong with a node: a good condition (``Ready``) that is not true, any other that is."""
    found = []
    for row in conditions_of(node):
        kind, status = str(row.get("type", "")), row.get("status")
        good = kind.endswith(("Ready", "Healthy", "Available"))
        if (good and status != "True") or (not good and status == "True"):
            found.append(f"{kind}={status}" + (f": {row['message']}" if row.get("message") else ""))
    return found
