"""The kubelet of every node of the local cluster: one worker per pod, names, ports, devices, heartbeat."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any

from arena_local.context import Context, Options
from arena_local.kubelet import boards, node, records, simulate
from arena_local.kubelet.backend import Backend
from arena_local.kubelet.host import Host
from arena_local.kubelet.hostsfiles import HostsFiles
from arena_local.kubelet.isolation import probe_early
from arena_local.kubelet.model import Slot
from arena_local.kubelet.names import is_ready, pods_behind
from arena_local.kubelet.ports import Place
from arena_local.kubelet.runtime import sweep_all
from arena_local.kubelet.services import Services
from arena_local.kubelet.simulate import Simulated
from arena_local.kubelet.worker import Worker
from arena_local.sdk.bundle import Obj

log = logging.getLogger(__name__)


class Kubelet:
    """Implements ``context.Component``; ``ctx.pods`` is set when it is made."""

    def __init__(self, ctx: Context) -> None:
        self.api = ctx.api
        self.state = ctx.state_dir
        self.host = Host(ctx, self._devices_freed)
        self.workers: dict[str, Worker] = {}
        self._simulated: dict[str, Simulated] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self._stopping = False
        backend = ctx.pods = Backend(self.host)
        self.services = Services(self.api, lambda service: pods_behind(self.api, service), backend.connect)
        self.hosts_files = HostsFiles(self.api, self.host.names, self._readers, self._listen)

    # -- life ---------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Register the nodes, adopt what runs, begin to work."""
        for folder in ("pods", "claims", "root", "bin"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        tool = self.state / "bin" / "nslookup"
        shutil.copyfile(Path(__file__).parent / "bin" / "nslookup", tool)
        tool.chmod(0o755)
        self.host.runtime.start()
        self.host.isolation = await asyncio.wrap_future(probe_early(self.host.options.names))
        log.info("isolation: %s", self.host.isolation)
        self.host.register()
        self._drop_strays()
        self.host.kept.load()
        pods = [p for p in self.api.list("pods") if p["spec"].get("nodeName") in self.host.nodes]
        for pod in pods:
            if (pod.get("status") or {}).get("podIP") and not _final(pod):
                self.host.addresses.of(pod["metadata"]["uid"], pod["status"]["podIP"])
        for pod in pods:
            self._adopt(pod)
        self._clean({p["metadata"]["uid"] for p in self.api.list("pods")})
        self._unsubscribe = self.api.subscribe(self._heard)
        self.api.clock.busy.append(self._woken)
        self._spawn(self._heartbeat())
        self.hosts_files.changed()

    async def stop(self) -> None:
        """End the work; the pods' processes stay."""
        self._stopping = True
        self.hosts_files.stop()
        if self._unsubscribe:
            self._unsubscribe()
            self.api.clock.busy.remove(self._woken)
        tasks = [*self._tasks.values(), *self._others]
        for worker in self.workers.values():
            for slot in worker.slots:
                worker.running.stop_probes(slot) if slot.running else None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.services.stop()
        self.host.runtime.stop()
        self.host.addresses.network.release()

    async def end_all(self, grace: float = 3.0) -> None:
        """End every process of every pod, also escaped ones; their ends are found when the cluster is started again."""
        for task in list(self._tasks.values()):
            task.cancel()
        workers = list(self.workers.values())
        for worker in workers:
            worker.ending.hurry = True
            if any(slot.running for slot in worker.slots) and not worker.deleting:
                with contextlib.suppress(OSError):
                    (worker.folder / records.SHUT_DOWN_FILE).touch()
        await asyncio.gather(*(w.end(min(w.grace, grace), finish=True) for w in workers), return_exceptions=True)
        await asyncio.to_thread(sweep_all, [w.uid for w in workers])

    def apply(self, options: Options) -> None:
        """Take over changed options: nodes, resources, simulation."""
        self.host.apply(options)
        self.host.register()
        self._drop_strays()

    def _devices_freed(self) -> None:
        for worker in self.workers.values():
            if not worker.sandbox:
                worker.wake()

    def _drop_strays(self) -> None:
        """Remove pods of nodes that are no more, as the pod garbage collector does."""
        for pod in self.api.list("pods"):
            if pod["spec"].get("nodeName") and pod["spec"]["nodeName"] not in self.host.nodes:
                meta = pod["metadata"]
                self.api.delete("pods", meta["namespace"], meta["name"], uid=meta["uid"], grace=0, manager="pod-garbage-collector")

    @property
    def busy(self) -> bool:
        """Whether some pod runs."""
        return any(s.running for w in self.workers.values() for s in w.slots)

    def _woken(self) -> bool:
        """Whether some pod is to be looked at, and was not yet."""
        return any(worker.woken for worker in self.workers.values())

    # -- pods ---------------------------------------------------------------------------------------------------------------------

    def _heard(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if kind == "DELETED" and resource not in ("pods", "events"):
            self.host.kept.owner_gone(old or obj)
            self._spawn(asyncio.to_thread(boards.forget, self.state / "arena_logs", obj)) if boards.has_logs(obj) else None
        if resource == "pods":
            self._pod(kind, obj)
            if kind == "DELETED" or _address(obj) != _address(old):
                self.hosts_files.changed()
        elif resource == "services":
            self.hosts_files.changed()
        elif resource == "nodes" and node.advertised(obj) != node.advertised(old):
            self.host.devices_changed()

    def _pod(self, kind: str, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        if pod["spec"].get("nodeName") not in self.host.nodes and uid not in self.workers:
            return
        worker = self.workers.get(uid) or self._simulated.get(uid)
        if kind == "DELETED":
            if worker:
                worker.deleted()
            if uid in self._simulated:
                del self._simulated[uid]
                self.host.addresses.release(uid)
            elif worker is None:
                self._spawn(asyncio.to_thread(self.host.kept.keep, self.state / "pods" / uid))
            elif uid not in self._tasks:
                self._run(self.workers[uid])
        elif worker:
            worker.changed(pod)
            if uid in self.workers and uid not in self._tasks and "deletionTimestamp" in pod["metadata"]:
                self._run(self.workers[uid])
        elif not self._stopping:
            asyncio.get_running_loop().call_soon(self._add, pod)

    def _add(self, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        current = self.api.find("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
        if uid in self.workers or uid in self._simulated or current is None or current["metadata"]["uid"] != uid:
            return
        seconds = simulate.duration_of(current, self.host.options.simulate)
        if seconds is not None:
            self._simulated[uid] = simulated = Simulated(self.host, current, seconds)
            simulated.start()
        else:
            self._run(self._take(current))

    def _take(self, pod: Obj) -> Worker:
        """Make the worker of a pod that becomes processes."""
        worker = Worker(self.host, pod)
        self.workers[worker.uid] = self.host.pods[worker.uid] = worker
        return worker

    def _run(self, worker: Worker) -> None:
        task = asyncio.get_running_loop().create_task(self._work(worker))
        self._tasks[worker.uid] = task

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.run()
        finally:
            self._tasks.pop(worker.uid, None)
        if worker.gone or self.api.find("pods", worker.namespace, worker.name) is None:
            self.workers.pop(worker.uid, None)
            self.host.pods.pop(worker.uid, None)
            await worker.remove()

    def _adopt(self, pod: Obj) -> None:
        """Take over a pod of an earlier daemon: containers that run go on, those that ended meanwhile are reported."""
        final = _final(pod)
        if simulate.duration_of(pod, self.host.options.simulate) is not None or (final and "deletionTimestamp" not in pod["metadata"]):
            if not final:
                self._add(pod)
            return
        worker = self._take(pod)
        mark = worker.folder / records.SHUT_DOWN_FILE
        worker.shut_down = mark.exists()
        for slot in worker.slots:
            self._adopt_slot(worker, slot)
        mark.unlink(missing_ok=True)
        self._run(worker)

    def _adopt_slot(self, worker: Worker, slot: Slot) -> None:
        found = records.remembered(worker.uid, slot, worker.folder)
        if not found:
            return
        slot.run, slot.last = found[-1], found[-2] if len(found) > 1 else None
        if slot.last:
            self.host.runtime.adopt(slot.last, worker.wake)
        spec = slot.run.spec
        held = spec.get("podDevices") or spec.get("devices") or {}
        self.host.devices.restore(worker.obj["spec"]["nodeName"], worker.uid, held)
        for namespace, host, port, local in spec.get("ports") or ():
            self.host.ports.restore(worker.uid, Place(namespace, host, port), local)
        if self.host.runtime.adopt(slot.run, worker.wake):
            worker.running.watch(slot)
            slot.started = slot.started or _was_started(worker.obj, slot.name)
        elif worker.shut_down and slot.run.failed and not slot.run.message:
            slot.run.message = records.SHUT_DOWN

    def _clean(self, known: set[str]) -> None:
        """Remove what pods left that were deleted while nobody worked."""
        strays = [folder for folder in (self.state / "pods").iterdir() if folder.name not in known]
        sweep_all([folder.name for folder in strays])
        for folder in strays:
            self.host.kept.keep(folder)

    # -- names and facts ----------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._spawn(self.services.refresh())

    def _readers(self) -> Iterable[Worker]:
        return (worker for worker in self.workers.values() if worker.sandbox)

    async def _heartbeat(self) -> None:
        while True:
            await self.api.clock.sleep(node.HEARTBEAT, once=True)
            with contextlib.suppress(Exception):
                node.heartbeat(self.api, self.host.nodes)
                self.host.kept.clean()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)


def _final(pod: Obj) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _address(pod: Obj | None) -> tuple[str, bool, bool]:
    """Return what of a pod counts for names."""
    if pod is None:
        return "", False, False
    return (pod.get("status") or {}).get("podIP", ""), is_ready(pod), _final(pod)


def _was_started(pod: Obj, name: str) -> bool:
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return any(s["name"] == name and s.get("started") for s in every)
