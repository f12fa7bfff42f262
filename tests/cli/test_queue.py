"""`queue` as it is printed."""

from __future__ import annotations

import json

import pytest

from tests.jobs.test_queues import workload

KUEUE = "/apis/kueue.x-k8s.io/v1beta2"


@pytest.fixture
def shop(api):
    """A queue of 4 GPUs in which one job runs and two wait."""
    meta = {"name": "team", "namespace": "default", "uid": "q"}
    flavor = {"name": "f", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": "4"}, {"name": "memory", "nominalQuota": "64Gi"}]}
    used = [{"name": "f", "resources": [{"name": "nvidia.com/gpu", "total": "4", "borrowed": "0"}]}]
    spec = {"resourceGroups": [{"flavors": [flavor]}], "cohortName": "co"}
    api.put(
        f"{KUEUE}/localqueues",
        {"metadata": meta, "spec": {"clusterQueue": "cq"}, "status": {"pendingWorkloads": 2, "admittedWorkloads": 1}},
    )
    api.put(f"{KUEUE}/clusterqueues", {"metadata": {"name": "cq"}, "spec": spec, "status": {"flavorsReservation": used}})
    api.put(f"{KUEUE}/cohorts")
    pods = {"name": "main", "count": 2, "template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}}
    running = workload("one", "team", podSets=[pods])
    running["status"] = {"conditions": [{"type": "QuotaReserved", "status": "True", "lastTransitionTime": "2026-01-01T00:00:05Z"}]}
    works = [running, workload("two", "team", podSets=[pods], priority=7), workload("three", "team", podSets=[pods])]
    for one in works:
        one["metadata"]["namespace"] = "default"
    api.put(f"{KUEUE}/workloads", *works)
    return api


def test_the_list_and_one_queue(arena, shop):
    done = arena("queue")
    assert done.code == 0, done.err
    header, gpus, memory = done.out.splitlines()
    assert header.split()[:7] == ["NAME", "SYSTEM", "CLUSTERQUEUE", "COHORT", "STATUS", "WAITING", "RUNNING"]
    assert gpus.split() == ["team", "Kueue", "cq", "co", "open", "2", "1", "nvidia.com/gpu", "4", "4", "0", "0"]
    assert memory.split() == ["memory", "0", "64Gi", "0", "0"]
    done = arena("queue", "team")
    places = [line.split() for line in done.out.splitlines() if line.startswith("  ") and line.split()[0].isdigit()]
    assert [row[:4] for row in places] == [["1", "two", "job", "7"], ["2", "three", "job", "0"]]
    assert all("4 nvidia.com/gpu" in " ".join(row) for row in places)


def test_the_json_and_the_names(arena, shop):
    data = json.loads(arena("queue", "-o", "json").out)[0]
    assert (data["name"], data["clusterQueue"], data["waiting"], data["running"], data["open"]) == ("team", "cq", 2, 1, True)
    assert data["quotas"][1] == {
        "resource": "memory",
        "flavor": "f",
        "nominal": "64Gi",
        "used": "0",
        "usedByThisQueue": "0",
        "borrowed": "0",
        "lent": "0",
        "lentAtMost": "0",
        "atMost": "64Gi",
    }
    assert [(j["name"], j["place"]) for j in data["waitingJobs"]] == [("two", 1), ("three", 2)]
    assert arena("queue", "-o", "name").out == "team\n"


def test_a_closed_queue_says_why(arena, shop):
    queue = next(iter(shop.collections[f"{KUEUE}/clusterqueues"].values()))
    queue["spec"]["stopPolicy"] = "Hold"
    assert "closed" in arena("queue").out
    assert "ClusterQueue cq is stopped (stopPolicy Hold)" in arena("queue", "team").out


def test_wrong_words_and_clusters_without_queues(arena, api):
    done = arena("queue")
    assert (done.code, "neither Kueue nor Volcano is installed" in done.err) == (8, True), done
    assert arena("queue", "a", "b").code == 2
    assert arena("queue", "").code == 2
    assert arena("queue", "-w", "-o", "json").code == 2
