"""Kueue's v1beta1 and v1beta2 are two views of one object (C5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_local.kueue import versions
from arena_local.sdk.crds import load_crds
from arena_local.server.options import WriteOptions
from arena_local.server.server import ApiServer
from arena_local.store import Store

OLD, NEW = "kueue.x-k8s.io/v1beta1", "kueue.x-k8s.io/v1beta2"


def quota(**more):
    return {"coveredResources": ["cpu"], "flavors": [{"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "1", **more}]}]}


def seen(world, resource, name, namespace="", version="v1beta1"):
    server, plural = world.api, resource.partition(".")[0]
    at = server.registry.at("kueue.x-k8s.io", version, plural)
    return server.from_storage(at, server.get(resource, namespace, name))


def test_c5_every_kind_with_two_versions_has_its_conversion():
    two = {crd["metadata"]["name"] for crd in load_crds("arena_local") if len([v for v in crd["spec"]["versions"] if v["served"]]) > 1}
    assert two == set(versions.CONVERSIONS)


def test_c5_a_cluster_queue_of_v1beta1_keeps_its_cohort_and_its_words(world):
    fungible = {"whenCanBorrow": "Borrow", "whenCanPreempt": "Preempt"}
    spec = {"cohort": "all", "namespaceSelector": {}, "flavorFungibility": fungible, "admissionChecks": ["look"]}
    spec["resourceGroups"] = [quota(borrowingLimit="3")]
    world.api.create({"apiVersion": OLD, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": spec}, manager="t")
    stored = world.api.get("clusterqueues.kueue.x-k8s.io", "", "cq")
    assert stored["apiVersion"] == NEW
    assert (stored["spec"]["cohortName"], stored["spec"].get("cohort")) == ("all", None)
    assert stored["spec"]["flavorFungibility"] == {"whenCanBorrow": "MayStopSearch", "whenCanPreempt": "MayStopSearch"}
    assert stored["spec"]["admissionChecksStrategy"] == {"admissionChecks": [{"name": "look"}]}
    assert stored["metadata"]["finalizers"] == ["kueue.x-k8s.io/resource-in-use"], "the webhook saw it too"
    back = seen(world, "clusterqueues.kueue.x-k8s.io", "cq")
    assert (back["apiVersion"], back["spec"]["cohort"]) == (OLD, "all")
    assert "cohortName" not in back["spec"]


def test_c5_a_queue_with_borrowing_limit_lives_and_is_deleted(world):
    async def story():
        api = world.api
        api.create({"apiVersion": OLD, "kind": "ResourceFlavor", "metadata": {"name": "fl"}, "spec": {}}, manager="t")
        spec = {"cohort": "all", "namespaceSelector": {}, "resourceGroups": [quota(borrowingLimit="3")]}
        api.create({"apiVersion": OLD, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": spec}, manager="t")
        await world.until(lambda: world.conditions("clusterqueues.kueue.x-k8s.io", "cq", "").get("Active", ("",))[0] == "True")
        api.delete("clusterqueues.kueue.x-k8s.io", "", "cq")
        await world.until(lambda: api.find("clusterqueues.kueue.x-k8s.io", "", "cq") is None)

    world.run(story())


def test_c5_an_old_manifest_runs_a_job_and_its_status_reads_in_both_words(world, job):
    async def story():
        api = world.api
        api.create({"apiVersion": OLD, "kind": "ResourceFlavor", "metadata": {"name": "fl"}, "spec": {}}, manager="t")
        spec = {"cohort": "all", "namespaceSelector": {}, "resourceGroups": [quota()]}
        api.create({"apiVersion": OLD, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": spec}, manager="t")
        place = {"name": "lq", "namespace": "default"}
        api.create({"apiVersion": OLD, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": "cq"}}, manager="t")
        api.create({"apiVersion": OLD, "kind": "WorkloadPriorityClass", "metadata": {"name": "high"}, "value": 7}, manager="t")
        labels = {"kueue.x-k8s.io/queue-name": "lq", "kueue.x-k8s.io/priority-class": "high"}
        api.create(job("j", labels=labels, requests={"cpu": "100m"}), manager="t")
        await world.until(lambda: world.pods())
        name = api.list("workloads.kueue.x-k8s.io")[0]["metadata"]["name"]
        spec = seen(world, "workloads.kueue.x-k8s.io", name, "default")["spec"]
        assert (spec["priorityClassName"], spec["priorityClassSource"]) == ("high", "kueue.x-k8s.io/workloadpriorityclass")
        await world.until(lambda: "flavorsUsage" in api.get("localqueues.kueue.x-k8s.io", "default", "lq").get("status", {}))
        assert seen(world, "localqueues.kueue.x-k8s.io", "lq", "default")["status"]["flavorUsage"]

    world.run(story())


def test_c5_a_write_in_one_version_changes_what_the_other_reads(world):
    meta = {"name": "cq"}
    world.api.create({"apiVersion": NEW, "kind": "ClusterQueue", "metadata": meta, "spec": {"cohortName": "a"}}, manager="t")
    old = seen(world, "clusterqueues.kueue.x-k8s.io", "cq")
    old["spec"]["cohort"] = "b"
    world.api.update(old, manager="t")
    assert world.api.get("clusterqueues.kueue.x-k8s.io", "", "cq")["spec"]["cohortName"] == "b"


@pytest.mark.parametrize("given", [{"cohortName": "x"}, {"flavorFungibility": {"whenCanBorrow": "Borrow"}}])
def test_c5_words_of_the_other_version_are_refused_or_unknown(world, given):
    version = OLD if "cohortName" in given else NEW
    body = {"apiVersion": version, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": given}
    resource = world.api.of_object(body)
    from arena_local.server import writes

    with pytest.raises(Exception, match=r"unknown field|Unsupported value"):
        writes.create(world.api, resource, "", body, WriteOptions(manager="t", field_validation="Strict"))


def test_c5_what_an_earlier_release_stored_unconverted_is_healed():
    from arena_local import kueue
    from arena_local.sdk.bundle import Bundle
    from arena_local.store import Change

    store = Store(None)
    server = ApiServer(store, [Bundle(name="kueue", crds=lambda: load_crds("arena_local"))])
    spec = {"cohort": "all", "namespaceSelector": {}, "resourceGroups": [quota(borrowingLimit="3")]}
    meta = {"name": "cq", "uid": "u", "generation": 1}
    change = {"apiVersion": NEW, "kind": "ClusterQueue", "metadata": meta, "spec": spec}
    server.commit([Change("clusterqueues.kueue.x-k8s.io", "", "cq", change)])
    again = ApiServer(store, [kueue.bundle(())])
    assert again.get("clusterqueues.kueue.x-k8s.io", "", "cq")["spec"]["cohortName"] == "all"
    again.delete("clusterqueues.kueue.x-k8s.io", "", "cq")


HOSTS = st.lists(
    st.tuples(st.text("abn-01", max_size=6), st.text("xy9", min_size=1, max_size=4), st.integers(1, 9)), min_size=1, max_size=9
)


@given(HOSTS)
def test_c5_topology_assignments_survive_both_ways(hosts):
    domains = [{"values": [rack, host], "count": count} for rack, host, count in hosts]
    placed = {"levels": ["rack", "host"], "domains": domains}
    item = {"name": "main", "topologyAssignment": placed}
    old = {"apiVersion": OLD, "kind": "Workload", "metadata": {}, "spec": {}, "status": {"admission": {"podSetAssignments": [item]}}}
    convert = versions.CONVERSIONS["workloads.kueue.x-k8s.io"]
    new = convert(old, NEW)
    part = new["status"]["admission"]["podSetAssignments"][0]["topologyAssignment"]["slices"][0]
    assert part["domainCount"] == len(hosts)
    assert convert(new, OLD)["status"] == old["status"]
    assert "slices" not in str(old), "the given object is as it was"


@pytest.mark.parametrize("source", [{"kubeConfig": {"location": "s", "locationType": "Secret"}}, {"clusterProfileRef": {"name": "p"}}])
def test_c5_the_source_of_a_cluster_of_multikueue(source):
    convert = versions.CONVERSIONS["multikueueclusters.kueue.x-k8s.io"]
    new = {"apiVersion": NEW, "kind": "MultiKueueCluster", "metadata": {"name": "c"}, "spec": {"clusterSource": source}}
    old = convert(new, OLD)
    assert source.items() <= old["spec"].items()
    assert "kubeConfig" in old["spec"]
    assert convert(old, NEW) == new
