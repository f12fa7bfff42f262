"""Where pods go, why not, gangs and preemption."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.k8s import quantity
from arena_local.scheduler import fit, gang, preempt
from arena_local.testing import LocalCluster, make_pod


def node(name: str = "node-1", labels: dict[str, str] | None = None, taints: list[Any] | None = None, **sizes: str) -> dict[str, Any]:
    capacity = {"cpu": "2", "memory": "4Gi", "pods": "110", **{k.replace("gpu", "nvidia.com/gpu"): v for k, v in sizes.items()}}
    meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    return {"metadata": meta, "spec": {"taints": taints or []}, "status": {"allocatable": capacity}}


def pod(name: str = "p", on: str = "", priority: int = 0, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    requests = spec.pop("requests", {})
    body = {"containers": [{"name": "c", "resources": {"requests": requests}}], "priority": priority, **spec}
    if on:
        body["nodeName"] = on
    return {"metadata": {"name": name, "namespace": "ns", "uid": name, "labels": labels or {}}, "spec": body, "status": {}}


def message(wanted: dict[str, Any], nodes: list[Any], others: list[Any] | None = None) -> str:
    infos = fit.snapshot(nodes, others or [])
    found, reasons = fit.choose(wanted, infos)
    return "" if found else fit.unschedulable_message(wanted, infos, reasons)


NOT_HELPFUL = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
NO_VICTIMS = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."


@pytest.mark.parametrize(
    ("wanted", "nodes", "others", "expected"),
    [
        (pod(requests={"cpu": "1"}), [node()], [], ""),
        (pod(requests={"cpu": "999"}), [node()], [], f"0/1 nodes are available: 1 Insufficient cpu. {NOT_HELPFUL}"),
        (
            pod(requests={"nvidia.com/gpu": "9"}),
            [node(gpu="8")],
            [],
            f"0/1 nodes are available: 1 Insufficient nvidia.com/gpu. {NOT_HELPFUL}",
        ),
        (
            pod(requests={"cpu": "2"}),
            [node()],
            [pod("o", "node-1", requests={"cpu": "1"})],
            f"0/1 nodes are available: 1 Insufficient cpu. {NO_VICTIMS}",
        ),
        (
            pod(nodeSelector={"no": "such"}),
            [node()],
            [],
            f"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. {NOT_HELPFUL}",
        ),
        (
            pod(),
            [node(taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])],
            [],
            f"0/1 nodes are available: 1 node(s) had untolerated taint(s). {NOT_HELPFUL}",
        ),
        (pod(tolerations=[{"key": "k", "operator": "Exists"}]), [node(taints=[{"key": "k", "effect": "NoSchedule"}])], [], ""),
    ],
)
def test_why_a_pod_waits(wanted: Any, nodes: list[Any], others: list[Any], expected: str) -> None:
    assert message(wanted, nodes, others) == expected


def test_reasons_of_several_nodes_are_counted() -> None:
    nodes = [node("node-1"), node("node-2"), node("node-3", taints=[{"key": "k", "effect": "NoSchedule"}])]
    text = message(pod(requests={"cpu": "9"}), nodes)
    assert text.startswith("0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.")


def test_a_pod_takes_its_biggest_init_container_or_all_its_containers() -> None:
    def sized(cpu: str, **more: Any) -> dict[str, Any]:
        return {"name": cpu, "resources": {"requests": {"cpu": cpu}}, **more}

    wanted = {
        "spec": {"containers": [sized("100m"), sized("200m")], "initContainers": [sized("250m"), sized("50m", restartPolicy="Always")]}
    }
    assert fit.requests(wanted)["cpu"] == quantity.parse("350m")
    wanted["spec"]["initContainers"][0] = sized("1")
    assert fit.requests(wanted)["cpu"] == quantity.ONE


def test_the_emptier_node_is_chosen() -> None:
    infos = fit.snapshot([node("node-1"), node("node-2")], [pod("o", "node-1", requests={"cpu": "1"})])
    found, _ = fit.choose(pod(requests={"cpu": "1"}), infos)
    assert found is not None
    assert found.name == "node-2"


def test_pod_affinity_and_anti_affinity() -> None:
    term = {"labelSelector": {"matchLabels": {"app": "a"}}, "topologyKey": "kubernetes.io/hostname"}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    there = [pod("o", "node-1", labels={"app": "a"})]
    apart = pod(affinity={"podAntiAffinity": {required: [term]}})
    together = pod(affinity={"podAffinity": {required: [term]}})
    two = [node("node-1"), node("node-2")]
    assert fit.choose(apart, fit.snapshot(two, there))[0].name == "node-2"  # type: ignore[union-attr]
    assert fit.choose(together, fit.snapshot(two, there))[0].name == "node-1"  # type: ignore[union-attr]
    assert "1 node(s) didn't match pod anti-affinity rules" in message(apart, two[:1], there)
    assert "1 node(s) didn't match pod affinity rules" in message(together, two[:1], [])
    loner = pod("l", "node-1", labels={"app": "b"}, affinity={"podAntiAffinity": {required: [term]}})
    plain = pod(labels={"app": "a"})
    assert "1 node(s) didn't satisfy existing pods anti-affinity rules" in message(plain, two[:1], [loner])
    both = pod(labels={"app": "a"}, affinity={"podAntiAffinity": {required: [term]}})
    assert "1 node(s) didn't match pod anti-affinity rules" in message(both, two[:1], [*there, loner])


def test_a_gang_is_placed_whole_or_not_at_all() -> None:
    members = [pod(f"m{i}", requests={"cpu": "800m"}) for i in range(3)]
    infos = fit.snapshot([node()], [])
    placed, failed, reasons = gang.place(members, 3, infos)
    assert placed == []
    assert failed is members[2]
    assert reasons == {"node-1": ["Insufficient cpu"]}
    assert [n for _, n in gang.place(members, 2, infos)[0]] == ["node-1", "node-1"]
    assert infos[0].used == {}, "trying must not change the node"


def test_victims_are_few_and_unimportant() -> None:
    others = [pod("low", "node-1", 1, requests={"cpu": "1"}), pod("mid", "node-1", 5, requests={"cpu": "1"})]
    infos = fit.snapshot([node()], others)
    found = preempt.victims_on(pod("high", priority=10, requests={"cpu": "1"}), infos[0], infos)
    assert found is not None
    assert [v["metadata"]["name"] for v in found] == ["low"]
    assert preempt.victims_on(pod("equal", priority=1, requests={"cpu": "1"}), infos[0], infos) is None


GROUP = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "podgroups.scheduling.x-k8s.io",
        "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/scheduler-plugins/pull/50"},
    },
    "spec": {
        "group": "scheduling.x-k8s.io",
        "names": {"kind": "PodGroup", "listKind": "PodGroupList", "plural": "podgroups", "singular": "podgroup"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


def scheduled(cluster: LocalCluster, ns: str, name: str) -> bool:
    return bool(cluster.pod(ns, name)["spec"].get("nodeName"))


def test_a_gang_waits_for_room_and_then_starts_together(local_cluster: LocalCluster) -> None:
    ns = local_cluster.namespace()
    if local_cluster.request("GET", "/apis/scheduling.x-k8s.io/v1alpha1/podgroups")[0] == 404:
        local_cluster.create(GROUP)
        local_cluster.until(lambda: local_cluster.request("GET", "/apis/scheduling.x-k8s.io/v1alpha1/podgroups")[0] == 200)
    group = {"apiVersion": "scheduling.x-k8s.io/v1alpha1", "kind": "PodGroup", "metadata": {"name": "g", "namespace": ns}}
    local_cluster.create({**group, "spec": {"minMember": 2}})

    def gpus(name: str, count: int, labels: dict[str, str] | None = None) -> None:
        made = make_pod(ns, name, "sleep 30", container={"resources": {"limits": {"nvidia.com/gpu": str(count)}}})
        made["metadata"]["labels"] = labels or {}
        local_cluster.create(made)

    member = {"scheduling.x-k8s.io/pod-group": "g"}
    gpus("blocker", 4)
    local_cluster.until(lambda: scheduled(local_cluster, ns, "blocker"))
    gpus("g-0", 3, member)

    def told() -> Any:
        return [c for c in local_cluster.pod(ns, "g-0")["status"].get("conditions") or () if c.get("reason") == "Unschedulable"]

    assert "cannot find enough sibling pods" in local_cluster.until(told)[0]["message"]
    gpus("g-1", 3, member)
    local_cluster.until(lambda: "Insufficient nvidia.com/gpu" in told()[0]["message"])
    assert not scheduled(local_cluster, ns, "g-0")
    local_cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/blocker?gracePeriodSeconds=0")
    local_cluster.until(lambda: scheduled(local_cluster, ns, "g-0") and scheduled(local_cluster, ns, "g-1"))
    for name in ("g-0", "g-1"):
        local_cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/{name}?gracePeriodSeconds=0")


def test_a_pod_of_a_scheduler_that_does_not_exist_is_left_alone(local_cluster: LocalCluster) -> None:
    """Nobody writes a condition, as on a real cluster (N14): `arena why` says that no scheduler has looked at it."""
    ns = local_cluster.namespace()
    local_cluster.create(make_pod(ns, "p", "true", schedulerName="nobody"))
    local_cluster.create(make_pod(ns, "later", "true"))
    local_cluster.until(lambda: scheduled(local_cluster, ns, "later"))
    pod = local_cluster.pod(ns, "p")
    assert not pod["status"].get("conditions") and not pod["spec"].get("nodeName") and pod["status"]["phase"] == "Pending"


def test_a_higher_priority_makes_room(local_cluster: LocalCluster) -> None:
    ns = local_cluster.namespace()
    name = f"high-{ns}"
    local_cluster.create({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 1000})
    limits = {"resources": {"limits": {"nvidia.com/gpu": "8"}}}
    local_cluster.create(make_pod(ns, "low", "sleep 30", container=limits))
    local_cluster.wait_phase(ns, "low", "Running")
    local_cluster.create(make_pod(ns, "high", "true", container=limits, priorityClassName=name))
    local_cluster.wait_phase(ns, "high", "Succeeded")
    assert local_cluster.pod(ns, "low") is None
    _, found = local_cluster.request("GET", f"/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name%3Dhigh")
    waited = [event["message"] for event in found["items"] if event["reason"] == "FailedScheduling"]
    assert waited == ["0/1 nodes are available: 1 Insufficient nvidia.com/gpu."]


def test_a_taint_drives_pods_away(local_cluster: LocalCluster) -> None:
    ns = local_cluster.namespace()
    stays = [{"key": "arena-test", "operator": "Exists"}]
    a_while = [{"key": "arena-test", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]
    local_cluster.create(make_pod(ns, "goes", "sleep 600"))
    local_cluster.create(make_pod(ns, "stays", "sleep 600", tolerations=stays))
    local_cluster.create(make_pod(ns, "stays-a-while", "sleep 600", tolerations=a_while))
    for name in ("goes", "stays", "stays-a-while"):
        local_cluster.wait_phase(ns, name, "Running")
    merge = "application/merge-patch+json"
    taint = {"spec": {"taints": [{"key": "arena-test", "effect": "NoExecute"}]}}
    assert local_cluster.request("PATCH", "/api/v1/nodes/node-1", taint, merge)[0] == 200
    try:
        local_cluster.until(lambda: local_cluster.pod(ns, "goes") is None)
        local_cluster.advance(290)
        assert "deletionTimestamp" not in local_cluster.pod(ns, "stays-a-while")["metadata"]
        local_cluster.advance(11)
        local_cluster.until(lambda: local_cluster.pod(ns, "stays-a-while") is None)
        assert local_cluster.pod(ns, "stays")["status"]["phase"] == "Running"
    finally:
        local_cluster.request("PATCH", "/api/v1/nodes/node-1", {"spec": {"taints": None}}, merge)
    local_cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/stays?gracePeriodSeconds=0")


def test_a_day_passes_from_wait_to_wait(local_cluster: LocalCluster) -> None:
    """Nobody wakes once a second for nothing: a day took 86,400 steps, of which a client lost patience."""
    code, answer = local_cluster.request("POST", "/arena/v1/clock?seconds=86400")
    assert code == 200
    assert answer["steps"] < 10_000, "some part of the cluster looks again and again though nothing changes"
