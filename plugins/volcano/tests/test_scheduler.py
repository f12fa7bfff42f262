"""Gangs: all or nothing, queues with a cap, and the words in which the scheduler says why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from volcano_simulated import GROUPS, Cluster, create, never, run, task, vcjob

from arena_local.sdk.bundle import ApiError
from arena_local.server import subresources
from arena_volcano.localcluster import amounts
from arena_volcano.localcluster.scheduler import report
from arena_volcano.localcluster.scheduler.session import Scheduler, Throttle

GPU = "nvidia.com/gpu"


def group(cluster: Cluster) -> dict[str, Any]:
    found = cluster.api.list(GROUPS)
    return found[0] if found else {}


def phase(cluster: Cluster) -> str:
    return str((group(cluster).get("status") or {}).get("phase", ""))


@pytest.mark.parametrize(
    ("each", "text"),
    [
        ("3", "queue resource quota insufficient: insufficient nvidia.com/gpu"),  # 9 of 8, below 1.2 x 8
        ("4", "resource in cluster is overused: overused nvidia.com/gpu"),  # 12 of 8
    ],
)
def test_a_gang_that_never_fits_makes_no_pods(each: str, text: str) -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("w", 3, {GPU: each}))
        await cluster.until(lambda: ("Normal", "Unschedulable", text) in cluster.events("PodGroup"))
        assert phase(cluster) == "Pending"
        assert not cluster.api.list("pods") and "conditions" not in group(cluster)["status"]

    run(test, never)


def test_min_resources_name_everything_that_counts() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("w", 2, {GPU: "500", "cpu": "10m", "memory": "64Mi"}))
        await cluster.until(lambda: group(cluster))
        assert group(cluster)["spec"]["minResources"] == {
            "count/pods": "2",
            "pods": "2",
            "cpu": "20m",
            "requests.cpu": "20m",
            "limits.cpu": "20m",
            "memory": "128Mi",
            "requests.memory": "128Mi",
            "limits.memory": "128Mi",
            GPU: "1k",
            f"requests.{GPU}": "1k",
        }

    run(test, never)


def test_one_that_cannot_be_placed_holds_the_others() -> None:
    async def test(cluster: Cluster) -> None:
        cpu = {"cpu": "10m"}
        create(cluster, task("bad", 1, cpu, {"nodeSelector": {"no": "such"}}), task("ok", 1, cpu))
        await cluster.until(lambda: (group(cluster).get("status") or {}).get("conditions"))
        condition = group(cluster)["status"]["conditions"][0]
        assert (condition["type"], condition["reason"]) == ("Unschedulable", "NotEnoughResources")
        assert (
            "Origin reason is j-bad-0: 0/1 nodes are unavailable: 1 node(s) didn't match Pod's node affinity/selector."
            in condition["message"]
        )
        assert not [p for p in cluster.api.list("pods") if p["spec"].get("nodeName")]
        await cluster.until(lambda: {e[1] for e in cluster.events("Pod")} == {"FailedScheduling"})
        await cluster.until(lambda: any(reason == "PodGroupPending" for _, reason, _ in cluster.events("Job")))

    run(test, never)


def test_the_second_waits_for_the_first() -> None:
    finish: set[str] = set()

    async def test(cluster: Cluster) -> None:
        cluster.api.create(vcjob(task("w", 2, {GPU: "4"}), name="first"), manager="t")
        await cluster.until(lambda: cluster.phase("first") == "Running")
        cluster.api.create(vcjob(task("w", 2, {GPU: "4"}), name="second"), manager="t")
        await cluster.api.clock.advance(0.2)
        assert cluster.phase("second") == "Pending"
        assert not [p for p in cluster.api.list("pods") if p["metadata"]["name"].startswith("second")]
        finish.add("first")
        await cluster.until(lambda: cluster.phase("second") == "Running")

    run(test, lambda pod: 0 if pod["metadata"]["name"].split("-")[0] in finish else None)


def test_a_queue_has_a_cap() -> None:
    async def test(cluster: Cluster) -> None:
        spec = {"capability": {"cpu": "50m"}}
        queue = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "Queue", "metadata": {"name": "small"}, "spec": spec}
        cluster.api.create(queue, manager="t")
        create(cluster, task("w", 1, {"cpu": "80m"}), queue="small")
        text = "queue resource quota insufficient: insufficient cpu"
        await cluster.until(lambda: ("Normal", "Unschedulable", text) in cluster.events("PodGroup"))

    run(test, never)


def test_more_than_the_least_start_when_there_is_room() -> None:
    done: set[str] = set()

    async def test(cluster: Cluster) -> None:
        create(cluster, task("w", 3, {GPU: "4"}), minAvailable=2)
        await cluster.until(lambda: cluster.phase() == "Running")
        await cluster.api.clock.advance(0.1)
        placed = [p["metadata"]["name"] for p in cluster.api.list("pods") if p["spec"].get("nodeName")]
        assert len(placed) == 2
        done.add(placed[0])
        await cluster.until(lambda: len([p for p in cluster.api.list("pods") if p["spec"].get("nodeName")]) == 3)

    run(test, lambda pod: 0 if pod["metadata"]["name"] in done else None)


def test_a_pod_that_another_scheduler_has_bound_counts_for_its_gang() -> None:
    async def test(cluster: Cluster) -> None:
        create(cluster, task("mine"), task("theirs", pod={"schedulerName": "default-scheduler"}))
        await cluster.until(lambda: len(cluster.api.list("pods")) == 2)
        await cluster.api.clock.advance(0.1)
        assert not any(pod["spec"].get("nodeName") for pod in cluster.api.list("pods"))
        subresources.bind(cluster.api, "default", "j-theirs-0", {"target": {"name": "node-1"}})
        await cluster.until(lambda: cluster.phase() == "Running")
        await cluster.until(lambda: phase(cluster) == "Running")

    run(test, never)


def test_high_priority_goes_first() -> None:
    async def test(cluster: Cluster) -> None:
        head = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
        cluster.api.create({**head, "metadata": {"name": "high"}, "value": 1000}, manager="t")
        await cluster.until(lambda: not cluster.api.list(GROUPS))
        cluster.api.create(vcjob(task("w", 1, {GPU: "8"}), name="block"), manager="t")
        await cluster.until(lambda: cluster.phase("block") == "Running")
        cluster.api.create(vcjob(task("w", 1, {GPU: "8"}), name="low"), manager="t")
        cluster.api.create(vcjob(task("w", 1, {GPU: "8"}), name="top", priorityClassName="high"), manager="t")
        await cluster.api.clock.advance(0.15)
        cluster.api.delete("jobs.batch.volcano.sh", "default", "block")
        await cluster.until(lambda: cluster.phase("top") == "Running")
        assert cluster.phase("low") == "Pending"

    run(test, never)


def test_a_bare_pod_gets_a_pod_group() -> None:
    async def test(cluster: Cluster) -> None:
        spec = {"schedulerName": "volcano", "containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}
        cluster.api.create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": spec}, manager="t"
        )
        await cluster.until(lambda: cluster.api.get("pods", "default", "p")["status"]["phase"] == "Succeeded")
        uid = cluster.api.get("pods", "default", "p")["metadata"]["uid"]
        assert group(cluster)["metadata"]["name"] == f"podgroup-{uid}"
        await cluster.until(lambda: phase(cluster) == "Completed")

    run(test)


def test_what_a_pod_asks_for_keeps_the_form_in_which_it_was_written_first() -> None:
    def container(**requests: str) -> dict[str, Any]:
        return {"resources": {"requests": requests}}

    spec = {"containers": [container(cpu="1500m", memory="1024Ki"), container(cpu="0.5", memory="1048576")]}
    assert amounts.requests({**spec, "initContainers": [container(cpu="1", memory="3Mi")]}) == {"cpu": "2", "memory": "3Mi"}
    assert amounts.limits(spec) == {}


def test_a_waiting_gang_does_not_flood_the_events() -> None:
    throttle = Throttle()
    allowed = sum(throttle.allow(("n", "g"), float(second)) for second in range(3600))
    assert 25 <= allowed <= 25 + 3600 / 300 + 1


def test_one_gang_that_cannot_be_written_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = report.close

    def close(api: Any, gang: Any, *rest: Any) -> None:
        if gang.key[1].startswith("bad"):
            raise ApiError(403, "Forbidden", "the namespace is being terminated")
        real(api, gang, *rest)

    monkeypatch.setattr(report, "close", close)

    async def test(cluster: Cluster) -> None:
        cluster.api.create(vcjob(task("w"), name="bad"), manager="t")
        cluster.api.create(vcjob(task("w"), name="good"), manager="t")
        await cluster.until(lambda: cluster.phase("good") == "Completed")

    run(test)


@pytest.mark.parametrize("asks", [{}, {"cpu": "10m"}])
def test_n9_a_claim_that_is_missing_keeps_a_pod_from_its_node(asks: dict[str, str]) -> None:
    async def test(cluster: Cluster) -> None:
        volume = {"name": "data", "persistentVolumeClaim": {"claimName": "nosuchclaim"}}
        create(cluster, task("w", 1, asks, {"volumes": [volume]}))
        text = 'plugin VolumeZone pre-predicates failed persistentvolumeclaim "nosuchclaim" not found.'

        def reason() -> str:
            conditions = (cluster.api.list("pods") or [{}])[0].get("status", {}).get("conditions") or [{}]
            return str(conditions[0].get("message", ""))

        await cluster.until(lambda: reason().endswith(text))
        pod = cluster.api.list("pods")[0]
        nodes = len(cluster.api.list("nodes"))
        assert reason() == f"0/{nodes} nodes are unavailable: {nodes} {text}"
        assert "nodeName" not in pod["spec"]
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, "volumeName": "bound-to-it"}
        meta = {"name": "nosuchclaim", "namespace": pod["metadata"]["namespace"]}
        cluster.api.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": claim}, manager="t")
        await cluster.until(lambda: cluster.api.list("pods")[0]["spec"].get("nodeName"))

    run(test, never)


def test_a_session_is_run_only_where_it_can_come_to_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """One a second, whatever there was, took 1.4 s of an hour that a test let pass, and woke an idle cluster for ever."""
    sessions: list[float] = []
    plain = Scheduler.session
    monkeypatch.setattr(Scheduler, "session", lambda self, period: sessions.append(period) or plain(self, period))

    def run_for(cluster: Cluster, seconds: float) -> Any:
        sessions.clear()
        return cluster.api.clock.advance(seconds)

    async def test() -> None:
        cluster = Cluster(never)
        await cluster.manager.start()  # no kubelet: nothing but the controllers has waits
        await run_for(cluster, 10)
        await run_for(cluster, 86400)
        assert not sessions
        create(cluster, task("w", 1, {GPU: "99"}))
        await run_for(cluster, 10)
        assert group(cluster)["status"]["phase"] == "Pending"
        await run_for(cluster, 86400)
        assert 86400 / 300 - 2 < len(sessions) < 86400 / 300 + 50  # with every event that a waiting gang is told by, and no other
        await cluster.manager.stop()

    asyncio.run(test())
