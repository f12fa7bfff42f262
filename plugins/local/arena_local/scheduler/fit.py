"""Whether and where a pod fits, and why not, in kube-scheduler's words; pure. Volcano's controller uses it, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from arena_core.k8s import podsize, quantity
from arena_core.k8s.podsize import Amounts
from arena_local.scheduler import affinity
from arena_local.sdk.bundle import Obj

#: Node → why it was refused.
Reasons = dict[str, list[str]]

NOT_SELECTED = "node(s) didn't match Pod's node affinity/selector"
UNSCHEDULABLE = "node(s) were unschedulable"
WRONG_NAME = "node(s) didn't match the requested node name"
TAINTED = "node(s) had untolerated taint(s)"
NO_PORTS = "node(s) didn't have free ports for the requested pod ports"
NO_AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
OTHERS_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"
#: Reasons that go away when other pods do.
_RESOLVABLE = ("Insufficient ", "Too many pods", NO_PORTS, ANTI_AFFINITY, OTHERS_ANTI_AFFINITY)


@dataclass
class NodeInfo:
    """A node with what its pods take."""

    node: Obj
    allocatable: Amounts
    used: Amounts = field(default_factory=dict)
    pods: dict[str, Obj] = field(default_factory=dict)
    #: Those of the pods that keep others away (required anti-affinity): few, and looked at for every pod that is placed.
    loners: dict[str, Obj] = field(default_factory=dict)
    #: How empty the node is, once it has been asked for.
    room: float | None = None

    @property
    def name(self) -> str:
        """The node's name."""
        return str(self.node["metadata"]["name"])

    def add(self, pod: Obj) -> None:
        """Count a pod in."""
        uid = pod["metadata"]["uid"]
        if uid in self.pods:
            self.remove(uid)
        self.pods[uid], self.room = pod, None
        if affinity.pod_terms(pod, "podAntiAffinity"):
            self.loners[uid] = pod
        podsize.add(self.used, requests(pod))

    def remove(self, uid: str) -> None:
        """Count a pod out."""
        self.loners.pop(uid, None)
        self.room = None
        pod = self.pods.pop(uid, None)
        if pod:
            podsize.add(self.used, requests(pod), -1)

    def free(self, name: str) -> int:
        """Return how much of a resource is left."""
        return self.allocatable.get(name, 0) - self.used.get(name, 0)

    def copy(self) -> NodeInfo:
        """Return a copy to try things on."""
        return NodeInfo(self.node, self.allocatable, dict(self.used), dict(self.pods), dict(self.loners))


def node_info(node: Obj) -> NodeInfo:
    """Return the info of an empty node."""
    status = node.get("status") or {}
    return NodeInfo(node, podsize.read(status.get("allocatable") or status.get("capacity")))


def snapshot(nodes: Iterable[Obj], pods: Iterable[Obj]) -> list[NodeInfo]:
    """Return the nodes with the pods that are bound to them and have not ended."""
    infos = {node["metadata"]["name"]: node_info(node) for node in nodes}
    for pod in pods:
        if (info := infos.get(pod["spec"].get("nodeName", ""))) and not finished(pod):
            info.add(pod)
    return list(infos.values())


