"""The machine on which the pods of all nodes run: what their workers share, and what it says of the pods' common goods."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arena_core.k8s import quantity
from arena_local.context import Context, Options
from arena_local.kubelet import node
from arena_local.kubelet.devices import GPU, Devices, Short, count_gpus, real_gpus
from arena_local.kubelet.isolation import Isolation
from arena_local.kubelet.kept import Kept
from arena_local.kubelet.model import Pod
from arena_local.kubelet.names import Addresses, Names
from arena_local.kubelet.network import Network
from arena_local.kubelet.ports import Place, Ports
from arena_local.kubelet.runtime import Runtime
from arena_local.sdk.bundle import Obj


class Host:
    """Nodes, devices, addresses, ports, names, kept logs, and the pods that have processes here (by uid).

    ``isolation`` is known when the kubelet has started. ``freed`` is called when devices have become free.
    """

    isolation: Isolation

    def __init__(self, ctx: Context, freed: Callable[[], None]) -> None:
        self.api = ctx.api
        self.state = ctx.state_dir
        self.access = ctx.access
        self.ip = "127.0.0.1"
        self.options = ctx.options
        self.pods: dict[str, Pod] = {}
        self._gpus = count_gpus()
        self._measure()
        self.devices = Devices(*self._device_sizes(), freed)
        self.addresses = Addresses(Network(str(self.state)))
        self.ports = Ports()
        self.names = Names(self.api, self.addresses)
        self.runtime = Runtime(self.state / "shim.log", self.api.clock)
        self.kept = Kept(self.api, self.state / "kept", quantity.whole(quantity.parse(ctx.options.keep_logs)))

    def _measure(self) -> None:
        self.nodes = node.node_names(self.options.nodes)
        self.sizes = node.capacity(self.options.resources, self._gpus // len(self.nodes))

    def apply(self, options: Options) -> None:
        """Take over changed options."""
        self.options = options
        self._measure()
        self.devices_changed()
        self.kept.limit = quantity.whole(quantity.parse(options.keep_logs))

    def devices_changed(self) -> None:
        """Count the devices of the nodes anew."""
        self.devices.resize(*self._device_sizes())

    def _device_sizes(self) -> tuple[dict[str, dict[str, int]], int]:
        sizes = node.whole(self.sizes)
        counts = {name: {**node.advertised(self.api.find("nodes", "", name)), **sizes} for name in self.nodes}
        return counts, real_gpus(self._gpus, sizes.get(GPU, 0), len(self.nodes))

    def register(self) -> None:
        """Make the node objects, or bring them up to date."""
        node.register(self.api, self.nodes, self.sizes, self.addresses.network.cidr)

    def facts(self, pod: Obj, address: str) -> dict[str, str]:
        """Return what the downward API tells besides the pod's own object."""
        sizes = {f"node.{k}": v for k, v in self.sizes.items()}
        return sizes | {"podIP": address, "hostIP": self.ip, "node": pod["spec"].get("nodeName", "")}

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
        names = [f"{pod.namespace}/{pod.name}" for uid in short.holders if (pod := self.pods.get(uid))]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"{text}; in use by {', '.join(names[:3])}{more}" if names else text

    def who_listens(self, port: int, asking: Pod) -> str:
        """Return the sentence for a port that is taken: by a pod that declares it, too, or by something else."""
        for pod in self.pods.values():
            for slot in pod.slots if pod is not asking else ():
                if slot.running and any(p.get("containerPort") == port for p in slot.spec.get("ports") or ()):
                    return f"port {port} is in use by pod {pod.namespace}/{pod.name}: pods share this machine's network"
        return f"port {port} is in use on this machine by a process that is no pod"

    def local_port(self, pod: Obj, port: int) -> int:
        """Return the port of this machine behind a port of the pod."""
        found = self.pods.get(pod["metadata"]["uid"])
        for slot in found.slots if found else ():
            for _, host, wanted, local in (slot.run.spec.get("ports") or ()) if slot.run else ():
                if wanted == port and host.partition(".")[0] == pod["metadata"]["name"]:
                    return int(local)
        return port
