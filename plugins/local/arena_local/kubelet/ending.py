"""Ending a pod's containers: hooks, TERM, the grace period, KILL, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

from arena_local.kubelet.model import Slot
from arena_local.kubelet.podstate import PodState
from arena_local.kubelet.runtime import alive, end_process, sweep

#: A grace period longer than this is not waited for where nothing can come of it.
LONG = 5.0
#: However the clock is moved: a process that was told to end has so many real seconds of its grace period.
LEAST = 0.5
#: How long a process has to set up its handlers after TERM was sent.
DEAF = 0.3


def is_deaf(pid: int) -> bool:
    """Whether TERM means nothing to the process: as pid 1 without a handler it never gets the signal, and KILL (137) is sure to follow.

    A process that ignores TERM on purpose wants its grace period and is not deaf.
    """
    masks = {}
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("SigCgt", "SigIgn"):
                masks[name] = int(value, 16)
    term = 1 << (signal.SIGTERM - 1)
    return len(masks) == 2 and not any(mask & term for mask in masks.values())


class Ending:
    """Stops the containers of one pod."""

    def __init__(self, pod: PodState) -> None:
        self._pod = pod
        self._clock = pod.host.api.clock
        #: The whole cluster ends: nobody is waited for who cannot hear.
        self.hurry = False

    async def end(self, grace: float, *, finish: bool) -> None:
        """Stop everything: the main containers together, then the sidecars, last first; without ``finish`` these get no time."""
        pod = self._pod
        until = self._clock.deadline(grace, least=LEAST)
        main = [s for s in pod.slots if s.kind != "sidecar" and s.running]
        await asyncio.gather(*(self.stop_one(s, grace) for s in main))
        for slot in reversed([s for s in pod.slots if s.kind == "sidecar" and s.running]):
            await self.stop_one(slot, max(until.left, 0.5 if finish else 0))
        if any(s.run and s.run.spec for s in pod.slots) and not pod.host.isolation.pid:
            await asyncio.to_thread(sweep, pod.uid)
        await self._last_processes()

    async def _last_processes(self) -> None:
        """Wait for processes that were killed because their shim had died: what they hold is free only when they are gone."""
        until = self._clock.deadline(10.0, least=10.0)
        runs = [slot.run for slot in self._pod.slots if slot.run and slot.run.pid]
        while any(alive(run.pid, run.start) for run in runs) and until.left:  # noqa: ASYNC110 - they are no children of ours
            await asyncio.sleep(0.01)

    async def stop_one(self, slot: Slot, grace: float, *, say: bool = True) -> None:
        """Stop one container and wait for its end."""
        run, pod = slot.run, self._pod
        if run is None or not run.running:
            return
        if say:
            pod.event("Normal", "Killing", f"Stopping container {slot.name}", slot)
        until = self._clock.deadline(grace, least=LEAST)
        hook = (slot.spec.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0:
            from arena_local.kubelet.hooks import handle

            outcome = await handle(pod.host.runtime, run, slot.spec, hook, pod.address, grace)
            if not outcome.ok:
                pod.event("Warning", "FailedPreStopHook", "PreStopHook failed", slot)
        end_process(run, signal.SIGTERM)
        await self._gone(slot, until.left)
        if run.running:
            end_process(run, signal.SIGKILL)
            if not run.spec.get("namespaces", {}).get("pid"):
                await asyncio.to_thread(sweep, pod.uid, slot.name)
            await self._gone(slot, 10.0, least=10.0)

    async def _gone(self, slot: Slot, patience: float, *, least: float = LEAST) -> None:
        run, pod = slot.run, self._pod
        grace, gone, hears = pod.grace, pod.gone, pod.host.api.setting("kubelet.deaf", DEAF)
        until, deaf = self._clock.deadline(patience, least=least), self._clock.deadline(hears, least=hears)
        pause = 0.005
        while run and run.running and until.left:
            if pod.grace < grace or pod.gone != gone:  # the pod was deleted once more, with less patience
                grace, gone = pod.grace, pod.gone
                until = self._clock.deadline(min(until.left, 1.0 if gone else grace), least=LEAST)
            if (self.hurry or patience > LONG) and not deaf.left and is_deaf(run.pid):
                return
            await asyncio.sleep(min(pause, until.left))
            pause = min(pause * 1.5, 0.05)
