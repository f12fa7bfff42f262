"""The scheduler as a reconciler: the default queue's key stands for a session.

A session is run at most once a period, as Volcano does, and only where it can come to something else than the one before: something has
changed that it looks at, or a gang waits, of which an event tells again and again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from arena_core.k8s import quantity
from arena_local.sdk.bundle import Api, Key, Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.keys import meta, status_of
from arena_volcano.localcluster.scheduler import actions, report, snapshot
from arena_volcano.localcluster.scheduler.gang import Gang, Task

log = logging.getLogger(__name__)

#: Seconds between two sessions.
PERIOD = 1.0
_SESSION: tuple[Key, ...] = (("", keys.DEFAULT_QUEUE),)
# client-go's recorder: so many events of one source about one object at once, then one in five minutes
_BURST, _REFILL = 25, 300.0


class Throttle:
    """Keeps a gang that waits for hours from writing an event each second."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def allow(self, key: tuple[str, str], now: float) -> bool:
        """Return whether one more event about this object may be written."""
        tokens, last = self._buckets.get(key, (float(_BURST), now))
        tokens = min(float(_BURST), tokens + (now - last) / _REFILL)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        return allowed

    def left(self, key: tuple[str, str]) -> float:
        """Return the seconds until one more event about this object may be written."""
        return max(0.0, 1 - self._buckets.get(key, (1.0, 0.0))[0]) * _REFILL

    def keep(self, living: Iterable[tuple[str, str]]) -> None:
        """Forget objects that are gone."""
        wanted = set(living)
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if key in wanted}


class Scheduler:
    """Runs sessions."""

    name = "volcano-scheduler"
    resource = keys.QUEUES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self._due = 0.0
        self._throttle = Throttle()
        self._gangs = True
        self._nodes: dict[str, object] = {}
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {
            keys.POD_GROUPS: self._group_changed,
            keys.QUEUES: lambda obj: _SESSION,
            "pods": self._if_gangs,
            "persistentvolumeclaims": self._if_gangs,
            "nodes": self._node_changed,
        }

    def _group_changed(self, group: Obj) -> Iterable[Key]:
        self._gangs = True
        return _SESSION

    def _if_gangs(self, obj: Obj) -> Iterable[Key]:
        return _SESSION if self._gangs else ()

    def _node_changed(self, node: Obj) -> Iterable[Key]:
        """Heartbeats change nothing that a session looks at."""
        told = (node.get("spec"), meta(node).get("labels"), status_of(node).get("allocatable"))
        before, self._nodes[meta(node)["name"]] = self._nodes.get(meta(node)["name"]), told
        return () if before == told and "deletionTimestamp" not in meta(node) else self._if_gangs(node)

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Run a session if its time has come; other queues' keys do nothing. Returns the seconds until one is due whatever happens."""
        if name != keys.DEFAULT_QUEUE:
            return None
        period = max(0.01, self._api.setting("volcano.session", PERIOD))
        now = self._api.now().timestamp()
        if now < self._due <= now + period:
            return self._due - now
        self._due = now + period
        try:
            return self.session(period)
        except Exception:  # one gang that cannot be dealt with must not stop the others for the length of a back-off
            log.exception("a scheduling session failed")
        return period

    def session(self, period: float) -> float | None:
        """Look at the cluster once, let gangs in, place pods, report; returns when to come back though nothing changes."""
        self._gangs = bool(self._api.list(keys.POD_GROUPS))
        if not self._gangs:
            self._write_queues({})
            return None
        world = snapshot.take(self._api)
        self._throttle.keep(gang.key for gang in world.gangs)
        actions.enqueue(world, self._refused)
        actions.allocate(world, self._bind)
        actions.backfill(world, self._bind)
        session = report.session_id()
        now = self._api.now().timestamp()
        pauses: list[float] = []
        for gang in world.gangs:
            quiet = not self._throttle.allow(gang.key, now)
            report.tolerant(partial(report.close, self._api, gang, session, quiet))
            if report.waits(gang):
                pauses.append(self._throttle.left(gang.key) if quiet else 0.0)
        self._write_queues(world.queues)
        return max(period, min(pauses)) if pauses else None

    def _bind(self, task: Task) -> bool:
        return report.bound(self._api, task)

    def _refused(self, gang: Gang, reason: str) -> None:
        if self._throttle.allow(gang.key, self._api.now().timestamp()):
            report.tolerant(lambda: self._api.event(gang.group, "Normal", "Unschedulable", reason, component=keys.SCHEDULER))

    def _write_queues(self, shares: Mapping[str, snapshot.QueueShare]) -> None:
        """Write how much of each queue is taken."""
        for queue in self._api.list(keys.QUEUES):
            share = shares.get(meta(queue)["name"])
            taken = share.allocated if share else {}
            allocated = {"cpu": "0", "memory": "0", **{name: quantity.text(value) for name, value in taken.items() if value}}
            status = {**status_of(queue), "allocated": allocated, "reservation": {}}
            if status != status_of(queue) and status.get("state"):
                self._api.update_status({**queue, "status": status}, manager=keys.SCHEDULER)
