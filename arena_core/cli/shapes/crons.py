"""What ``cron list`` and ``cron get`` print: Arena's keys, and ours behind them."""

from __future__ import annotations

from typing import Annotated, TypedDict

from arena_core.contract.types import Phase


class CronRun(TypedDict):
    """One job that a cron has made; times are RFC 3339, or empty."""

    name: str
    status: str
    type: str
    createTime: str
    finishTime: str


class Cron(TypedDict):
    """What makes jobs at times; ``reason`` says why no next one is due."""

    uuid: str
    name: str
    namespace: str
    type: str
    schedule: str
    suspend: bool
    concurrencyPolicy: str
    deadline: str
    historyLimit: int | None
    creationTimestamp: str
    lastScheduleTime: str
    history: list[CronRun] | None
    timeZone: str
    nextScheduleTime: str
    reason: str
    kind: str
    apiVersion: str
    status: Annotated[str, Phase]
    message: str
