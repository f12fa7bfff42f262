"""Queues that lend and borrow, limit ranges, and what is only stored."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from arena_local.server import writes
from arena_local.server.options import WriteOptions

_spec = importlib.util.spec_from_file_location("kueue_queues", Path(__file__).with_name("queues.py"))
queues = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(queues)
V, QUEUE = queues.V, queues.QUEUE
setup, workload, conditions, suspended = queues.setup, queues.workload, queues.conditions, queues.suspended


def neighbour(world, **limits):
    """A second queue ``lq2`` in the cohort of the first one."""
    flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "100m", **limits}]}
    groups = [{"coveredResources": ["cpu"], "flavors": [flavor]}]
    queue = {"namespaceSelector": {}, "resourceGroups": groups, "cohortName": "co"}
    world.api.create({"apiVersion": V, "kind": "ClusterQueue", "metadata": {"name": "cq2"}, "spec": queue}, manager="t")
    place = {"name": "lq2", "namespace": "default"}
    world.api.create({"apiVersion": V, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": "cq2"}}, manager="t")


def test_quota_that_a_neighbour_does_not_use_is_borrowed_and_comes_back(world, job):
    async def story():
        setup(world, cohortName="co")
        neighbour(world)
        world.api.create(job("big", labels=dict(QUEUE), requests={"cpu": "150m"}), manager="t")
        await world.until(lambda: world.pods())
        usage = {"name": "cpu", "borrowed": "50m", "total": "150m"}
        await world.until(
            lambda: world.api.get("clusterqueues.kueue.x-k8s.io", "", "cq")["status"]["flavorsUsage"][0]["resources"] == [usage]
        )
        other = {"kueue.x-k8s.io/queue-name": "lq2"}
        world.api.create(job("own", labels=other, requests={"cpu": "80m"}), manager="t")
        text = "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor fl, 30m more needed"
        await world.until(lambda: conditions(world, "own").get("QuotaReserved") == ("False", "Pending", text))
        world.api.delete("jobs.batch", "default", "big", manager="t")
        await world.until(lambda: not suspended(world, "own"))
        await world.quiet()

    world.run(story())


@pytest.mark.parametrize(("own", "lent", "most"), [({}, {"lendingLimit": "0"}, "100m"), ({"borrowingLimit": "20m"}, {}, "120m")])
def test_limits_of_lending_and_borrowing(world, job, own, lent, most):
    async def story():
        flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "100m", **own}]}
        setup(world, cohortName="co", resourceGroups=[{"coveredResources": ["cpu"], "flavors": [flavor]}])
        neighbour(world, **lent)
        world.api.create(job("big", labels=dict(QUEUE), requests={"cpu": "150m"}), manager="t")
        end = f"+ current podset request (150m) > maximum capacity ({most})"
        await world.until(lambda: conditions(world, "big").get("QuotaReserved", ("", "", ""))[2].endswith(end))
        world.api.create(job("fits", labels=dict(QUEUE), requests={"cpu": most}), manager="t")
        await world.until(lambda: not suspended(world, "fits"))

    world.run(story())


def test_a_flavor_without_borrowing_may_be_preferred(world, job):
    async def story():
        world.api.create({"apiVersion": V, "kind": "ResourceFlavor", "metadata": {"name": "second"}, "spec": {}}, manager="t")
        resources = [{"name": "cpu", "nominalQuota": "100m"}]
        flavors = [{"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "0"}]}, {"name": "second", "resources": resources}]
        groups = [{"coveredResources": ["cpu"], "flavors": flavors}]
        setup(world, cohortName="co", resourceGroups=groups, flavorFungibility={"whenCanBorrow": "TryNextFlavor"})
        neighbour(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: not suspended(world, "j"))
        assert workload(world, "j")["status"]["admission"]["podSetAssignments"][0]["flavors"] == {"cpu": "second"}

    world.run(story())


def limit_range(world, **fields):
    meta = {"name": "lr", "namespace": "default"}
    world.api.create(
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": meta, "spec": {"limits": [{"type": "Container", **fields}]}}, manager="t"
    )


@pytest.mark.parametrize(
    ("limits", "text"), [({"max": {"cpu": "40m"}}, "above the limitRange max"), ({"min": {"cpu": "60m"}}, "below the limitRange min")]
)
def test_n4_what_goes_beyond_a_limit_range_is_not_admitted(world, job, limits, text):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: not suspended(world, "j"))
        limit_range(world, **limits)
        world.api.create(job("k", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        told = f'spec.podSets[0].template.spec.containers[0]: Invalid value: ["cpu"]: requests must not be {text}'
        wanted = ("False", "Pending", f"resources didn't satisfy LimitRange constraints: {told}")
        await world.until(lambda: conditions(world, "k").get("QuotaReserved") == wanted)
        world.api.delete("limitranges", "default", "lr")
        await world.until(lambda: not suspended(world, "k"))

    world.run(story())


def test_n4_the_defaults_of_a_limit_range_count_as_requests(world, job):
    async def story():
        setup(world)
        limit_range(world, default={"cpu": "90m"}, defaultRequest={"cpu": "70m"})
        world.api.create(job("j", labels=dict(QUEUE)), manager="t")
        await world.until(lambda: not suspended(world, "j"))
        assert workload(world, "j")["status"]["admission"]["podSetAssignments"][0]["resourceUsage"] == {"cpu": "70m"}

    world.run(story())


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Topology", {"levels": [{"nodeLabel": "kubernetes.io/hostname"}]}),
        ("AdmissionCheck", {"controllerName": "kueue.x-k8s.io/provisioning-request"}),
        ("MultiKueueConfig", {"clusters": ["a"]}),
        ("MultiKueueCluster", {"clusterSource": {"kubeConfig": {"location": "s", "locationType": "Secret"}}}),
        ("ProvisioningRequestConfig", {"provisioningClassName": "c"}),
        ("ResourceFlavor", {"topologyName": "t", "nodeLabels": {"a": "b"}}),
    ],
)
@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
def test_c8_what_is_only_stored_is_said(world, kind, spec, version):
    if version == "v1beta1" and kind == "MultiKueueCluster":
        spec = spec["clusterSource"]
    body = {"apiVersion": f"kueue.x-k8s.io/{version}", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    assert "the local cluster" in told(world, body)[0]


def told(world, body):
    options = WriteOptions(manager="t")
    resource = world.api.of_object(body)
    writes.create(world.api, resource, body["metadata"].get("namespace", ""), body, options)
    return options.warnings


def test_c8_a_topology_that_is_asked_for_is_warned_about_and_refused_as_kueue_does(world, job):
    async def story():
        setup(world)
        body = job("j", labels=dict(QUEUE), requests={"cpu": "10m"})
        key = "kueue.x-k8s.io/podset-required-topology"
        body["spec"]["template"]["metadata"] = {"annotations": {key: "cloud.com/rack"}}
        assert told(world, body) == [
            f"{key} has no effect on the local cluster: its nodes are one machine, pods are placed without regard to topology"
        ]
        text = 'couldn\'t assign flavors to pod set main: Flavor "fl" does not support TopologyAwareScheduling'
        await world.until(lambda: conditions(world, "j").get("QuotaReserved") == ("False", "Pending", text))
        assert workload(world, "j")["spec"]["podSets"][0]["topologyRequest"]["required"] == "cloud.com/rack"

    world.run(story())


def test_c8_a_job_without_such_marks_is_not_warned_about(world, job):
    setup(world)
    assert not told(world, job("j", labels=dict(QUEUE), requests={"cpu": "10m"}))
