"""Queue labels on pods, groups of pods and Deployments hold them back, as Kueue's default configuration does (C8)."""

from __future__ import annotations

import pytest

from arena_local.kueue.podlabels import role_hash
from arena_local.sdk.bundle import ApiError

V = "kueue.x-k8s.io/v1beta2"
KEY = "kueue.x-k8s.io"
HELD = [{"name": f"{KEY}/admission"}, {"name": f"{KEY}/topology"}]


def shop(world, quota="100m", **spec):
    api = world.api
    flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": quota}]}
    taint = {"key": "a", "operator": "Exists", "effect": "NoSchedule"}
    api.create({"apiVersion": V, "kind": "ResourceFlavor", "metadata": {"name": "fl"}, "spec": {"tolerations": [taint]}}, manager="t")
    queue = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": ["cpu"], "flavors": [flavor]}], **spec}
    api.create({"apiVersion": V, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": queue}, manager="t")
    place = {"name": "lq", "namespace": "default"}
    api.create({"apiVersion": V, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": "cq"}}, manager="t")
    for name, value in (("low", 10), ("high", 1000)):
        api.create({"apiVersion": V, "kind": "WorkloadPriorityClass", "metadata": {"name": name}, "value": value}, manager="t")


def pod(name, cpu="50m", group="", total="2", **labels):
    labels = {f"{KEY}/queue-name": "lq", **({f"{KEY}/pod-group-name": group} if group else {}), **labels}
    notes = {f"{KEY}/pod-group-total-count": total} if group else {}
    containers = [{"name": "c", "image": "i:1", "resources": {"requests": {"cpu": cpu}, "limits": {"cpu": "1"}}}]
    meta = {"name": name, "namespace": "default", "labels": {k: v for k, v in labels.items() if v}, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"restartPolicy": "Never", "containers": containers}}


def rank(name):
    return {f"{KEY}/priority-class": name}


def seen(world, name):
    return world.api.find("pods", "default", name)


def phase(world, name):
    return (seen(world, name).get("status") or {}).get("phase")


def workload(world, name):
    return next((item for item in world.api.list(f"workloads.{KEY}") if name in item["metadata"]["name"]), None)


def conditions(world, name):
    item = workload(world, name)
    return world.conditions(f"workloads.{KEY}", item["metadata"]["name"]) if item else {}


def test_c8_the_role_of_a_pod_is_hashed_as_the_real_webhook_does(world):
    """Two hashes that were recorded from it."""
    for cpu, wanted in (("50m", "ab10dc4a"), ("10m", "a77d3a68")):
        body = pod(f"p{cpu}", cpu)
        body["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = 1
        made = world.api.create(body, manager="t")
        assert made["metadata"]["annotations"][f"{KEY}/role-hash"] == wanted == role_hash(made)


def test_c8_a_pod_with_a_queue_waits_for_quota_and_is_let_go_at_its_end(world):
    async def story():
        shop(world)
        world.api.create(pod("a", "80m"), manager="t")
        await world.until(lambda: phase(world, "a") == "Running")
        made = world.api.create(pod("b", "80m"), manager="t")
        assert made["spec"]["schedulingGates"] == HELD
        assert made["status"]["conditions"][0]["reason"] == "SchedulingGated"
        assert made["metadata"]["finalizers"] == [f"{KEY}/managed"]
        text = "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor fl, 60m more needed"
        await world.until(lambda: conditions(world, "pod-b").get("QuotaReserved") == ("False", "Pending", text))
        assert phase(world, "b") == "Pending"
        world.node.codes = lambda pod: (0, 0)
        world.api.patch("pods", "default", "a", {"metadata": {"labels": {"poke": "1"}}}, manager="t")
        await world.until(lambda: phase(world, "b") == "Succeeded")
        await world.until(lambda: conditions(world, "pod-b").get("Finished") == ("True", "Succeeded", ""))
        await world.until(lambda: "finalizers" not in seen(world, "b")["metadata"] and "finalizers" not in seen(world, "a")["metadata"])
        labels = seen(world, "b")["metadata"]["labels"]
        assert {labels[f"{KEY}/{key}"] for key in ("podset", "cluster-queue-name", "local-queue-name")} == {"main", "cq", "lq"}
        assert seen(world, "b")["spec"]["tolerations"][-1]["key"] == "a", "what the flavor tolerates"
        await world.quiet()

    world.run(story())


def test_c8_a_group_waits_for_its_members_and_is_admitted_as_one(world):
    async def story():
        shop(world)
        world.api.create(pod("p0", group="g"), manager="t")
        told = ("ErrWorkloadCompose", "'g' group has fewer runnable pods than expected")
        await world.until(lambda: told in world.events("Pod", "p0"))
        assert workload(world, "g") is None
        world.api.create(pod("p1", group="g"), manager="t")
        await world.until(lambda: phase(world, "p0") == phase(world, "p1") == "Running")
        item = workload(world, "g")
        assert item["metadata"]["name"] == "g" and item["metadata"]["annotations"] == {f"{KEY}/is-group-workload": "true"}
        assert [entry["name"] for entry in item["metadata"]["ownerReferences"]] == ["p0", "p1"]
        role = seen(world, "p0")["metadata"]["annotations"][f"{KEY}/role-hash"]
        assert [(entry["name"], entry["count"]) for entry in item["spec"]["podSets"]] == [(role, 2)]
        world.node.codes = lambda pod: (0, 0)
        for name in ("p0", "p1"):
            world.api.patch("pods", "default", name, {"metadata": {"labels": {"poke": "1"}}}, manager="t")
        await world.until(lambda: conditions(world, "g").get("Finished") == ("True", "Succeeded", "Pods succeeded: 2/2."))
        await world.until(lambda: "finalizers" not in seen(world, "p0")["metadata"] and "finalizers" not in seen(world, "p1")["metadata"])
        await world.quiet()

    world.run(story())


def test_c8_a_failed_member_is_waited_for_until_it_is_replaced(world):
    async def story():
        shop(world)
        world.node.codes = lambda pod: {"p1": (0, 1), "p2": (0, 0)}.get(pod["metadata"]["name"])
        for name in ("p0", "p1"):
            world.api.create(pod(name, group="g"), manager="t")
        waits = ("True", "PodsFailed", "Some Failed pods need replacement")
        await world.until(lambda: conditions(world, "g").get("WaitingForReplacementPods") == waits)
        world.api.create(pod("p2", group="g"), manager="t")
        await world.until(lambda: phase(world, "p2") == "Succeeded")
        await world.until(lambda: conditions(world, "g")["WaitingForReplacementPods"] == ("False", "PodsReady", "No pods need replacement"))
        await world.until(lambda: "finalizers" not in seen(world, "p1")["metadata"])
        assert ("OwnerReferencesAdded", "Added 1 owner reference(s)") in world.events("Workload", "g")
        assert "Finished" not in conditions(world, "g")
        await world.quiet()

    world.run(story())


def test_c8_a_preempted_group_loses_its_pods_and_waits_for_others(world, job):
    async def story():
        shop(world, preemption={"withinClusterQueue": "LowerPriority"})
        for name in ("p0", "p1"):
            world.api.create(pod(name, group="g", **rank("low")), manager="t")
        await world.until(lambda: conditions(world, "g").get("PodsReady", ("",))[0] == "True")
        labels = {f"{KEY}/queue-name": "lq", **rank("high")}
        world.api.create(job("high", labels=labels, requests={"cpu": "80m"}), manager="t")
        await world.until(lambda: not world.api.get("jobs.batch", "default", "high")["spec"].get("suspend"))
        found = {item["type"]: item for item in seen(world, "p0")["status"]["conditions"]}
        assert found["TerminationTarget"]["reason"] == "WorkloadEvictedDueToPreempted"
        assert seen(world, "p0")["metadata"]["finalizers"] == [f"{KEY}/managed"], "kept until others take its place"
        waits = conditions(world, "g")
        assert waits["WaitingForReplacementPods"][:2] == ("True", "Preempted")
        assert waits["QuotaReserved"][0] == "False"
        await world.until(lambda: world.api.get(f"localqueues.{KEY}", "default", "lq")["status"]["pendingWorkloads"] == 0)
        world.api.delete("jobs.batch", "default", "high")
        for name in ("q0", "q1"):
            world.api.create(pod(name, group="g", **rank("low")), manager="t")
        await world.until(lambda: phase(world, "q0") == phase(world, "q1") == "Running")
        await world.until(lambda: seen(world, "p0") is None and seen(world, "p1") is None)
        await world.quiet()

    world.run(story())


@pytest.mark.parametrize("whole", [True, False])
def test_c8_pods_that_are_deleted_while_they_wait_go_at_once(world, whole):
    async def story():
        shop(world, "10m")
        world.api.create(pod("p0", group="g"), manager="t")
        if whole:
            world.api.create(pod("p1", group="g"), manager="t")
            await world.until(lambda: "QuotaReserved" in conditions(world, "g"))
        for item in world.pods():
            world.api.delete("pods", "default", item["metadata"]["name"])
        await world.until(lambda: not world.pods())
        await world.until(lambda: not world.api.list(f"workloads.{KEY}"))
        await world.quiet()

    world.run(story())


def test_c8_a_group_whose_workload_is_deleted_ends(world):
    """The way out for a group that waits for pods that nobody makes."""

    async def story():
        shop(world)
        for name in ("p0", "p1"):
            world.api.create(pod(name, group="g"), manager="t")
        await world.until(lambda: phase(world, "p0") == phase(world, "p1") == "Running")
        for name in ("p0", "p1"):
            world.api.delete("pods", "default", name)
        await world.until(lambda: all(phase(world, name) == "Failed" for name in ("p0", "p1")))
        world.api.delete(f"workloads.{KEY}", "default", "g")
        await world.until(lambda: not world.pods() and not world.api.list(f"workloads.{KEY}"))
        await world.quiet()

    world.run(story())


def deployment(replicas, **labels):
    spec = pod("x", "50m")["spec"]
    del spec["restartPolicy"]
    template = {"metadata": {"labels": {"app": "d"}}, "spec": spec}
    meta = {"name": "d", "namespace": "default", "labels": labels}
    body = {"replicas": replicas, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": body}


def test_c8_pods_of_a_deployment_are_admitted_one_by_one(world):
    async def story():
        shop(world)
        world.api.create(deployment(3, **{f"{KEY}/queue-name": "lq"}), manager="t")
        await world.until(lambda: [item["status"]["phase"] for item in world.pods()].count("Running") == 2)
        gated = [item for item in world.pods() if item["spec"].get("schedulingGates")]
        assert len(gated) == 1 and "finalizers" not in gated[0]["metadata"]
        assert gated[0]["metadata"]["annotations"][f"{KEY}/pod-suspending-parent"] == "deployment"
        await world.until(lambda: len(world.api.list(f"workloads.{KEY}")) == 3)
        world.api.patch("deployments.apps", "default", "d", {"spec": {"replicas": 2}}, manager="t")
        await world.until(lambda: len(world.pods()) == 2 and len(world.api.list(f"workloads.{KEY}")) == 2)
        await world.until(lambda: world.api.get(f"clusterqueues.{KEY}", "", "cq")["status"]["admittedWorkloads"] == 2)
        await world.quiet()
        assert not any(item["spec"].get("schedulingGates") for item in world.pods())
        assert world.api.get(f"clusterqueues.{KEY}", "", "cq")["status"]["admittedWorkloads"] == 2

    world.run(story())


def test_c8_the_queue_named_default_takes_pods_that_name_none_but_not_those_of_what_kueue_queues_itself(world):
    shop(world)
    place = {"name": "default", "namespace": "default"}
    world.api.create({"apiVersion": V, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": "cq"}}, manager="t")
    bare = {f"{KEY}/queue-name": ""}

    def queue_of(name, *owner):
        body = pod(name, **bare)
        if owner:
            version, kind, at = owner
            body["metadata"]["ownerReferences"] = [{"apiVersion": version, "kind": kind, "name": at, "uid": "u", "controller": True}]
        return world.api.create(body, manager="t")["metadata"].get("labels", {}).get(f"{KEY}/queue-name")

    assert queue_of("bare") == "default"
    assert seen(world, "bare")["spec"]["schedulingGates"] == HELD
    assert queue_of("foreign", "example.com/v1", "Thing", "x") == "default", "of a kind that Kueue does not know"
    for place, owner in enumerate([("batch/v1", "Job"), ("apps/v1", "StatefulSet")]):
        assert queue_of(f"owned-{place}", *owner, "x") is None


def test_pods_without_a_queue_and_pods_of_a_queued_job_are_not_held(world, job):
    async def story():
        shop(world)
        body = pod("free")
        del body["metadata"]["labels"][f"{KEY}/queue-name"]
        assert "schedulingGates" not in world.api.create(body, manager="t")["spec"]
        own = job("j", labels={f"{KEY}/queue-name": "lq"}, requests={"cpu": "10m"})
        own["spec"]["template"]["metadata"] = {"labels": {f"{KEY}/queue-name": "lq"}}
        world.api.create(own, manager="t")
        await world.until(lambda: len(world.pods()) == 2)
        await world.quiet()
        assert len(world.api.list(f"workloads.{KEY}")) == 1

    world.run(story())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"group": "g", "total": "0"},
            f"Invalid value: \"0\": incorrect annotation value '{KEY}/pod-group-total-count=0': group total count",
        ),
        ({f"{KEY}/pod-group-name": "g"}, "Required value: both the 'kueue.x-k8s.io/pod-group-total-count' annotation and"),
        ({f"{KEY}/managed": "false"}, "Forbidden: managed label value can only be 'true'"),
    ],
)
def test_c8_pods_that_say_half_of_it_are_refused(world, change, text):
    shop(world)
    body = pod("p", **change)
    if change.get(f"{KEY}/managed"):
        body["metadata"]["labels"].pop(f"{KEY}/queue-name")
    with pytest.raises(ApiError) as refused:
        world.api.create(body, manager="t")
    assert refused.value.code == 403 and text in refused.value.message
    assert 'admission webhook "vpod.kb.io" denied the request: metadata.' in refused.value.message
