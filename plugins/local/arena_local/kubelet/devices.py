"""Which devices of a node a container may use: exclusive indices, real or pretended."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from arena_local.bundle import Obj
from arena_local.kubelet.quantity import parse

GPU = "nvidia.com/gpu"
_VARIABLES = {GPU: "CUDA_VISIBLE_DEVICES", "amd.com/gpu": "HIP_VISIBLE_DEVICES"}


def count_gpus() -> int:
    """Return how many GPUs the driver lists."""
    try:
        result = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=5, check=True, text=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in result.stdout.splitlines())


class Devices:
    """Free and taken indices by node and resource."""

    def __init__(self, capacity: Mapping[str, Mapping[str, int]], real: int) -> None:
        self._capacity = capacity
        self.real_gpus = real
        self._taken: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}

    def resize(self, capacity: Mapping[str, Mapping[str, int]]) -> None:
        """Take over new sizes; what is taken stays taken."""
        self._capacity = capacity

    def assign(self, node: str, uid: str, container: Obj) -> dict[str, list[int]]:
        """Return resource → indices for a container of a pod; what it has already is kept."""
        result = {}
        for resource, amount in ((container.get("resources") or {}).get("limits") or {}).items():
            if "/" not in resource:
                continue
            taken = self._taken.setdefault((node, resource), {})
            owner = (uid, container["name"])
            mine = [i for i, who in taken.items() if who == owner]
            wanted = int(parse(amount))
            for index in range(int(self._capacity.get(node, {}).get(resource, wanted))):
                if len(mine) >= wanted:
                    break
                if index not in taken:
                    taken[index] = owner
                    mine.append(index)
            result[resource] = sorted(mine)
        return result

    def restore(self, node: str, uid: str, container: str, devices: Mapping[str, list[int]]) -> None:
        """Take over what an earlier daemon gave."""
        for resource, indices in devices.items():
            for index in indices:
                self._taken.setdefault((node, resource), {})[index] = (uid, container)

    def release(self, uid: str) -> None:
        """Take the devices of a pod back."""
        for taken in self._taken.values():
            for index in [i for i, (owner, _) in taken.items() if owner == uid]:
                del taken[index]

    def variables(self, devices: Mapping[str, list[int]]) -> dict[str, str]:
        """Return the environment that tells a process which devices are its own."""
        result = {"CUDA_VISIBLE_DEVICES": ""} if self.real_gpus and GPU not in devices else {}
        for resource, indices in devices.items():
            name = _VARIABLES.get(resource)
            if name is None and resource.startswith("huawei.com/Ascend"):
                name = "ASCEND_VISIBLE_DEVICES"
            if name:
                result[name] = ",".join(map(str, indices))
        return result
