"""What the nodes have: whether a pod fits any of them at all, and what is free. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.k8s import dig, podsize, quantity
from arena_core.typed import Any

#: How the embedded cluster labels its nodes.
LOCAL_NODE = "arena.local/node"

_SIZES = ("cpu", "memory")


def wanted(pod: Any) -> dict[str, int]:
    """Return what a pod asks for (billionths), of cpu, memory and extended resources; nothing where that cannot be read."""
    try:
        found = podsize.requests(dig.mapping(pod, "spec"))
    except (ValueError, TypeError, AttributeError):
        return {}
    return {name: amount for name, amount in found.items() if amount > 0 and (name in _SIZES or "/" in name)}


def allocatable(node: Any) -> dict[str, int]:
    """Return what pods may use of a node (billionths)."""
    found: dict[str, int] = {}
    for name, amount in dig.mapping(node, "status", "allocatable").items():
        if quantity.is_quantity(amount):
            found[name] = quantity.parse(amount)
    return found


def never_fits(pod: Any, nodes: Sequence[Any]) -> str:
    """Say what a pod asks for that no node has even when it is empty, or nothing."""
    sizes = [allocatable(node) for node in nodes]
    for name, amount in wanted(pod).items() if sizes else ():
        most = max(size.get(name, 0) for size in sizes)
        if amount > most:
            have = f"no node has more than {_text(most, name)}" if most else "no node has any"
            return f"asks for {_text(amount, name)} {name}, {have}"
    return ""


def larger(nodes: Sequence[Any], never: str) -> str:
    """Say what helps where a pod fits on no empty node; the embedded cluster's nodes are this machine, or what it pretends to have.

    >>> larger([{"metadata": {"labels": {"arena.local/node": "true"}}}], "asks for 1 nvidia.com/gpu, no node has any")
    'ask for less per instance, or let the local cluster pretend to have more: `arena local up --gpus N`'
    """
    if not nodes or any(dig.labels(node).get(LOCAL_NODE) != "true" for node in nodes):
        return "ask for less per instance, or add a larger node"
    name = next((word.rstrip(",") for word in never.split() if "/" in word), "")
    if not name:
        return "ask for less per instance: the local cluster has what this machine has"
    flag = "--gpus N" if name == "nvidia.com/gpu" else f"--resource {name}=N"
    return f"ask for less per instance, or let the local cluster pretend to have more: `arena local up {flag}`"


def together(pods: Sequence[Any]) -> dict[str, int]:
    """Return what pods ask for together (billionths)."""
    total: dict[str, int] = {}
    for pod in pods:
        podsize.add(total, wanted(pod))
    return total


def too_much(asked: Mapping[str, int], nodes: Sequence[Any]) -> str:
    """Say what is asked for that all nodes together do not have: ``12 nvidia.com/gpu, the nodes have 8``; or nothing."""
    have = [allocatable(node) for node in nodes]
    for name, amount in asked.items():
        total = sum(size.get(name, 0) for size in have)
        if amount > total:
            return f"{_text(amount, name)} {name}, the nodes have {_text(total, name)}"
    return ""


def free(nodes: Sequence[Any], pods: Sequence[Any], names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (free on all nodes together, free on the one with most) of each resource, in billionths."""
    taken: dict[str, dict[str, int]] = {}
    for pod in pods:
        if dig.text(pod, "status", "phase") not in ("Succeeded", "Failed") and (node := dig.text(pod, "spec", "nodeName")):
            podsize.add(taken.setdefault(node, {}), wanted(pod))
    left = {dig.text(n, "metadata", "name"): allocatable(n) for n in nodes}
    found: dict[str, tuple[int, int]] = {}
    for name in names:
        amounts = [max(0, size.get(name, 0) - taken.get(node, {}).get(name, 0)) for node, size in left.items()]
        found[name] = (sum(amounts), max(amounts, default=0))
    return found


def free_text(nodes: Sequence[Any], pods: Sequence[Any], asked: Mapping[str, int]) -> str:
    """Say how much is free of what a pod asks for: ``free now: 2 of 8 nvidia.com/gpu (at most 2 on one node)``."""
    names = [n for n in asked if "/" in n] or list(asked)
    totals = {n: sum(allocatable(node).get(n, 0) for node in nodes) for n in names}
    rows = []
    for name, (together, most) in free(nodes, pods, names).items():
        one = f" (at most {_text(most, name)} on one node)" if len(nodes) > 1 else ""
        rows.append(f"{_text(together, name)} of {_text(totals[name], name)} {name}{one}")
    return "free now: " + ", ".join(rows) if rows else ""


def _text(amount: int, name: str) -> str:
    """Return an amount as people write it: ``4096`` devices, ``16Gi`` of memory, ``500m`` of a CPU."""
    if "/" in name and amount % quantity.ONE == 0:
        return str(amount // quantity.ONE)
    return quantity.text(amount, "binary" if name == "memory" else "decimal")
