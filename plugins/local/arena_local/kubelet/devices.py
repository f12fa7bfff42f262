"""Which devices of a node a pod may use: exclusive indices, real or pretended; all that it asks for, or none yet."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from arena_core.k8s import podsize, quantity
from arena_local.sdk.bundle import Obj

GPU = "nvidia.com/gpu"
_VARIABLES = {GPU: "CUDA_VISIBLE_DEVICES", "amd.com/gpu": "HIP_VISIBLE_DEVICES"}


def count_gpus() -> int:
    """Return how many GPUs the driver lists."""
    try:
        result = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=5, check=True, text=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in result.stdout.splitlines())


def real_gpus(found: int, per_node: int, nodes: int) -> int:
    """Return how many real GPUs back the nodes: none where the nodes pretend to have more than the machine does."""
    return found if per_node * nodes <= found else 0


@dataclass(frozen=True)
class Short:
    """What a pod lacks: ``wanted`` of a resource, ``free`` of the node's ``total``; ``holders`` are the pods that have the others."""

    resource: str
    wanted: int
    free: int
    total: int
    holders: tuple[str, ...] = ()


class Devices:
    """Free and held indices by node and resource. ``real`` GPUs are those of the machine, whichever node a pod is on."""

    def __init__(self, capacity: Mapping[str, Mapping[str, int]], real: int, freed: Callable[[], None] = lambda: None) -> None:
        self._capacity = capacity
        self.real_gpus = real
        self._freed = freed
        self._held: dict[tuple[str, str], dict[int, str]] = {}

    def resize(self, capacity: Mapping[str, Mapping[str, int]], real: int) -> None:
        """Take over new sizes; what is held stays held."""
        self._capacity, self.real_gpus = capacity, real
        self._freed()

    def take(self, node: str, uid: str, pod: Obj) -> Short | None:
        """Give a pod everything that it asks for, in one go; returns what is short, and then nothing has been given."""
        given: dict[str, list[int]] = {}
        for resource, wanted in pod_devices(pod).items():
            held = self._held.get((node, resource), {})
            mine = [i for i, who in held.items() if who == uid]
            taken = self._taken(node, resource)
            total = self._total(node, resource)
            free = [i for i in range(total) if i not in taken]
            if len(mine) + len(free) < wanted:
                return Short(resource, wanted, len(free), total, tuple(dict.fromkeys(who for who in taken.values() if who != uid)))
            given[resource] = free[: max(0, wanted - len(mine))]
        for resource, indices in given.items():
            self._held.setdefault((node, resource), {}).update(dict.fromkeys(indices, uid))
        return None

    def _total(self, node: str, resource: str) -> int:
        if resource == GPU and self.real_gpus:
            return self.real_gpus
        return int(self._capacity.get(node, {}).get(resource, 0))

    def _taken(self, node: str, resource: str) -> dict[int, str]:
        """Return index → pod; the GPUs of the machine are the same ones on every node."""
        if resource == GPU and self.real_gpus:
            return {i: who for (_, name), held in self._held.items() if name == resource for i, who in held.items()}
        return self._held.get((node, resource), {})

    def held(self, node: str, uid: str) -> dict[str, list[int]]:
        """Return resource → indices that the pod has."""
        found = {name: sorted(i for i, who in held.items() if who == uid) for (at, name), held in self._held.items() if at == node}
        return {name: indices for name, indices in found.items() if indices}

    def holders(self) -> dict[int, str]:
        """Return the pod that holds each real GPU, by the GPU's index."""
        return self._taken("", GPU) if self.real_gpus else {}

    def restore(self, node: str, uid: str, devices: Mapping[str, Sequence[int]]) -> None:
        """Take over what an earlier daemon gave."""
        for resource, indices in devices.items():
            self._held.setdefault((node, resource), {}).update(dict.fromkeys(indices, uid))

    def release(self, uid: str) -> None:
        """Take the devices of a pod back, and tell whoever waits."""
        before = sum(map(len, self._held.values()))
        for held in self._held.values():
            for index in [i for i, who in held.items() if who == uid]:
                del held[index]
        if sum(map(len, self._held.values())) < before:
            self._freed()

    def variables(self, devices: Mapping[str, Sequence[int]]) -> dict[str, str]:
        """Return the environment that tells a process which devices are its own."""
        result = {"CUDA_VISIBLE_DEVICES": ""} if self.real_gpus and GPU not in devices else {}
        for resource, indices in devices.items():
            name = _VARIABLES.get(resource)
            if name is None and resource.startswith("huawei.com/Ascend"):
                name = "ASCEND_VISIBLE_DEVICES"
            if name:
                result[name] = ",".join(map(str, indices))
        return result


def _asked(container: Obj) -> dict[str, int]:
    return {name: quantity.whole(amount) for name, amount in podsize.container_requests(container).items() if "/" in name}


def _sidecar(container: Obj) -> bool:
    return bool(container.get("restartPolicy") == "Always")


def _shares(pod: Obj, resource: str) -> Iterable[tuple[str, int, int]]:
    """Yield (container, first, count): which part of the pod's devices each one uses; init containers use those of the later ones."""
    at = 0
    for container in pod["spec"].get("initContainers") or ():
        count = _asked(container).get(resource, 0)
        yield str(container["name"]), at, count
        at += count if _sidecar(container) else 0
    for container in pod["spec"].get("containers") or ():
        count = _asked(container).get(resource, 0)
        yield str(container["name"]), at, count
        at += count


def pod_devices(pod: Obj) -> dict[str, int]:
    """Return how many devices a pod needs at once, by resource (what the scheduler counts)."""
    every = [*(pod["spec"].get("initContainers") or ()), *(pod["spec"].get("containers") or ())]
    resources = sorted({name for container in every for name in _asked(container)})
    return {name: most for name in resources if (most := max(at + count for _, at, count in _shares(pod, name)))}


def container_devices(pod: Obj, name: str, held: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Return the part of a pod's devices that one of its containers uses; asked for none, it is told of none."""
    every = [*(pod["spec"].get("initContainers") or ()), *(pod["spec"].get("containers") or ())]
    container = next(c for c in every if c["name"] == name)
    result = {}
    for resource in _asked(container):
        at, count = next((at, count) for known, at, count in _shares(pod, resource) if known == name)
        result[resource] = sorted(held.get(resource, ()))[at : at + count]
    return result
