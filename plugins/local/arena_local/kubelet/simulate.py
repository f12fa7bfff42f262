"""Pods without processes, for what-if runs: Running at once, Succeeded (or Failed) after a time told in an annotation."""

from __future__ import annotations

import asyncio
import contextlib

from arena_core.k8s import time
from arena_local.kubelet import status
from arena_local.kubelet.host import Host
from arena_local.kubelet.model import Pod, Run, container_id
from arena_local.sdk.bundle import Obj
from arena_local.sdk.clock import Timer

#: ``arena.local/simulate: "30"`` — seconds that the pod pretends to run; ``true`` takes the default.
ANNOTATION = "arena.local/simulate"
#: The exit code it pretends to end with.
EXIT_ANNOTATION = "arena.local/simulate-exit-code"
DEFAULT_SECONDS = 1.0


def duration_of(pod: Obj, everything: bool) -> float | None:
    """Return how long a simulated pod runs, or None for a real one."""
    text = str((pod["metadata"].get("annotations") or {}).get(ANNOTATION, "true" if everything else "false")).strip().lower()
    if text in ("false", ""):
        return None
    with contextlib.suppress(ValueError):
        return float(text.removesuffix("s"))
    return DEFAULT_SECONDS


class Simulated(Pod):
    """Stands where a ``Worker`` stands for a real pod."""

    def __init__(self, host: Host, pod: Obj, seconds: float) -> None:
        super().__init__(pod)
        self._host = host
        self._seconds = seconds
        self._timer: Timer | None = None
        self._over = False

    def start(self) -> None:
        """Pretend to start."""
        if "deletionTimestamp" in self.obj["metadata"]:
            self.changed(self.obj)
            return
        if (self.obj.get("status") or {}).get("phase") in status.FINAL:
            return
        for slot in self.slots:
            slot.run = Run(0, container_id(self.uid, slot.name, 0), started=self._now())
            slot.started = slot.ready = True
            if slot.kind == "init":
                self._finish(slot.run, 0)
        self._write(sandbox=True)
        self._timer = self._host.api.clock.call_later(self._seconds, self._end)

    def changed(self, pod: Obj) -> None:
        """Be told of a new version of the pod."""
        self.obj = pod
        if "deletionTimestamp" in pod["metadata"] and not self._over:
            self._over = True
            if self._timer:
                self._timer.cancel()
            asyncio.get_running_loop().call_soon(self._host.api.finalize_pod, self.namespace, self.name, self.uid)

    def deleted(self) -> None:
        """Be told that the pod has gone."""
        if self._timer:
            self._timer.cancel()

    def _end(self) -> None:
        code = int((self.obj["metadata"].get("annotations") or {}).get(EXIT_ANNOTATION, 0))
        for slot in self.slots:
            if slot.run and slot.run.running:
                self._finish(slot.run, code if slot.kind == "main" else 0)
        self._write(sandbox=False, ended=True)

    def _now(self) -> str:
        return time.micro_text(self._host.api.now())

    def _finish(self, run: Run, code: int) -> None:
        run.exit_code, run.reason, run.finished = code, "Error" if code else "Completed", self._now()

    def _write(self, *, sandbox: bool, ended: bool = False) -> None:
        api = self._host.api
        current = api.find("pods", self.namespace, self.name)
        if current is None or current["metadata"]["uid"] != self.uid:
            return
        address = self._host.addresses.of(self.uid, (current.get("status") or {}).get("podIP", ""))
        built = status.build(current, self.slots, now=time.text(api.now()), sandbox=sandbox, ip=address, ended=ended)
        self.obj = api.update_status({**current, "status": built}, manager="kubelet")
