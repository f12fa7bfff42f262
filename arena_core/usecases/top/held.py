"""Who holds what of which node, kept while pods, nodes and jobs change: of a change only the nodes that it concerns are counted anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.podstatus import status_text
from arena_core.usecases.ownership import owner_of, uid_of
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.measures import Used
from arena_core.usecases.top.nodes import Holder, Node, holder_of, node_of, unread_node
from arena_core.usecases.top.sizes import is_over
from arena_core.usecases.views import Job


class NodeMeasures:
    """What was measured of nodes and GPUs; by node where that is known, else by the pod that has the GPU."""

    def __init__(self, used: Mapping[str, Used] | None = None, gpus: Sequence[Gpu] = (), notes: Sequence[str] = ()) -> None:
        self.measured = used is not None
        self.used = used or {}
        self.gpus = gpus
        self.notes = tuple(notes)


class Held:
    """The nodes with the pods that hold something of them. ``readable`` is false where the nodes themselves cannot be read."""

    def __init__(self, *, readable: bool = True) -> None:
        self.readable = readable
        self._manifests: dict[str, Manifest] = {}
        self._where: dict[str, str] = {}
        self._on: dict[str, dict[str, Holder]] = {}
        self._owners: dict[str, str] = {}
        self._nodes: dict[str, Node] = {}
        self._dirty: set[str] = set()
        self._measures = NodeMeasures()
        self._gpus: dict[str, list[Gpu]] = {}

    def pod(self, pod: Manifest, *, gone: bool = False) -> None:
        """Take over a pod that is new, has changed or has gone."""
        uid = uid_of(pod)
        if (before := self._where.pop(uid, None)) is not None:
            del self._on[before][uid]
            self._dirty.add(before)
        if gone:
            self._owners.pop(uid, None)
        if gone or is_over(pod):
            return
        node = dig.text(pod, "spec", "nodeName")
        self._where[uid] = node
        self._on.setdefault(node, {})[uid] = holder_of(pod, self._owners.get(uid) or _owner(pod), status_text(pod))
        self._dirty.add(node)

    def node(self, node: Manifest, *, gone: bool = False) -> None:
        """Take over a node that is new, has changed or has gone."""
        name = dig.text(node, "metadata", "name")
        if gone:
            self._manifests.pop(name, None)
        else:
            self._manifests[name] = node
        self._dirty.add(name)

    def jobs(self, jobs: Iterable[Job]) -> None:
        """Note whose pods are whose: a pod names its nearest owner, which need not be the job."""
        for job in jobs:
            owner = f"{job.job_type}/{job.name}"
            for uid in map(uid_of, job.pods):
                if self._owners.get(uid) == owner:
                    continue
                self._owners[uid] = owner
                if (node := self._where.get(uid)) is not None:
                    self._on[node][uid] = self._on[node][uid]._replace(owner=owner)
                    self._dirty.add(node)

    @property
    def measured(self) -> bool:
        """Whether somebody measures what is used of the nodes."""
        return self._measures.measured

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what is not measured."""
        return self._measures.notes

    def has_devices(self) -> bool:
        """Whether there are accelerators at all, so that somebody may measure them."""
        return any(node.devices for node in self.nodes()) or any(h.accelerators for held in self._on.values() for h in held.values())

    def waiting(self) -> tuple[Holder, ...]:
        """Return the pods that no node has taken."""
        return tuple(_sorted(self._on.get("", {})))

    def measure(self, measures: NodeMeasures) -> None:
        """Take over what was measured; the same once more changes nothing."""
        if measures is not self._measures:
            self._measures = measures
            self._dirty.update(self._nodes)

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes in the order of their names."""
        if self._dirty:
            self._gpus = self._by_node()
        for name in self._dirty:
            if (node := self._counted(name)) is None:
                self._nodes.pop(name, None)
            else:
                self._nodes[name] = node
        self._dirty.clear()
        return tuple(self._nodes[name] for name in sorted(self._nodes))

    def _counted(self, name: str) -> Node | None:
        holders = _sorted(self._on.get(name, {}))
        used, gpus = self._measures.used.get(name), self._gpus.get(name, ())
        if name in self._manifests:
            return node_of(self._manifests[name], holders, used, gpus)
        return None if self.readable or not name or not holders else unread_node(name, holders, used, gpus)

    def _by_node(self) -> dict[str, list[Gpu]]:
        if not self._measures.gpus:
            return {}
        by_pod = {(h.namespace, h.name): node for node, held in self._on.items() for h in held.values()}
        addresses = {_address(node): name for name, node in self._manifests.items()}
        found: dict[str, list[Gpu]] = {}
        for gpu in self._measures.gpus:
            where = by_pod.get((gpu.namespace, gpu.pod)) or addresses.get(gpu.node, gpu.node)
            found.setdefault(where, []).append(gpu)
        return found


def _sorted(held: Mapping[str, Holder]) -> list[Holder]:
    return sorted(held.values(), key=lambda holder: (holder.namespace, holder.name))


def _owner(pod: Manifest) -> str:
    """Return the nearest owner of a pod that belongs to no job: ``deployment``'s ``replicaset/web-5d8``, or nothing."""
    owner = owner_of(pod)
    return f"{dig.text(owner, 'kind').lower()}/{dig.text(owner, 'name')}" if owner else ""


def _address(node: Manifest) -> str:
    return next((str(a.get("address", "")) for a in dig.items(node, "status", "addresses") if a.get("type") == "InternalIP"), "")
