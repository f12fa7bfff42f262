"""Ending a pod's containers: hooks, TERM, the grace period, KILL, and nothing left behind."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

from arena_local.kubelet.model import Slot
from arena_local.kubelet.runtime import end_process, sweep

if TYPE_CHECKING:
    from arena_local.kubelet.worker import Worker


class Ending:
    """Stops the containers of one pod."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def end(self, grace: float, *, finish: bool) -> None:
        """Stop everything: the main containers together, then the sidecars, last first; with ``finish`` the probes' flags go, too."""
        worker = self._worker
        until = time.monotonic() + grace
        main = [s for s in worker.slots if s.kind != "sidecar" and s.running]
        await asyncio.gather(*(self.stop_one(s, grace) for s in main))
        for slot in reversed([s for s in worker.slots if s.kind == "sidecar" and s.running]):
            await self.stop_one(slot, max(until - time.monotonic(), 0.5 if finish else 0))
        if any(s.run and s.run.spec for s in worker.slots) and not worker.kubelet.machine.isolation.pid:
            await asyncio.to_thread(sweep, worker.uid)
        for slot in worker.slots:
            worker.running.stop_probes(slot)

    async def stop_one(self, slot: Slot, grace: float, *, say: bool = True) -> None:
        """Stop one container and wait for its end."""
        run, worker = slot.run, self._worker
        if run is None or not run.running:
            return
        if say:
            worker.event("Normal", "Killing", f"Stopping container {slot.name}", slot)
        until = time.monotonic() + grace
        hook = (slot.spec.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0:
            from arena_local.kubelet.hooks import handle

            outcome = await handle(worker.kubelet.runtime, run, slot.spec, hook, worker.address, grace)
            if not outcome.ok:
                worker.event("Warning", "FailedPreStopHook", "PreStopHook failed", slot)
        end_process(run, signal.SIGTERM)
        await self._gone(slot, max(until - time.monotonic(), 0))
        if run.running:
            end_process(run, signal.SIGKILL)
            if not run.spec.get("namespaces", {}).get("pid"):
                await asyncio.to_thread(sweep, worker.uid, slot.name)
            await self._gone(slot, 10.0)

    async def _gone(self, slot: Slot, patience: float) -> None:
        run = slot.run
        until = time.monotonic() + patience
        pause = 0.005
        while run and run.running and time.monotonic() < until:
            await asyncio.sleep(min(pause, max(until - time.monotonic(), 0)))
            pause = min(pause * 1.5, 0.05)
