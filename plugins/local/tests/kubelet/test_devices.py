"""C1: a device belongs to one running pod at most, and a pod starts with all of its devices or waits and says so."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from arena_core.k8s import quantity
from arena_local.context import Options
from arena_local.daemon import control
from arena_local.kubelet.devices import GPU, Devices, container_devices, pod_devices, real_gpus
from arena_local.scheduler import fit
from arena_local.testing import LocalCluster, make_pod

NPU = "huawei.com/Ascend910"
NODES = ("node-1", "node-2")


def pod_of(uid: str, mains: list[int], inits: list[tuple[int, bool]], resource: str = GPU) -> dict[str, Any]:
    def container(name: str, count: int, sidecar: bool = False) -> dict[str, Any]:
        made = {"name": name, "resources": {"limits": {resource: str(count)}}} if count else {"name": name}
        return made | ({"restartPolicy": "Always"} if sidecar else {})

    spec = {
        "containers": [container(f"m{i}", count) for i, count in enumerate(mains)],
        "initContainers": [container(f"i{i}", count, sidecar) for i, (count, sidecar) in enumerate(inits)],
    }
    return {"metadata": {"uid": uid, "name": uid, "namespace": "default"}, "spec": spec}


class Machine(RuleBasedStateMachine):
    """Pods come, start, end, are deleted with and without patience; daemon and sizes change: what really runs is kept beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes, self.real, self.found = {GPU: 4, NPU: 2}, 0, 0
        self.devices = Devices(self.capacity(), 0)
        self.bound: dict[str, tuple[str, dict[str, Any]]] = {}
        #: What processes really use: uid → node, resource → indices. It outlives the daemon.
        self.running: dict[str, tuple[str, dict[str, list[int]]]] = {}
        self.count = 0

    def capacity(self) -> dict[str, dict[str, int]]:
        return {key: dict(self.sizes) for key in NODES}

    @rule(
        node=st.sampled_from(NODES),
        resource=st.sampled_from([GPU, NPU]),
        mains=st.lists(st.integers(0, 4), min_size=1, max_size=3),
        inits=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=3),
    )
    def create(self, node: str, resource: str, mains: list[int], inits: list[tuple[int, bool]]) -> None:
        self.count += 1
        self.bound[f"p{self.count}"] = (node, pod_of(f"p{self.count}", mains, inits, resource))

    @precondition(lambda self: self.bound)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        uid = data.draw(st.sampled_from(sorted(self.bound)))
        node, pod = self.bound[uid]
        before = self.devices.held(node, uid)
        short = self.devices.take(node, uid, pod)
        if short is not None:
            assert self.devices.held(node, uid) == before, "what is not enough is not taken"
            assert uid not in self.running
            return
        held = self.devices.held(node, uid)
        assert {name: len(indices) for name, indices in held.items()} == pod_devices(pod)
        self.running[uid] = (node, held)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        """The processes are gone (by themselves, deleted, or with their shim); only then the kubelet releases."""
        uid = data.draw(st.sampled_from(sorted(self.running)))
        del self.running[uid], self.bound[uid]
        self.devices.release(uid)

    @rule()
    def daemon_restarts(self) -> None:
        self.devices = Devices(self.capacity(), self.real)
        for uid, (node, held) in self.running.items():
            self.devices.restore(node, uid, held)

    @rule(gpus=st.integers(0, 6), npus=st.integers(0, 3))
    def up_with_other_numbers(self, gpus: int, npus: int) -> None:
        self.sizes = {GPU: gpus, NPU: npus}
        self.devices.resize(self.capacity(), self.real)

    @invariant()
    def nothing_is_shared_or_lost(self) -> None:
        seen: set[tuple[str, str, int]] = set()
        for uid, (node, held) in self.running.items():
            assert self.devices.held(node, uid) == held
            for name, indices in held.items():
                mine = {(node, name, index) for index in indices}
                assert not mine & seen
                seen |= mine

    @invariant()
    def containers_of_a_pod_share_nothing_that_they_use_at_once(self) -> None:
        for uid, (_, held) in self.running.items():
            pod = self.bound[uid][1]
            sidecars = [c["name"] for c in pod["spec"]["initContainers"] if c.get("restartPolicy")]
            used: list[int] = []
            for name in [*sidecars, *(c["name"] for c in pod["spec"]["containers"])]:
                used += [i for indices in container_devices(pod, name, held).values() for i in indices]
            assert len(used) == len(set(used))
            for container in pod["spec"]["initContainers"]:
                asked = (container.get("resources") or {}).get("limits") or {}
                assert {n: len(v) for n, v in container_devices(pod, container["name"], held).items()} == {
                    n: int(v) for n, v in asked.items()
                }


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
test_sequences = Machine.TestCase


def test_the_scheduler_and_the_kubelet_count_alike() -> None:
    for mains, inits in (([1, 2], [(4, False)]), ([1], [(2, True), (3, False)]), ([0], [(0, True)])):
        pod = pod_of("p", mains, inits)
        assert pod_devices(pod).get(GPU, 0) == quantity.whole(fit.requests(pod).get(GPU, 0))


