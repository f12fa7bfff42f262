"""The life of one pod: a loop that compares what should run with what runs, and writes the status.

One worker per pod; woken by changes of the pod, ends of containers and timers. Nothing here blocks the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from arena_core.k8s import time
from arena_local.kubelet import records, status
from arena_local.kubelet.ending import Ending
from arena_local.kubelet.launch import Launcher
from arena_local.kubelet.model import Run, Slot, container_id, slots_of
from arena_local.kubelet.names import write_in_place
from arena_local.kubelet.running import Running
from arena_local.kubelet.volumes import MountError, Volumes
from arena_local.sdk.bundle import Obj

if TYPE_CHECKING:
    from arena_local.kubelet.kubelet import Kubelet

log = logging.getLogger(__name__)


#: Between the last container's end and the final phase: controllers see both, as they do on a real node (where it is a second).
SETTLE = 0.15
#: How often a pod that lacks devices looks again, besides being woken when some become free.
DEVICES_RETRY = 1.0


class Worker:
    """Drives one pod."""

    def __init__(self, kubelet: Kubelet, pod: Obj) -> None:
        self.kubelet = kubelet
        self.pod = pod
        self.gone = False
        meta = pod["metadata"]
        self.uid, self.namespace, self.name = str(meta["uid"]), str(meta["namespace"]), str(meta["name"])
        self.folder = kubelet.state / "pods" / self.uid
        self.slots = slots_of(pod)
        self.address = ""
        self.sandbox = False
        self.launcher: Launcher | None = None
        self.running = Running(self)
        self.ending = Ending(self)
        self._wake = asyncio.Event()
        self._mount_delay = 0.0
        self._stale = self._asleep = False
        #: The whole cluster was ended while the pod ran: that, and nothing of the pod's own, is why it has failed.
        self.shut_down = False

    # -- seen from outside --------------------------------------------------------------------------------------------------------

    def changed(self, pod: Obj) -> None:
        """Be told of a new version of the pod."""
        self.pod = pod
        self.wake()

    def deleted(self) -> None:
        """Be told that the pod has gone from the API."""
        self.gone = True
        self.wake()

    def wake(self) -> None:
        """Look again at once."""
        self._wake.set()

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
        timer = None if delay is None else self.kubelet.api.clock.call_later(delay, self.wake, once=True)
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
            await self.ending.end(min(1.0, self.grace), finish=False)
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

    @property
    def deleting(self) -> bool:
        """Whether the pod is being deleted."""
        return "deletionTimestamp" in self.pod["metadata"]

    @property
    def final(self) -> bool:
        """Whether the pod has ended for good."""
        return (self.pod.get("status") or {}).get("phase") in status.FINAL

    @property
    def grace(self) -> float:
        """Seconds between TERM and KILL."""
        own = self.pod["metadata"].get("deletionGracePeriodSeconds")
        return float(own if own is not None else self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    def _deadline(self) -> float | None:
        limit, began = self.pod["spec"].get("activeDeadlineSeconds"), (self.pod.get("status") or {}).get("startTime")
        if limit is None or not began:
            return None
        return float(limit) - (self.kubelet.api.now() - time.read(began)).total_seconds()

    def _prepare(self) -> float | None:
        """Give the pod its address, its volumes and its hosts file; returns seconds until another try, or None when done."""
        if not (self.pod.get("status") or {}).get("startTime"):
            self.write()
        kubelet = self.kubelet
        self.address = kubelet.addresses.of(self.uid, (self.pod.get("status") or {}).get("podIP", ""))
        facts = kubelet.facts(self.pod, self.address)
        self.folder.mkdir(exist_ok=True)
        kubelet.kept.remember(self.pod, self.folder)
        try:
            access = kubelet.machine.access
            volumes = Volumes(kubelet.api, self.pod, self.folder / "volumes", facts, access).prepare()
        except MountError as error:
            self.event("Warning", "FailedMount", str(error))
            self._mount_delay = min(max(0.5, self._mount_delay * 2), 122.0)
            return self._mount_delay
        if not self._has_devices():
            return DEVICES_RETRY
        write_in_place(self.folder / "hosts", kubelet.hosts_text(self.pod, self.address))
        self.launcher = Launcher(kubelet.machine, self.pod, self.folder, volumes, facts)
        self.sandbox = True
        return None

    def _has_devices(self) -> bool:
        """Take all devices that the pod asks for; where some are not free yet nothing starts, and status and event say so."""
        kubelet = self.kubelet
        short = kubelet.devices.take(self.pod["spec"].get("nodeName", ""), self.uid, self.pod)
        text = kubelet.short_of(short) if short else ""
        waiting = ("DevicesInUse", text) if short else None
        if any(slot.waiting != waiting for slot in self.slots):
            for slot in self.slots:
                slot.waiting = waiting
            if waiting:
                self.event("Warning", "DevicesInUse", text)
            self.write()
        return short is None

    async def _complete(self) -> None:
        self.write(held=True)
        clock = self.kubelet.api.clock
        settled = clock.seconds() + self.kubelet.api.setting("kubelet.settle", SETTLE)
        await self.ending.end(self.grace, finish=True)
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
        await self.ending.end(self.grace, finish=True)
        self.sandbox = False
        self.release()
        self.write(forced="Failed", reason=reason, message=message, ended=True)

    async def _delete(self) -> None:
        if not self.final:
            self.write(ended=False) if (self.pod.get("status") or {}).get("startTime") else None
            await self.ending.end(self.grace, finish=True)
            self.sandbox = False
            self._account_for_missing()
            self.release()  # before the status says that nothing runs: the scheduler acts upon it at once
            self.write(ended=True)
            await self.kubelet.api.clock.sleep(self.kubelet.api.setting("kubelet.settle", SETTLE), once=True)
        self.release()
        self.kubelet.api.finalize_pod(self.namespace, self.name, self.uid)

    def _account_for_missing(self) -> None:
        """Call a container that never ran lost, once the pod is initialized; one that waited for init containers still waits."""
        initialized = all(s.kind == "main" or (s.run and (s.kind == "sidecar" or s.run.exit_code == 0)) for s in self.slots)
        for slot in self.slots:
            if slot.run is None and slot.kind == "main" and initialized:
                slot.run = Run(0, container_id(self.uid, slot.name, 0), exit_code=137, reason="ContainerStatusUnknown")
                slot.run.message = "The container could not be located when the pod was terminated"
            if slot.run is not None:
                slot.waiting = None

    def release(self) -> None:
        """Give back what only a running pod needs."""
        self.kubelet.devices.release(self.uid)
        self.kubelet.ports.release(self.uid)

    async def remove(self) -> None:
        """Forget the pod: its folder goes, its logs are kept as long as its job is there."""
        self.release()
        self.kubelet.addresses.release(self.uid)
        await asyncio.to_thread(self.kubelet.kept.keep, self.folder)

    # -- what the others use ------------------------------------------------------------------------------------------------------

    def write(self, *, held: bool = False, forced: str = "", reason: str = "", message: str = "", ended: bool = False) -> None:
        """Write the status if the pod is still there."""
        api = self.kubelet.api
        current = api.find("pods", self.namespace, self.name)
        if current is None or current["metadata"]["uid"] != self.uid:
            return
        self.pod = current
        built = status.build(
            current,
            self.slots,
            now=time.text(api.now()),
            sandbox=self.sandbox,
            ip=self.address if self.sandbox or any(s.run for s in self.slots) else "",
            host_ip=self.kubelet.host_ip,
            ended=ended,
            held=held,
            forced=forced,
            reason=reason,
            message=message,
        )
        if self.shut_down and built["phase"] == "Failed":
            built["conditions"] = [c for c in built["conditions"] if c["type"] != "DisruptionTarget"]
            built["conditions"].append(status.disrupted("TerminationByKubelet", records.SHUT_DOWN, time.text(api.now())))
        self.pod = api.update_status({**current, "status": built}, manager="kubelet")

    def event(self, kind: str, reason: str, message: str, slot: Slot | None = None) -> None:
        """Record an event on the pod or one of its containers."""
        self.kubelet.api.event(self.pod, kind, reason, message, component="kubelet", field_path=slot.field_path if slot else "")
