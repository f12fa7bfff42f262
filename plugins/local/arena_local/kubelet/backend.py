"""What the HTTP layer asks of the kubelet: logs, exec, attach, connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena_local.context import GpuUse, Session, Use
from arena_local.kubelet import logs, sessions, simulate
from arena_local.kubelet.host import Host
from arena_local.kubelet.model import Run, Slot, slots_of
from arena_local.kubelet.nvml import Nvml
from arena_local.kubelet.records import remembered
from arena_local.kubelet.usage import Usage
from arena_local.sdk.bundle import ApiError, Obj


class Backend:
    """Implements ``context.PodBackend``."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._usage = Usage(self._shims)
        self._nvml = Nvml()

    async def usage(self) -> Use:
        """Measure what the processes of the pods use, and what the GPUs do where they are real."""
        use = await self._usage.measure()
        if not self._host.devices.real_gpus:
            return use
        holders = self._host.devices.holders()
        found = await asyncio.to_thread(self._nvml.measure)
        return use._replace(gpus=tuple(GpuUse(g.number, g.uuid, holders.get(g.number, ""), g.duty, g.used, g.total) for g in found))

    def logs(self, pod: Obj, container: str, query: Mapping[str, Any]) -> AsyncIterator[bytes]:
        """Yield the log of one container; refusals are raised before anything is yielded."""
        slot = self._slot(pod, container)
        current, last = self._runs(pod, slot)
        name, pod_name = slot.name, pod["metadata"]["name"]
        if query.get("previous"):
            if last is None:
                raise _bad(f'previous terminated container "{name}" in pod "{pod_name}" not found')
            current = last
        if current is None:
            raise _bad(f'container "{name}" in pod "{pod_name}" is waiting to start: {_waiting(pod, name)}')
        run = current
        if not run.spec:
            return _nothing()
        return logs.stream(Path(run.spec["log"]), query, lambda: run.running and not query.get("previous"))

    def lines_gone(self, pod: Obj, container: str, query: Mapping[str, Any]) -> int:
        """Return how many lines of a log that is asked for as a whole were removed because it has grown too big."""
        if any(query.get(key) is not None for key in ("tailLines", "sinceSeconds", "sinceTime")):
            return 0
        current, last = self._runs(pod, self._slot(pod, container))
        run = last if query.get("previous") else current
        return logs.gone(Path(run.spec["log"])) if run and run.spec else 0

    def kept_logs(self, namespace: str, owner: str) -> Sequence[Obj]:
        """Return the logs of pods that are gone: of one owner (its uid), or all."""
        return list(self._host.kept.items(namespace, owner))

    def kept_log(
        self, namespace: str, uid: str, container: str, attempt: str, query: Mapping[str, Any] | None = None
    ) -> AsyncIterator[bytes] | None:
        """Yield one of them as it is asked for, or return None."""
        path = self._host.kept.path(namespace, uid, container, attempt)
        return logs.stream(path, query or {}, lambda: False) if path else None

    async def exec(self, pod: Obj, container: str, command: Sequence[str], *, stdin: bool, tty: bool) -> Session:
        """Start a process beside the container's."""
        run = self._running(pod, container)
        if not command:
            raise _bad("you must specify at least one command for the container")
        return sessions.ExecSession(self._host.runtime, run, command, stdin=stdin, tty=tty)

    async def attach(self, pod: Obj, container: str, *, stdin: bool, tty: bool) -> Session:
        """Join the container's own streams."""
        run = self._running(pod, container)
        lines = logs.stream(Path(run.spec["log"]), {"follow": True, "tailLines": 0}, lambda: run.running)
        return await sessions.attach(run, lines)

    async def connect(self, pod: Obj, port: int) -> tuple[Any, Any]:
        """Open a connection to a port of the pod."""
        address = (pod.get("status") or {}).get("podIP") or "127.0.0.1"
        local = self._host.local_port(pod, port)
        for host in (address, "127.0.0.1"):
            try:
                return await asyncio.open_connection(host, local)
            except OSError:
                continue
        name = pod["metadata"]["name"]
        raise ApiError(
            500, "InternalError", f"error forwarding port {port} to pod {name}: connect to {address}:{local}: connection refused"
        )

    def _shims(self) -> dict[int, tuple[str, str]]:
        slots = [(held.uid, slot) for held in list(self._host.pods.values()) for slot in held.slots]
        return {slot.run.shim: (uid, slot.name) for uid, slot in slots if slot.run and slot.run.running and slot.run.shim}

    def _slot(self, pod: Obj, container: str) -> Slot:
        held = self._host.pods.get(pod["metadata"]["uid"])
        slots = held.slots if held else slots_of(pod)
        for slot in slots:
            if slot.name == container:
                return slot
        raise _bad(f"container {container} is not valid for pod {pod['metadata']['name']}")

    def _runs(self, pod: Obj, slot: Slot) -> tuple[Run | None, Run | None]:
        if slot.run is not None:
            return slot.run, slot.last
        uid = pod["metadata"]["uid"]
        if uid in self._host.pods:
            return None, slot.last
        if simulate.duration_of(pod, self._host.options.simulate) is not None:
            return Run(0, "", exit_code=0), None  # nothing ran, nothing was written
        found = remembered(uid, slot, self._host.state / "pods" / uid)
        for run in found:
            run.exit_code = run.exit_code if run.exit_code is not None else 0
        return (found[-1] if found else None), (found[-2] if len(found) > 1 else None)

    def _running(self, pod: Obj, container: str) -> Run:
        slot = self._slot(pod, container)
        if slot.run is None or not slot.run.running or not slot.run.pid:
            phase = (pod.get("status") or {}).get("phase")
            if phase in ("Succeeded", "Failed"):
                raise _bad(f"cannot exec into a container in a completed pod; current phase is {phase}")
            where = f"{pod['metadata']['name']}_{pod['metadata']['namespace']}"
            raise ApiError(
                500,
                "InternalError",
                f'Internal error occurred: unable to upgrade connection: container not found ("{container}") in pod {where}',
            )
        return slot.run


def _bad(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def _waiting(pod: Obj, name: str) -> str:
    status = pod.get("status") or {}
    for one in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        if one["name"] == name and "waiting" in one["state"]:
            return str(one["state"]["waiting"].get("reason", "ContainerCreating"))
    return "ContainerCreating"


async def _nothing() -> AsyncIterator[bytes]:
    yield b""
