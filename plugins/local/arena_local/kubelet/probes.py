"""Startup, readiness and liveness probes of one running container."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from arena_local.kubelet.hooks import Outcome
from arena_local.kubelet.model import Slot
from arena_local.sdk.bundle import Obj
from arena_local.sdk.clock import Clock

#: How long a kubelet takes to know that a container has ended.
KNOWN_AFTER = 1.0
EXITED = (
    "probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: "
    "container is in CONTAINER_EXITED state"
)
KINDS = {"startupProbe": "Startup", "readinessProbe": "Readiness", "livenessProbe": "Liveness"}


class Probes:
    """Runs the probes of a slot for one run of its container.

    ``check`` runs a handler; ``event`` records an event (type, reason, message); ``changed`` is called when ``started`` or ``ready``
    flip; ``kill`` when the container must be restarted (with the text of the event).
    """

    def __init__(
        self,
        slot: Slot,
        check: Callable[[Obj, float], Awaitable[Outcome]],
        event: Callable[[str, str, str], None],
        changed: Callable[[], None],
        kill: Callable[[str, Obj], None],
        clock: Clock,
    ) -> None:
        self._slot = slot
        self._check = check
        self._event = event
        self._changed = changed
        self._kill = kill
        self._clock = clock
        self._next: dict[str, float] = {}
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self) -> None:
        """Set the flags as they are before the first result, and begin."""
        spec = self._slot.spec
        self._slot.started = not spec.get("startupProbe")
        self._slot.ready = not spec.get("readinessProbe") and self._slot.started
        for key in KINDS:
            if spec.get(key):
                self._tasks.append(asyncio.get_running_loop().create_task(self._loop(key, spec[key])))

    def ended(self) -> None:
        """Be told that the container has ended by itself: a probe that is due before a kubelet would know meets it exited."""
        due = self._clock.seconds() + KNOWN_AFTER
        for key, probe in ((k, self._slot.spec.get(k) or {}) for k in self._next):
            if "exec" in probe and key != "startupProbe" and not self._slot.doomed and self._next[key] <= due:
                self._event("Warning", "Unhealthy", f"{KINDS[key]} {EXITED}")
        self.stop()

    def stop(self) -> None:
        """End all probes."""
        self._next.clear()
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    async def _loop(self, key: str, probe: Obj) -> None:
        slot, run = self._slot, self._slot.run
        period = float(probe.get("periodSeconds") or 10)
        await self._clock.sleep(float(probe.get("initialDelaySeconds") or 0), once=True)
        good = bad = 0
        while slot.run is run and slot.running:
            if key != "startupProbe" and not slot.started:
                await self._clock.sleep(0.1, once=True)
                continue
            outcome = await self._check(probe, float(probe.get("timeoutSeconds") or 1))
            if slot.run is not run or not slot.running:
                return
            if outcome.ok:
                good, bad = good + 1, 0
            else:
                good, bad = 0, bad + 1
                self._event("Warning", "Unhealthy", f"{KINDS[key]} probe failed: {outcome.text}")
            if self._apply(key, probe, good, bad):
                return
            self._next[key] = self._clock.seconds() + period
            await self._clock.sleep(period, once=True)

    def _apply(self, key: str, probe: Obj, good: int, bad: int) -> bool:
        """Act on a result; returns whether this probe is done."""
        slot = self._slot
        failed = bad >= int(probe.get("failureThreshold") or 3)
        passed = good >= int(probe.get("successThreshold") or 1)
        if key == "readinessProbe":
            ready = True if passed else False if failed else slot.ready
            if ready != slot.ready:
                slot.ready = ready
                self._changed()
            return False
        if key == "startupProbe" and passed:
            slot.started = True
            slot.ready = slot.ready or not slot.spec.get("readinessProbe")
            self._changed()
            return True
        if failed:
            what = "startup" if key == "startupProbe" else "liveness"
            self._kill(f"Container {slot.name} failed {what} probe", probe)
            return True
        return False