def test_the_gpus_of_the_machine_are_the_same_ones_on_every_node() -> None:
    devices = Devices({"node-1": {GPU: 2}, "node-2": {GPU: 2}}, real_gpus(4, 2, 2))
    for number, node in enumerate(("node-1", "node-2")):
        assert devices.take(node, f"p{number}", pod_of(f"p{number}", [2], [])) is None
    assert sorted(devices.held("node-1", "p0")[GPU] + devices.held("node-2", "p1")[GPU]) == [0, 1, 2, 3]
    assert real_gpus(4, 8, 1) == 0, "more than there are: pretended"


# -- with real processes ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Any:
    with LocalCluster.start(Options(resources={GPU: "8"})) as found:
        yield found


def gpus(count: int) -> dict[str, Any]:
    return {"resources": {"limits": {GPU: str(count)}}}


def seen(cluster: LocalCluster, ns: str, name: str) -> list[str]:
    cluster.wait_phase(ns, name, "Succeeded", timeout=40)
    return sorted(cluster.logs(ns, name).split()[0].split(","))


EIGHT = [str(i) for i in range(8)]


def test_the_next_pod_gets_all_devices_of_one_that_was_deleted(cluster: LocalCluster) -> None:
    ns = cluster.namespace()
    for name in ("a", "b"):
        cluster.create(make_pod(ns, name, "sleep 600", container=gpus(4)))
    for name in ("a", "b"):
        cluster.wait_phase(ns, name, "Running")
    for name in ("a", "b"):
        cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/{name}")
    cluster.create(make_pod(ns, "next", "echo $CUDA_VISIBLE_DEVICES", container=gpus(8)))
    assert seen(cluster, ns, "next") == EIGHT


def test_an_extended_resource_that_was_added_to_the_node_counts(cluster: LocalCluster) -> None:
    """Kubernetes' way to advertise extended resources: a patch of the node's status."""
    ns = cluster.namespace()
    patch = {"status": {field: {"example.com/dongle": "1"} for field in ("capacity", "allocatable")}}
    assert cluster.request("PATCH", "/api/v1/nodes/node-1/status", patch, "application/merge-patch+json")[0] == 200
    one = {"resources": {"limits": {"example.com/dongle": "1"}}}
    cluster.create(make_pod(ns, "first", "sleep 600", container=one))
    cluster.wait_phase(ns, "first", "Running")
    cluster.create(make_pod(ns, "second", "true", container=one))
    cluster.until(lambda: "example.com/dongle" in str(cluster.pod(ns, "second").get("status")))
    cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/first")
    cluster.wait_phase(ns, "second", "Succeeded")


def test_a_pod_deleted_by_force_keeps_its_devices_until_its_processes_are_gone(cluster: LocalCluster) -> None:
    """The API forgets the pod at once, the kubelet does not: the next one waits for its devices and says so."""
    ns = cluster.namespace()
    cluster.create(
        make_pod(ns, "old", "trap '' TERM; echo up; while :; do sleep 0.2; done", container=gpus(8), terminationGracePeriodSeconds=30)
    )
    cluster.wait_phase(ns, "old", "Running")
    cluster.until(lambda: cluster.logs(ns, "old"))
    cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/old?gracePeriodSeconds=0")
    cluster.create(make_pod(ns, "next", "echo $CUDA_VISIBLE_DEVICES", container=gpus(8)))
    assert seen(cluster, ns, "next") == EIGHT
    _, events = cluster.request("GET", f"/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name=next,reason=DevicesInUse")
    assert [e["message"].partition(";")[0] for e in events["items"]] == [
        "waiting for devices: needs 8 nvidia.com/gpu, 0 of 8 on the node are free"
    ]


def test_devices_outlive_a_crash_of_daemon_and_shim_and_other_numbers(tmp_path: Path) -> None:
    with LocalCluster.start(Options(resources={GPU: "8"}), folder=tmp_path / "local") as cluster:
        cluster.create(make_pod("default", "old", "sleep 600", container=gpus(6)))
        old = cluster.wait_phase("default", "old", "Running")
        cluster.kill()
        again = cluster.restart()
        again.create(make_pod("default", "two", "echo $CUDA_VISIBLE_DEVICES; sleep 600", container=gpus(2)))
        again.wait_phase("default", "two", "Running")
        assert again.until(lambda: again.logs("default", "two")).strip() == "6,7"
        again.state.save_options(Options(resources={GPU: "4"}))
        control.reload(again.state)
        again.create(make_pod("default", "four", "echo $CUDA_VISIBLE_DEVICES", container=gpus(4)))
        again.until(lambda: again.pod("default", "four")["status"].get("conditions"))
        state = again.state.folder / "pods" / old["metadata"]["uid"] / "c" / "0.state.json"
        os.kill(json.loads(state.read_text())["shim"], signal.SIGKILL)
        again.request("DELETE", "/api/v1/namespaces/default/pods/two")
        assert seen(again, "default", "four") == EIGHT[:4]
