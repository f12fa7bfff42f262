"""What ``serve list`` and ``serve get`` print: Arena's keys, and ours behind them."""

from __future__ import annotations

from typing import Annotated, TypedDict

from arena_core.cli.shapes.jobs import Seconds, Unix
from arena_core.contract.types import Phase


class Port(TypedDict):
    """A port of a server's Service."""

    name: str
    port: int
    nodePort: int


class ServerInstance(TypedDict):
    """One instance of a server: a pod."""

    name: str
    status: str
    age: Seconds
    readyContainers: int
    totalContainers: int
    restartCount: int
    nodeIP: str
    nodeName: str
    ip: str
    requestGPUs: int
    requestGPUMemory: int
    requestGPUCore: int
    creationTimestamp: Unix


class Revision(TypedDict):
    """A revision of a server whose operator counts them; ``percent`` of the requests is null where nothing says it."""

    name: str
    percent: int | None
    ready: bool


class Server(TypedDict):
    """One version of a model server."""

    uuid: str
    name: str
    namespace: str
    type: str
    version: str
    age: Seconds
    desiredInstances: int
    availableInstances: int
    endpoints: list[Port]
    ip: str
    instances: list[ServerInstance]
    requestGPUs: int
    requestGPUMemory: int
    requestGPUCore: int
    creationTimestamp: Unix
    status: Annotated[str, Phase]
    job: str
    message: str
    trafficWeight: int | None
    revisions: list[Revision]
