"""What ``queue`` prints. Amounts are quantities as Kubernetes writes them; null could not be read."""

from __future__ import annotations

from typing import Annotated, TypedDict


class Quota(TypedDict):
    """One resource of a queue."""

    resource: str
    flavor: str
    nominal: str | None
    used: str | None
    usedByThisQueue: str | None
    borrowed: str | None
    lent: str | None
    lentAtMost: str | None
    atMost: str | None


class Queued(TypedDict):
    """A job in a queue."""

    name: str
    namespace: str
    type: str
    priority: int
    since: Annotated[str, "RFC 3339"]
    asks: dict[str, str]
    place: Annotated[int | None, "from 1; null for one that does not wait"]
    overall: Annotated[int | None, "its place among all who want the same quota"]
    reason: str


class Queue(TypedDict):
    """A queue with everybody who stands in it."""

    name: str
    namespace: str
    system: str
    clusterQueue: str
    cohort: str
    open: bool
    reason: Annotated[str, "why it admits nobody"]
    weight: int | None
    waiting: int
    running: int
    quotas: list[Quota]
    runningJobs: list[Queued]
    waitingJobs: list[Queued]
    heldJobs: list[Queued]
