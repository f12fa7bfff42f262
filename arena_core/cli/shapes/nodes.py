"""What ``top node`` prints: Arena's lists by the class of a node, and ours behind them."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from arena_core.cli.shapes.jobs import Bytes, Percent
from arena_core.usecases.top.nodes import Taint
from arena_core.usecases.top.sizes import Size


class GpuMetrics(TypedDict):
    """One GPU of a node as it was measured."""

    id: str
    totalGPUMemory: Bytes
    usedGPUMemory: Bytes
    dutyCycle: Percent
    namespace: str
    pod: str
    idle: Annotated[bool | None, "null where nobody has measured long enough"]


class Holder(TypedDict):
    """A pod that is bound to a node, or waits for one."""

    name: str
    namespace: str
    status: str
    requestGPUs: int
    requestGPUMemory: NotRequired[Annotated[int, "GiB of shared GPUs"]]
    requestGPUCore: NotRequired[Annotated[int, "percent of shared GPUs"]]
    job: Annotated[str, "TYPE/NAME of the job that it belongs to, or of the object that owns it"]
    accelerators: Annotated[dict[str, int], "by resource"]
    cpu: Annotated[int, "thousandths of a core"]
    memory: Annotated[int, "bytes"]


class Accelerator(TypedDict):
    """Accelerators of one kind on a node; null is not known."""

    resource: str
    total: int | None
    healthy: int | None
    allocated: float
    free: float | None


class Node(TypedDict):
    """One node with who holds it."""

    name: str
    description: str
    ip: str
    status: str
    role: str
    type: str
    totalGPUs: NotRequired[int | None]
    allocatedGPUs: NotRequired[float]
    unhealthyGPUs: NotRequired[int]
    gpuMetrics: NotRequired[list[GpuMetrics]]
    totalGPUMemory: NotRequired[Annotated[int, "GiB"]]
    allocatedGPUMemory: NotRequired[Annotated[int, "GiB"]]
    totalGPUCore: NotRequired[Annotated[int, "percent"]]
    allocatedGPUCore: NotRequired[Annotated[int, "percent"]]
    instances: list[Holder]
    accelerators: list[Accelerator]
    cpu: Annotated[Size, "thousandths of a core"]
    memory: Annotated[Size, "bytes"]
    taints: list[Taint]
    conditions: list[str]


class Nodes(TypedDict):
    """All nodes by Arena's classes, and the pods that wait for one."""

    gpuShareNodes: list[Node]
    gpuTopologyNodes: list[Node]
    gpuExclusiveNodes: list[Node]
    normalNodes: list[Node]
    waiting: list[Holder]
    allPodsCounted: Annotated[bool, "false where the pods of other namespaces could not be read"]
    notes: list[str]
