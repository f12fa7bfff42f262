"""Whether a pod fits any node at all, and what is free (W2, N13)."""

from __future__ import annotations

from typing import Any

from arena_core.usecases import room


def node(name: str, **amounts: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"allocatable": {k.replace("gpu", "nvidia.com/gpu"): v for k, v in amounts.items()}}}


def pod(node: str = "", phase: str = "Running", **amounts: str) -> dict[str, Any]:
    limits = {k.replace("gpu", "nvidia.com/gpu"): v for k, v in amounts.items()}
    return {"spec": {"nodeName": node, "containers": [{"resources": {"limits": limits}}]}, "status": {"phase": phase}}


NODES = [node("a", cpu="4", memory="8Gi", gpu="8"), node("b", cpu="16", memory="4Gi")]


def test_more_than_any_node_has() -> None:
    assert room.never_fits(pod(gpu="8"), NODES) == ""
    assert room.never_fits(pod(gpu="4096"), NODES) == "asks for 4096 nvidia.com/gpu, no node has more than 8"
    assert room.never_fits(pod(memory="16Gi"), NODES) == "asks for 16Gi memory, no node has more than 8Gi"
    assert room.never_fits(pod(cpu="17500m"), NODES) == "asks for 17500m cpu, no node has more than 16"
    assert room.never_fits(pod(gpu="1"), NODES[1:]) == "asks for 1 nvidia.com/gpu, no node has any"
    assert room.never_fits(pod(gpu="99"), []) == "", "nothing is said where no node was seen"


def test_gangs_must_fit_together() -> None:
    asked = room.together([pod(gpu="4")] * 3)
    assert room.too_much(asked, NODES) == "12 nvidia.com/gpu, the nodes have 8"
    assert room.too_much(room.together([pod(gpu="4")] * 2), NODES) == ""


def test_what_is_free() -> None:
    running = [pod("a", gpu="6"), pod("a", "Succeeded", gpu="2"), pod("", "Pending", gpu="9")]
    assert room.free_text(NODES[:1], running, room.wanted(pod(gpu="4"))) == "free now: 2 of 8 nvidia.com/gpu"
    assert "(at most 2 on one node)" in room.free_text(NODES, running, room.wanted(pod(gpu="4")))


def test_f19_the_local_clusters_nodes_are_made_larger_with_a_flag():
    node = {"metadata": {"labels": {"arena.local/node": "true"}}}
    assert "`arena local up --gpus N`" in room.larger([node], "asks for 1 nvidia.com/gpu, no node has any")
    assert "`arena local up --resource amd.com/gpu=N`" in room.larger([node], "asks for 8 amd.com/gpu, no node has more than 4")
    assert "this machine" in room.larger([node], "asks for 64 cpu, no node has more than 2")
    assert room.larger([node, {}], "asks for 1 nvidia.com/gpu, no node has any") == "ask for less per instance, or add a larger node"
