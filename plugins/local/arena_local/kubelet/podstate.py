"""A pod that runs as processes: what is known of it, and how its status and its events are written."""

from __future__ import annotations

import asyncio

from arena_core.k8s import time
from arena_local.kubelet import records, status
from arena_local.kubelet.host import Host
from arena_local.kubelet.launch import Launcher
from arena_local.kubelet.model import Pod, Slot
from arena_local.sdk.bundle import Obj


class PodState(Pod):
    """What the parts of a pod's worker share: where the pod is, what it has got, and the way to wake the worker."""

    def __init__(self, host: Host, pod: Obj) -> None:
        super().__init__(pod)
        self.host = host
        self.gone = False
        self.folder = host.state / "pods" / self.uid
        self.address = ""
        self.sandbox = False
        self.launcher: Launcher | None = None
        #: The whole cluster was ended while the pod ran: that, and nothing of the pod's own, is why it has failed.
        self.shut_down = False
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look again at once."""
        self._wake.set()

    @property
    def deleting(self) -> bool:
        """Whether the pod is being deleted."""
        return "deletionTimestamp" in self.obj["metadata"]

    @property
    def final(self) -> bool:
        """Whether the pod has ended for good."""
        return (self.obj.get("status") or {}).get("phase") in status.FINAL

    @property
    def grace(self) -> float:
        """Seconds between TERM and KILL."""
        own = self.obj["metadata"].get("deletionGracePeriodSeconds")
        return float(own if own is not None else self.obj["spec"].get("terminationGracePeriodSeconds", 30))

    def release(self) -> None:
        """Give back what only a running pod needs."""
        self.host.devices.release(self.uid)
        self.host.ports.release(self.uid)

    def write(self, *, held: bool = False, forced: str = "", reason: str = "", message: str = "", ended: bool = False) -> None:
        """Write the status if the pod is still there."""
        api = self.host.api
        current = api.find("pods", self.namespace, self.name)
        if current is None or current["metadata"]["uid"] != self.uid:
            return
        self.obj = current
        built = status.build(
            current,
            self.slots,
            now=time.text(api.now()),
            sandbox=self.sandbox,
            ip=self.address if self.sandbox or any(s.run for s in self.slots) else "",
            host_ip=self.host.ip,
            ended=ended,
            held=held,
            forced=forced,
            reason=reason,
            message=message,
        )
        if self.shut_down and built["phase"] == "Failed":
            built["conditions"] = [c for c in built["conditions"] if c["type"] != "DisruptionTarget"]
            built["conditions"].append(status.disrupted("TerminationByKubelet", records.SHUT_DOWN, time.text(api.now())))
        self.obj = api.update_status({**current, "status": built}, manager="kubelet")

    def event(self, kind: str, reason: str, message: str, slot: Slot | None = None) -> None:
        """Record an event on the pod or one of its containers."""
        self.host.api.event(self.obj, kind, reason, message, component="kubelet", field_path=slot.field_path if slot else "")