def finished(pod: Obj) -> bool:
    """Whether the pod has ended and takes nothing."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def requests(pod: Obj) -> Amounts:
    """Return what a pod takes of a node."""
    return podsize.requests(pod["spec"])


def why_not(
    pod: Obj,
    info: NodeInfo,
    everywhere: Sequence[NodeInfo] = (),
    asked: Amounts | None = None,
    wary: Sequence[NodeInfo] | None = None,
) -> list[str]:
    """Return why the pod cannot go to the node: the reasons of the first filter that refuses, empty when it fits.

    ``asked`` is what the pod takes, ``wary`` the nodes with pods that keep others away, where somebody has counted them already.
    """
    node, spec = info.node, pod["spec"]
    if node.get("spec", {}).get("unschedulable") and not affinity.tolerates(
        spec.get("tolerations") or (), {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    ):
        return [UNSCHEDULABLE]
    if spec.get("nodeName") and spec["nodeName"] != info.name:
        return [WRONG_NAME]
    if affinity.untolerated(pod, node):
        return [TAINTED]
    if not affinity.matches_node(pod, node):
        return [NOT_SELECTED]
    if _ports_taken(pod, info):
        return [NO_PORTS]
    if short := _short(requests(pod) if asked is None else asked, info):
        return short
    return _affinity(pod, info, everywhere or [info], wary)


def _short(asked: Amounts, info: NodeInfo) -> list[str]:
    reasons = ["Too many pods"] if (len(info.pods) + 1) * quantity.ONE > info.allocatable.get("pods", 110 * quantity.ONE) else []
    return reasons + [f"Insufficient {name}" for name, amount in asked.items() if amount > 0 and amount > info.free(name)]


def _host_ports(pod: Obj) -> set[tuple[str, int]]:
    ports = (p for c in pod["spec"].get("containers") or () for p in c.get("ports") or ())
    return {(p.get("protocol", "TCP"), p["hostPort"]) for p in ports if p.get("hostPort")}


def _ports_taken(pod: Obj, info: NodeInfo) -> bool:
    wanted = _host_ports(pod)
    return bool(wanted) and any(wanted & _host_ports(other) for other in info.pods.values())


def _affinity(pod: Obj, info: NodeInfo, everywhere: Sequence[NodeInfo], wary: Sequence[NodeInfo] | None) -> list[str]:
    labels = info.node["metadata"].get("labels") or {}
    for term in affinity.pod_terms(pod, "podAffinity"):
        found = [(o, p) for o in everywhere for p in o.pods.values() if affinity.term_covers(term, pod, p)]
        if not found and affinity.term_covers(term, pod, pod) and term.get("topologyKey") in labels:
            continue  # the first of a group that wants to be together
        if not any(_same_domain(term, labels, o) for o, _ in found):
            return [NO_AFFINITY]
    for term in affinity.pod_terms(pod, "podAntiAffinity"):
        if any(_same_domain(term, labels, o) and affinity.term_covers(term, pod, p) for o in everywhere for p in o.pods.values()):
            return [ANTI_AFFINITY]
    for other_info in everywhere if wary is None else wary:
        for other in other_info.loners.values():
            for term in affinity.pod_terms(other, "podAntiAffinity"):
                if _same_domain(term, labels, other_info) and affinity.term_covers(term, other, pod):
                    return [OTHERS_ANTI_AFFINITY]
    return []


def _same_domain(term: Obj, labels: Mapping[str, str], other: NodeInfo) -> bool:
    key = term.get("topologyKey", "")
    value = labels.get(key)
    return value is not None and (other.node["metadata"].get("labels") or {}).get(key) == value


def choose(pod: Obj, infos: Sequence[NodeInfo]) -> tuple[NodeInfo | None, Reasons]:
    """Return the best node that fits, or None with the reasons of every node."""
    reasons: Reasons = {}
    fitting = []
    asked, wary = requests(pod), [info for info in infos if info.loners]
    for info in infos:
        if why := why_not(pod, info, infos, asked, wary):
            reasons[info.name] = why
        else:
            fitting.append(info)
    if not fitting:
        return None, reasons
    return max(fitting, key=lambda i: (affinity.preference(pod, i.node), _room(i), [-ord(c) for c in i.name])), reasons


def _room(info: NodeInfo) -> float:
    """Return how empty a node is (0 to 1), as LeastAllocated scores it."""
    if info.room is None:
        shares = [info.free(name) / size for name in ("cpu", "memory") if (size := info.allocatable.get(name))]
        info.room = sum(shares) / len(shares) if shares else 0.0
    return info.room


def unschedulable_message(pod: Obj, infos: Sequence[NodeInfo], reasons: Mapping[str, Sequence[str]], *, making_room: bool = False) -> str:
    """Return the text of the condition and the event for a pod that fits nowhere (yet, where others go for it)."""
    counted = Counter(reason for why in reasons.values() for reason in why)
    texts = sorted(f"{count} {reason}" for reason, count in counted.items())
    total = len(infos)
    head = f"0/{total} nodes are available: {', '.join(texts)}." if texts else f"0/{total} nodes are available."
    if not infos:
        return "no nodes available to schedule pods"
    if making_room:
        return head
    if pod["spec"].get("preemptionPolicy") == "Never":
        return f"{head} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
    helpful = sum(1 for info in infos if resolvable(pod, info, reasons.get(info.name, ())))
    parts = [f"{total - helpful} Preemption is not helpful for scheduling"] if total > helpful else []
    parts += [f"{helpful} No preemption victims found for incoming pod"] if helpful else []
    return f"{head} no new claims to deallocate, preemption: 0/{total} nodes are available: {', '.join(sorted(parts))}."


def resolvable(pod: Obj, info: NodeInfo, why: Sequence[str]) -> bool:
    """Whether the pod would fit on the node if others went away."""
    if not why or not all(reason.startswith(_RESOLVABLE) for reason in why):
        return False
    return all(amount <= info.allocatable.get(name, 0) for name, amount in requests(pod).items() if amount > 0)
