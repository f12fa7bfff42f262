"""From a copy of the cluster to an answer: now, behind others, never, in others' place."""

from __future__ import annotations

import time as clocks
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from arena_core.contract.foresight import Forecast, Outlook
from arena_core.k8s import duration
from arena_core.records import replace
from arena_local.foresee import parts, unseen, words
from arena_local.foresee.units import GANGS, Unit, Units, key_of
from arena_local.foresee.world import World
from arena_local.kueue import kinds
from arena_local.sdk.bundle import Bundle, Obj

#: Seconds of the processor after which nobody looks further ahead, counted from when the copy is made.
PATIENCE = 1.2
#: So many ends are looked at one by one. Of more, those that are close to each other are taken together, so that patience lasts.
_EXACT = 60
_LEAST = 0.02
_MOMENT = timedelta(milliseconds=1)


async def judge(outlook: Outlook, job: Sequence[Obj], smaller: Sequence[Sequence[Obj]]) -> Forecast:
    """Return what is to be expected."""
    queued = (unit := Units(outlook).find(outlook.job)) is not None and unit.workload is not None
    if missing := unseen.too_little(outlook, job, queued):
        return Forecast("unknown", reasons=missing)
    objects, notes = unseen.filled(outlook)
    outlook = replace(outlook, objects=objects)
    forecast = await _judge(outlook, job, smaller)
    return replace(forecast, notes=(*forecast.notes, *notes))


async def _judge(outlook: Outlook, job: Sequence[Obj], smaller: Sequence[Sequence[Obj]]) -> Forecast:
    gangs = any(outlook.objects.get(key) for key in (GANGS, "queues.scheduling.volcano.sh"))
    bundles = parts.bundles_for(outlook.distributions, gangs)
    since = clocks.process_time()
    world = World(outlook, bundles)
    try:
        await world.start()
        forecast = await _Look(world, job, smaller, since).run()
    finally:
        await world.stop()
    if forecast.verdict == "waits" and forecast.seconds is None:
        alone = await _alone(outlook, bundles, job)
        if alone:
            return replace(forecast, verdict="never", reasons=alone, before=())
    return forecast


async def _alone(outlook: Outlook, bundles: Sequence[Bundle], job: Sequence[Obj]) -> tuple[str, ...]:
    """Return why the job would not start on the cluster without any other job; nothing where it would."""
    alone = _emptied(outlook.objects, Units(outlook).find(outlook.job))
    world = World(replace(outlook, objects=alone), bundles)
    try:
        await world.start()
        refused = await world.submit(job)
        return (refused,) if refused else () if world.runs() else words.reasons(world) or ("nothing says why",)
    finally:
        await world.stop()


def _emptied(objects: Mapping[str, Sequence[Obj]], kept: Unit | None) -> dict[str, Sequence[Obj]]:
    """Return the objects without those of jobs but the one that is asked about; what belongs to the nodes themselves stays."""
    gone = (kinds.WORKLOADS, GANGS, "podgroups.scheduling.x-k8s.io", "pods")
    found: dict[str, Sequence[Obj]] = dict(objects)
    for key in gone:
        found[key] = [obj for obj in objects.get(key, ()) if words.of_node(obj) or _belongs(obj, kept)]
    return found


def _belongs(obj: Obj, unit: Unit | None) -> bool:
    return unit is not None and key_of(obj) in (unit.workload, unit.gang, *unit.pods)


class _Look:
    """One look ahead."""

    def __init__(self, world: World, job: Sequence[Obj], smaller: Sequence[Sequence[Obj]], since: float) -> None:
        self._world = world
        self._job = job
        self._smaller = smaller
        self._since = since
        self._looking = 0.0
        self._looks = 0
        self._begun = world.api.now()

    async def run(self) -> Forecast:
        """Submit, and look on until the job runs or nothing more is known to happen."""
        world = self._world
        fewer: int | None = None
        world.started.clear()
        world.victims.clear()
        self._begun = world.api.now()
        if refused := await world.submit(self._job):
            return Forecast("never", reasons=(refused,))
        if world.runs():
            return self._at_once()
        reasons = words.reasons(world)
        if not world.victims:
            fewer = await self._fewer()
        line = words.ahead(world)
        endless = sum(1 for unit in world.running() if unit.lasts is None)
        self._looking = clocks.process_time()
        earlier: tuple[Unit, ...] = tuple(world.started)
        while not world.runs() and (moment := self._next()) is not None:
            earlier = tuple(world.started)  # who starts in the same moment starts beside it, not before
            await world.leap(moment)
        told = Forecast("waits", notes=self._given_up(), reasons=reasons, smaller=fewer, endless=endless, preempts=_names(world.victims))
        if not world.runs():
            return replace(told, before=_names(line))
        return replace(told, seconds=max(0.0, (world.api.now() - self._begun).total_seconds()), before=_names(earlier))

    def _at_once(self) -> Forecast:
        gone = _names(self._world.victims)
        return Forecast("preempts" if gone else "now", seconds=0.0, preempts=gone)

    def _next(self) -> datetime | None:
        """Return the moment up to which to go on: the next end of a job; None where none is known, or it has taken too long."""
        left = PATIENCE - (clocks.process_time() - self._since)
        ends = sorted(end for unit in self._world.running() if (end := unit.end) is not None)
        if left <= 0 or not ends:
            return None
        first = max(ends[0], self._world.api.now())
        self._looks += 1
        if len(ends) <= _EXACT:
            return first + _MOMENT
        each = (clocks.process_time() - self._looking) / self._looks
        steps = max(2.0, left / each) if self._looks > 1 else 20.0
        away = max(1.0, (first - self._begun).total_seconds())
        horizon = 2 * max(1.0, (ends[-1] - self._begun).total_seconds())
        width = max(_LEAST, (horizon / away) ** (1 / steps) - 1)
        limit = self._begun + timedelta(seconds=away * (1 + width))
        return max([first, *(end for end in ends if end <= limit)]) + _MOMENT

    def _given_up(self) -> tuple[str, ...]:
        """Return a note where there is more to come than was looked at."""
        world = self._world
        if world.runs() or not any(unit.end for unit in world.running()):
            return ()
        ahead = (world.api.now() - self._begun).total_seconds()
        return (f"too many jobs to look further ahead: it does not start within the next {duration.human(ahead)}",)

    async def _fewer(self) -> int | None:
        """Return the index of the largest alternative that starts at once without anybody giving way; the job itself is back then."""
        if not self._smaller:
            return None
        await self._world.withdraw(self._job)
        low, high, best = 0, len(self._smaller), None
        while low < high:
            middle = (low + high) // 2
            alternative = self._smaller[middle]
            refused = await self._world.submit(alternative)
            if not refused and self._world.runs() and not self._world.victims:
                best, high = middle, middle
            else:
                low = middle + 1
            await self._world.withdraw(alternative)
            if self._world.victims:
                break
        await self._world.submit(self._job)
        return best


def _names(units: Sequence[Unit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unit.name for unit in units))
