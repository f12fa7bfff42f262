"""The kubelet of every node of the local cluster: one worker per pod, names, ports, devices, heartbeat."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from arena_core.k8s import quantity
from arena_local.context import Context, Options
from arena_local.kubelet import boards, node, records, simulate
from arena_local.kubelet.backend import Backend
from arena_local.kubelet.devices import GPU, Devices, Short, count_gpus, real_gpus
from arena_local.kubelet.isolation import probe_early
from arena_local.kubelet.kept import Kept
from arena_local.kubelet.launch import Machine
from arena_local.kubelet.model import Slot
from arena_local.kubelet.names import Addresses, Names, hosts_text, is_ready, pods_behind, write_in_place
from arena_local.kubelet.network import Network
from arena_local.kubelet.ports import Place, Ports
from arena_local.kubelet.runtime import Runtime, sweep_all
from arena_local.kubelet.services import Services
from arena_local.kubelet.simulate import Simulated
from arena_local.kubelet.worker import Worker
from arena_local.sdk.bundle import Obj
from arena_local.sdk.clock import Timer

log = logging.getLogger(__name__)

#: Changes of names are gathered for this long before hosts files are written.
SETTLE = 0.02


class Kubelet:
    """Implements ``context.Component``; ``ctx.pods`` is set when it is made."""

    def __init__(self, ctx: Context) -> None:
        self.api = ctx.api
        self.state = ctx.state_dir
        self.host_ip = "127.0.0.1"
        self._options = ctx.options
        self._access = ctx.access
        self.nodes = node.node_names(ctx.options.nodes)
        self._gpus = count_gpus()
        self.sizes = node.capacity(ctx.options.resources, self._gpus // len(self.nodes))
        self.devices = Devices(*self._device_sizes(), self._devices_freed)
        self.addresses = Addresses(Network(str(self.state)))
        self.ports = Ports()
        self.names = Names(self.api, self.addresses)
        self.runtime = Runtime(self.state / "shim.log", self.api.clock)
        self.kept = Kept(self.api, self.state / "kept", quantity.whole(quantity.parse(ctx.options.keep_logs)))
        self.workers: dict[str, Worker] = {}
        self._simulated: dict[str, Simulated] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self._settle: Timer | None = None
        self._stopping = False
        self.machine: Machine
        backend = ctx.pods = Backend(self)
        self.services = Services(self.api, lambda service: pods_behind(self.api, service), backend.connect)

    # -- life ---------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Register the nodes, adopt what runs, begin to work."""
        for folder in ("pods", "claims", "root", "bin"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        tool = self.state / "bin" / "nslookup"
        shutil.copyfile(Path(__file__).parent / "bin" / "nslookup", tool)
        tool.chmod(0o755)
        self.runtime.start()
        isolation = await asyncio.wrap_future(probe_early(self._options.names))
        log.info("isolation: %s", isolation)
        self.machine = Machine(self.api, self.state, isolation, self.names, self.ports, self.devices, self._access)
        node.register(self.api, self.nodes, self.sizes, self.addresses.network.cidr)
        self._drop_strays()
        self.kept.load()
        pods = [p for p in self.api.list("pods") if p["spec"].get("nodeName") in self.nodes]
        for pod in pods:
            if (pod.get("status") or {}).get("podIP") and not _final(pod):
                self.addresses.of(pod["metadata"]["uid"], pod["status"]["podIP"])
        for pod in pods:
            self._adopt(pod)
        self._clean({p["metadata"]["uid"] for p in self.api.list("pods")})
        self._unsubscribe = self.api.subscribe(self._heard)
        self.api.clock.busy.append(self._woken)
        self._spawn(self._heartbeat())
        self._names_changed()

    async def stop(self) -> None:
        """End the work; the pods' processes stay."""
        self._stopping = True
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
        self.runtime.stop()
        self.addresses.network.release()

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
        await asyncio.gather(*(w.ending.end(min(w.grace, grace), finish=True) for w in workers), return_exceptions=True)
        await asyncio.to_thread(sweep_all, [w.uid for w in workers])

    def apply(self, options: Options) -> None:
        """Take over changed options: nodes, resources, simulation."""
        self._options = options
        self.nodes = node.node_names(options.nodes)
        self.sizes = node.capacity(options.resources, self._gpus // len(self.nodes))
        self.devices.resize(*self._device_sizes())
        self.kept.limit = quantity.whole(quantity.parse(options.keep_logs))
        node.register(self.api, self.nodes, self.sizes, self.addresses.network.cidr)
        self._drop_strays()

    def _device_sizes(self) -> tuple[dict[str, dict[str, int]], int]:
        sizes = node.whole(self.sizes)
        counts = {name: {**node.advertised(self.api.find("nodes", "", name)), **sizes} for name in self.nodes}
        return counts, real_gpus(self._gpus, sizes.get(GPU, 0), len(self.nodes))

    def _devices_freed(self) -> None:
        for worker in self.workers.values():
            if not worker.sandbox:
                worker.wake()

    def _drop_strays(self) -> None:
        """Remove pods of nodes that are no more, as the pod garbage collector does."""
        for pod in self.api.list("pods"):
            if pod["spec"].get("nodeName") and pod["spec"]["nodeName"] not in self.nodes:
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
            self.kept.owner_gone(old or obj)
            self._spawn(asyncio.to_thread(boards.forget, self.state / "arena_logs", obj)) if boards.has_logs(obj) else None
        if resource == "pods":
            self._pod(kind, obj)
            if kind == "DELETED" or _address(obj) != _address(old):
                self._names_changed()
        elif resource == "services":
            self._names_changed()
        elif resource == "nodes" and node.advertised(obj) != node.advertised(old):
            self.devices.resize(*self._device_sizes())

    def _pod(self, kind: str, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        if pod["spec"].get("nodeName") not in self.nodes and uid not in self.workers:
            return
        worker = self.workers.get(uid) or self._simulated.get(uid)
        if kind == "DELETED":
            if worker:
                worker.deleted()
            if uid in self._simulated:
                del self._simulated[uid]
                self.addresses.release(uid)
            elif worker is None:
                self._spawn(asyncio.to_thread(self.kept.keep, self.state / "pods" / uid))
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
        seconds = simulate.duration_of(current, self._options.simulate)
        if seconds is not None:
            self._simulated[uid] = simulated = Simulated(self, current, seconds)
            simulated.start()
        else:
            self.workers[uid] = worker = Worker(self, current)
            self._run(worker)

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
            await worker.remove()

    def _adopt(self, pod: Obj) -> None:
        """Take over a pod of an earlier daemon: containers that run go on, those that ended meanwhile are reported."""
        uid = pod["metadata"]["uid"]
        if simulate.duration_of(pod, self._options.simulate) is not None or (_final(pod) and "deletionTimestamp" not in pod["metadata"]):
            if not _final(pod):
                self._add(pod)
            return
        worker = self.workers[uid] = Worker(self, pod)
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
            self.runtime.adopt(slot.last, worker.wake)
        spec = slot.run.spec
        held = spec.get("podDevices") or spec.get("devices") or {}
        self.devices.restore(worker.pod["spec"]["nodeName"], worker.uid, held)
        for namespace, host, port, local in spec.get("ports") or ():
            self.ports.restore(worker.uid, Place(namespace, host, port), local)
        if self.runtime.adopt(slot.run, worker.wake):
            worker.running.watch(slot)
            slot.started = slot.started or _was_started(worker.pod, slot.name)
        elif worker.shut_down and slot.run.failed and not slot.run.message:
            slot.run.message = records.SHUT_DOWN

    def _clean(self, known: set[str]) -> None:
        """Remove what pods left that were deleted while nobody worked."""
        strays = [folder for folder in (self.state / "pods").iterdir() if folder.name not in known]
        sweep_all([folder.name for folder in strays])
        for folder in strays:
            self.kept.keep(folder)

    def simulates(self, pod: Obj) -> bool:
        """Whether the pod only pretends to run."""
        return simulate.duration_of(pod, self._options.simulate) is not None

    # -- names and facts ----------------------------------------------------------------------------------------------------------

    def facts(self, pod: Obj, address: str) -> dict[str, str]:
        """Return what the downward API tells besides the pod's own object."""
        sizes = {f"node.{k}": v for k, v in self.sizes.items()}
        return sizes | {"podIP": address, "hostIP": self.host_ip, "node": pod["spec"].get("nodeName", "")}

    def hosts_text(self, pod: Obj, address: str) -> str:
        """Return the hosts file of a pod as it is now."""
        return hosts_text(self.names.table(pod["metadata"]["namespace"]), pod, address)

    def _names_changed(self) -> None:
        if self._settle is None and not self._stopping:
            # It looks at all Services: where there are thousands, as many are made at a time.
            pause = SETTLE + min(1.0, len(self.api.list("services")) / 5000)
            self._settle = self.api.clock.call_later(pause, self._refresh)

    def _refresh(self) -> None:
        self._settle = None
        self._spawn(self.services.refresh())
        tables: dict[str, Mapping[str, list[str]]] = {}
        for worker in self.workers.values():
            if not worker.sandbox:
                continue
            if worker.namespace not in tables:
                tables[worker.namespace] = self.names.table(worker.namespace)
            with contextlib.suppress(OSError):
                write_in_place(worker.folder / "hosts", hosts_text(tables[worker.namespace], worker.pod, worker.address))

    def tell_ports(self, pod: Obj, replaced: Mapping[Place, int]) -> None:
        """Say on the node which meeting points were moved; the pod's own record stays as on any cluster."""
        found = self.api.find("nodes", "", pod["spec"].get("nodeName", ""))
        for place, local in replaced.items():
            if found:
                where = f"{place.namespace}/{pod['metadata']['name']}"
                text = f"pod {where}: port {place.port} of {place.host} is taken on this machine; its job uses {local} instead"
                self.api.event(found, "Normal", "PortReplaced", text, component="arena-local")

    def short_of(self, short: Short) -> str:
        """Return the sentence for devices that a pod has to wait for, with who has them."""
        text = f"waiting for devices: needs {short.wanted} {short.resource}, {short.free} of {short.total} on the node are free"
        names = [f"{w.namespace}/{w.name}" for uid in short.holders if (w := self.workers.get(uid))]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"{text}; in use by {', '.join(names[:3])}{more}" if names else text

    def who_listens(self, port: int, asking: Worker) -> str:
        """Return the sentence for a port that is taken: by a pod that declares it, too, or by something else."""
        for worker in self.workers.values():
            for slot in worker.slots if worker is not asking else ():
                if slot.running and any(p.get("containerPort") == port for p in slot.spec.get("ports") or ()):
                    return f"port {port} is in use by pod {worker.namespace}/{worker.name}: pods share this machine's network"
        return f"port {port} is in use on this machine by a process that is no pod"

    def local_port(self, pod: Obj, port: int) -> int:
        """Return the port of this machine behind a port of the pod."""
        worker = self.workers.get(pod["metadata"]["uid"])
        for slot in worker.slots if worker else ():
            for _, host, wanted, local in (slot.run.spec.get("ports") or ()) if slot.run else ():
                if wanted == port and host.partition(".")[0] == pod["metadata"]["name"]:
                    return int(local)
        return port

    async def _heartbeat(self) -> None:
        while True:
            await self.api.clock.sleep(node.HEARTBEAT, once=True)
            with contextlib.suppress(Exception):
                node.heartbeat(self.api, self.nodes)
                self.kept.clean()

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
