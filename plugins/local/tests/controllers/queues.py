"""A queue with quota, and what is asked of jobs in it: for the tests of Kueue."""

from __future__ import annotations

V = "kueue.x-k8s.io/v1beta2"
QUEUE = {"kueue.x-k8s.io/queue-name": "lq"}


def setup(world, quota="100m", name="lq", **spec):
    api = world.api
    flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": quota}]}
    groups = [{"coveredResources": ["cpu"], "flavors": [flavor]}]
    api.create({"apiVersion": V, "kind": "ResourceFlavor", "metadata": {"name": "fl"}, "spec": {}}, manager="t")
    queue = {"namespaceSelector": {}, "resourceGroups": groups, **spec}
    api.create({"apiVersion": V, "kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": queue}, manager="t")
    place = {"name": name, "namespace": "default"}
    api.create({"apiVersion": V, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": "cq"}}, manager="t")


def ranks(world, **classes):
    for name, value in classes.items():
        meta = {"name": name}
        world.api.create({"apiVersion": V, "kind": "WorkloadPriorityClass", "metadata": meta, "value": value}, manager="t")


def workload(world, name):
    found = [item for item in world.api.list("workloads.kueue.x-k8s.io") if item["metadata"]["ownerReferences"][0]["name"] == name]
    return found[0] if found else None


def conditions(world, name):
    item = workload(world, name)
    return world.conditions("workloads.kueue.x-k8s.io", item["metadata"]["name"]) if item else {}


def suspended(world, name):
    return bool(world.api.get("jobs.batch", "default", name)["spec"].get("suspend"))
