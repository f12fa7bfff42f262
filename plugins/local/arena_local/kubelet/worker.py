"""The life of one pod: a loop that compares what should run with what runs, and writes the status.

One worker per pod; woken by changes of the pod, ends of containers and timers. Nothing here blocks the event loop.
"""

from __future__ import annotations

import asyncio
import logging

from arena_core.k8s import time
from arena_local.kubelet import records
from arena_local.kubelet.ending import Ending
from arena_local.kubelet.host import Host
from arena_local.kubelet.launch import Launcher
from arena_local.kubelet.model import Run, container_id
from arena_local.kubelet.names import Table, hosts_text, lines_of, searches_of, write_in_place
from arena_local.kubelet.podstate import PodState
from arena_local.kubelet.running import Running
from arena_local.kubelet.volumes import MountError, Volumes
from arena_local.sdk.bundle import Obj

log = logging.getLogger(__name__)


#: Between the last container's end and the final phase: controllers see both, as they do on a real node (where it is a second).
SETTLE = 0.15
#: How often a pod that lacks devices looks again, besides being woken when some become free.
DEVICES_RETRY = 1.0


class Worker(PodState):
    """Drives one pod."""

    def __init__(self, host: Host, pod: Obj) -> None:
        super().__init__(host, pod)
        self.ending = Ending(self)
        self.running = Running(self, self.ending)
        self.names: Table | None = None
        self._mount_delay = 0.0
        self._stale = self._asleep = False

    # -- seen from outside --------------------------------------------------------------------------------------------------------

    def changed(self, pod: Obj) -> None:
        """Be told of a new version of the pod."""
        self.obj = pod
        self.wake()

    def deleted(self) -> None:
        """Be told that the pod has gone from the API."""
        self.gone = True
        self.wake()

    async def run(self) -> None:
        """Work until the pod is over or gone."""
        while True:
            self._wake.clear()
            try:
                delay = await self._sync()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("pod %s/%s", self.namespace, self.name)
                self._stale = True
                delay = 1.0
            if delay is not None and delay < 0:
                return
            await self._woken_in(delay)

    async def _woken_in(self, delay: float | None) -> None:
        """Wait until somebody wakes it, or for so long."""
        timer = None if delay is None else self.host.api.clock.call_later(delay, self.wake, once=True)
        self._asleep = True
        try:
            await self._wake.wait()
        finally:
            self._asleep = False
            if timer is not None:
                timer.cancel()

    @property
    def woken(self) -> bool:
        """Whether it was woken and has not looked yet."""
        return self._asleep and self._wake.is_set()

    # -- the loop -----------------------------------------------------------------------------------------------------------------

    async def _sync(self) -> float | None:
        """Do the next thing; returns seconds until it wants to look again, None for no limit, a negative number when all is over."""
        if self.gone:
            await self.end(min(1.0, self.grace), finish=False)
            return -1
        if self.deleting:
            await self._delete()
            return -1
        if self.final:
            return None
        if (left := self._deadline()) is not None and left <= 0:
            await self._fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
            return None
        if not self.sandbox:
            delay = self._prepare()
            if delay is not None:
                return delay
        if self._stale:  # a write may have been lost with the error
            self.write(held=True)
            self._stale = False
        delay = await self.running.advance()
        if self.running.over:
            await self._complete()
            return None
        return min((d for d in (delay, left) if d is not None), default=None)

    def _deadline(self) -> float | None:
        limit, began = self.obj["spec"].get("activeDeadlineSeconds"), (self.obj.get("status") or {}).get("startTime")
        if limit is None or not began:
            return None
        return float(limit) - (self.host.api.now() - time.read(began)).total_seconds()

    def _prepare(self) -> float | None:
        """Give the pod its address, its volumes and its hosts file; returns seconds until another try, or None when done."""
        if not (self.obj.get("status") or {}).get("startTime"):
            self.write()
        host = self.host
        self.address = host.addresses.of(self.uid, (self.obj.get("status") or {}).get("podIP", ""))
        facts = host.facts(self.obj, self.address)
        self.folder.mkdir(exist_ok=True)
        host.kept.remember(self.obj, self.folder)
        try:
            volumes = Volumes(host.api, self.obj, self.folder / "volumes", facts, host.access).prepare()
        except MountError as error:
            self.event("Warning", "FailedMount", str(error))
            self._mount_delay = min(max(0.5, self._mount_delay * 2), 122.0)
            return self._mount_delay
        if not self._has_devices():
            return DEVICES_RETRY
        self.names = host.names.table(self.namespace)
        write_in_place(self.folder / "hosts", hosts_text(lines_of(self.names, searches_of(self.obj)), self.obj, self.address))
        self.launcher = Launcher(host, self.obj, self.folder, volumes, facts)
        self.sandbox = True
        return None

    def _has_devices(self) -> bool:
        """Take all devices that the pod asks for; where some are not free yet nothing starts, and status and event say so."""
        host = self.host
        short = host.devices.take(self.obj["spec"].get("nodeName", ""), self.uid, self.obj)
        text = host.short_of(short) if short else ""
        waiting = ("DevicesInUse", text) if short else None
        if any(slot.waiting != waiting for slot in self.slots):
            for slot in self.slots:
                slot.waiting = waiting
            if waiting:
                self.event("Warning", "DevicesInUse", text)
            self.write()
        return short is None

    async def end(self, grace: float, *, finish: bool) -> None:
        """Stop everything that runs, and look at nothing any more."""
        await self.ending.end(grace, finish=finish)
        for slot in self.slots:
            self.running.stop_probes(slot)

    async def _complete(self) -> None:
        self.write(held=True)
        clock = self.host.api.clock
        settled = clock.seconds() + self.host.api.setting("kubelet.settle", SETTLE)
        await self.end(self.grace, finish=True)
        await clock.sleep(settled - clock.seconds(), once=True)
        self.sandbox = False
        self.release()
        if self.shut_down and self._failed():
            self.write(reason="Terminated", message=records.SHUT_DOWN)
        else:
            self.write()

    def _failed(self) -> bool:
        return any(slot.run is not None and slot.run.failed for slot in self.slots if slot.kind == "main")

    async def _fail(self, reason: str, message: str) -> None:
        """End the pod against its will."""
        self.event("Normal" if reason == "DeadlineExceeded" else "Warning", reason, message)
        self.write(held=True, forced="Failed")
        await self.end(self.grace, finish=True)
        self.sandbox = False
        self.release()
        self.write(forced="Failed", reason=reason, message=message, ended=True)

    async def _delete(self) -> None:
        if not self.final:
            self.write(ended=False) if (self.obj.get("status") or {}).get("startTime") else None
            await self.end(self.grace, finish=True)
            self.sandbox = False
            self._account_for_missing()
            self.release()  # before the status says that nothing runs: the scheduler acts upon it at once
            self.write(ended=True)
            await self.host.api.clock.sleep(self.host.api.setting("kubelet.settle", SETTLE), once=True)
        self.release()
        self.host.api.finalize_pod(self.namespace, self.name, self.uid)

    def _account_for_missing(self) -> None:
        """Call a container that never ran lost, once the pod is initialized; one that waited for init containers still waits."""
        initialized = all(s.kind == "main" or (s.run and (s.kind == "sidecar" or s.run.exit_code == 0)) for s in self.slots)
        for slot in self.slots:
            if slot.run is None and slot.kind == "main" and initialized:
                slot.run = Run(0, container_id(self.uid, slot.name, 0), exit_code=137, reason="ContainerStatusUnknown")
                slot.run.message = "The container could not be located when the pod was terminated"
            if slot.run is not None:
                slot.waiting = None

    async def remove(self) -> None:
        """Forget the pod: its folder goes, its logs are kept as long as its job is there."""
        self.release()
        self.host.addresses.release(self.uid)
        await asyncio.to_thread(self.host.kept.keep, self.folder)
