"""A job in the lists and pages of ``list``, ``get`` and ``top job``: Arena's keys, and ours behind them."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from arena_core.cli.shapes.crons import Cron
from arena_core.contract.types import Phase
from arena_core.usecases.endpoints import Reachable

Seconds = Annotated[str, "whole seconds, as 90s"]
Unix = Annotated[int, "seconds since 1970; 0 where it is not known"]
Bytes = Annotated[float | None, "bytes; null where it is not measured"]
Percent = Annotated[float | None, "0 to 100; null where it is not measured"]
Milli = Annotated[float | None, "thousandths of a core; null where it is not measured"]


class GpuUse(TypedDict):
    """What one GPU of an instance does."""

    gpuDutyCycle: Percent
    usedGPUMemory: Bytes
    totalGPUMemory: Bytes


class Instance(TypedDict):
    """One instance of a job: a pod."""

    ip: str
    status: str
    name: str
    age: Seconds
    node: str
    nodeIP: str
    chief: bool
    requestGPUs: int
    gpuMetrics: Annotated[dict[str, GpuUse], "by the GPU's index; filled by `arena top job`"]
    creationTimestamp: Unix
    restarts: int
    exitCode: int | None


class _Job(TypedDict):
    uuid: str
    name: str
    namespace: str
    duration: Seconds
    status: Annotated[str, Phase]
    trainer: Annotated[str, "the job type"]
    tensorboard: Annotated[str, "its address, or an empty text"]
    chiefName: str
    priority: str
    requestGPUs: int
    allocatedGPUs: int
    creationTimestamp: Unix
    modelName: str
    modelVersion: str
    modelSource: str
    exactStatus: Annotated[str, "the operator's own word"]
    reason: str
    message: str


class Job(_Job):
    """A job with its instances."""

    instances: list[Instance]


class Listed(Job):
    """A job in a list, or a change of one that is watched."""

    deleted: NotRequired[Annotated[bool, "with --watch: the job has gone, this is how it was last"]]


class Role(TypedDict):
    """What the instances of one role are."""

    name: str
    replicas: int
    image: str
    command: str
    requests: Annotated[dict[str, str], "quantities of Kubernetes by resource"]
    env: Annotated[list[str], "names of variables, never their values"]
    envFrom: Annotated[list[str], "Secrets and ConfigMaps of variables, by name: Secret hub, Secret hub (key TOKEN)"]
    mounts: list[str]
    nodeSelector: dict[str, str]


class Progress(TypedDict):
    """How far a training is, as its log says; null is not known."""

    fraction: float | None
    step: float | None
    total: float | None
    epoch: float | None
    epochs: float | None
    stepsPerSecond: float | None
    secondsLeft: float | None
    metrics: dict[str, float]
    source: Annotated[str, "the line that it was read from"]


class JobPage(Job):
    """A job with everything that `arena get` shows."""

    roles: list[Role]
    labels: dict[str, str]
    retries: str
    tensorboardStatus: NotRequired[Annotated[str, "why the TensorBoard does not answer"]]
    endpoints: NotRequired[list[Reachable]]
    queue: NotRequired[str]
    place: NotRequired[Annotated[int, "its place among those who wait in the queue, from 1"]]
    queueLength: NotRequired[int]
    placeOverall: NotRequired[Annotated[int | None, "its place among all who want the same quota"]]
    progress: NotRequired[Progress]
    cron: NotRequired[Annotated[Cron, "of what makes jobs at times"]]


class InstanceUse(Instance):
    """An instance with what it uses."""

    cpu: Milli
    memory: Bytes
    idle: bool


class JobUse(_Job):
    """A job with what its instances use."""

    instances: list[InstanceUse]
    cpu: Milli
    memory: Bytes
    idleInstances: int
