"""KubeRay's part of the local cluster: the pods, Services and submitters that it makes are those that were recorded; what it refuses."""

from __future__ import annotations

import copy
import json

import pytest

from arena_rayjob.local import services, submitter, validation
from arena_rayjob.local.clusterstatus import EMPTY, calculate, differs, head_ready
from arena_rayjob.local.deletion import due, problems_of
from arena_rayjob.local.names import desired
from arena_rayjob.local.path import PATH_ANNOTATION
from arena_rayjob.local.pods import head, worker
from arena_rayjob.local.start import command, start_params
from arena_rayjob.local.states import TERMINAL


def recorded(shared, scenario):
    text = (shared / "recordings" / "rayjob" / f"{scenario}.json").read_text().replace("XXXXX", "xxxxx")  # names are in lower case
    timeline = json.loads(text)["timeline"]
    found = {}
    for entry in timeline:
        if entry["type"] == "ADDED" and "object" in entry:
            found.setdefault(entry["kind"], []).append(entry["object"])
    return found


def bare(pod):
    """A pod without what API server, scheduler and the local cluster add, and without what is another one each time."""
    pod = copy.deepcopy(pod)
    meta = {key: pod["metadata"].get(key) for key in ("generateName", "labels", "annotations")}
    for key in ("ray.io/upgrade-strategy-recreate-hash", PATH_ANNOTATION):
        (meta["annotations"] or {}).pop(key, None)
    spec = {key: pod["spec"].get(key) for key in ("containers", "initContainers", "volumes")}
    for container in [*spec["containers"], *(spec["initContainers"] or ())]:
        container.pop("terminationMessagePath", None)
        container.pop("terminationMessagePolicy", None)
        container.setdefault("imagePullPolicy", "IfNotPresent")
        for name, amount in container["resources"].get("limits", {}).items():
            container["resources"].setdefault("requests", {}).setdefault(name, amount)
        for port in container.get("ports") or ():
            port.pop("protocol", None)
    return {**meta, "annotations": meta["annotations"] or None, **spec}


@pytest.mark.parametrize("scenario", ["ray-k8sjob-success", "ray-sidecar-success", "ray-cluster", "ray-unschedulable"])
def test_pods_and_services_are_the_recorded_ones(scenario, shared):
    found = recorded(shared, scenario)
    cluster = found["RayCluster"][0]
    pods = {p["metadata"]["labels"].get("ray.io/node-type"): p for p in found["Pod"]}
    assert bare(head(cluster)) == bare(pods["head"])
    if "worker" in pods:
        assert bare(worker(cluster, cluster["spec"]["workerGroupSpecs"][0], 0)) == bare(pods["worker"])
    service = next(s for s in found["Service"] if s["metadata"]["name"] == f"{cluster['metadata']['name']}-head-svc")
    made = services.head(cluster)
    assert made["metadata"]["labels"] == service["metadata"]["labels"] and made["spec"]["selector"] == service["spec"]["selector"]
    assert {p["name"]: p["port"] for p in made["spec"]["ports"]} == {p["name"]: p["port"] for p in service["spec"]["ports"]}


def test_the_submitter_is_the_recorded_one(shared):
    found = recorded(shared, "ray-k8sjob-success")
    job, cluster, made = found["RayJob"][0], found["RayCluster"][0], found["Job"][0]
    host = f"{cluster['metadata']['name']}-head-svc.{job['metadata']['namespace']}.svc.cluster.local:8265"
    built = submitter.submitter_job(job, {"jobId": "r-SUBMI", "dashboardURL": host}, cluster)
    container, wanted = (o["spec"]["template"]["spec"]["containers"][0] for o in (built, made))
    assert container == {key: wanted[key] for key in container}
    assert (built["spec"]["backoffLimit"], built["metadata"]["labels"]) == (made["spec"]["backoffLimit"], made["metadata"]["labels"])
    sidecar = recorded(shared, "ray-sidecar-success")
    container = submitter.sidecar(sidecar["RayJob"][0], {"jobId": "r-SUBMI", "dashboardURL": ""})
    assert container == {
        key: sidecar["RayCluster"][0]["spec"]["headGroupSpec"]["template"]["spec"]["containers"][1][key] for key in container
    }


def test_what_is_refused_is_said_as_recorded(shared):
    recording = json.loads((shared / "recordings" / "rayjob" / "ray-invalid.json").read_text())
    jobs = {e["name"]: e["object"] for e in recording["timeline"] if e["kind"] == "RayJob" and e["type"] == "ADDED"}
    told = {e["object"].partition("/")[2]: e for e in recording["events"] if e["reason"].startswith("Invalid")}
    assert len(jobs) == 12 and len(told) == 11
    for name, job in jobs.items():
        found = validation.job_problem(job)
        assert (found is None) == (name not in told), name
        if found is not None:
            assert found[0] == told[name]["reason"] and told[name]["message"].endswith(f"/{name}: {found[1]}")


def test_a_suspended_job_whose_cluster_stays_is_spoilt():
    spec = {"suspend": True, "rayClusterSpec": {}}
    assert "not allowed to be suspended" in validation.job_problem({"metadata": {"name": "x"}, "spec": spec})[1]


def test_ray_start_takes_what_the_container_has():
    container = {"resources": {"limits": {"cpu": "1500m", "memory": "1Gi", "nvidia.com/gpu": "2", "google.com/tpu": 4}}}
    params = start_params({"rayStartParams": {"num-gpus": "1"}}, container, address="h:6379")
    assert params == {
        "address": "h:6379",
        "block": "true",
        "dashboard-agent-listen-port": "52365",
        "metrics-export-port": "8080",
        "num-cpus": "2",
        "memory": "1073741824",
        "num-gpus": "1",
        "resources": "'{\"TPU\":4}'",
    }
    of_group = start_params({"resources": {"cpu": "4", "custom": "2"}, "labels": {"b": "1", "a": "2"}}, container)
    assert (of_group["num-cpus"], of_group["resources"], of_group["labels"]) == ("4", "'{\"custom\":2}'", "a=2,b=1")
    assert command({"include-dashboard": "false", "no-monitor": "false"}, head=False) == "ray start  --include-dashboard=false "


@pytest.mark.parametrize(
    ("group", "count"),
    [
        ({"replicas": 2}, 2),
        ({"replicas": 2, "numOfHosts": 3}, 6),
        ({"replicas": 1, "minReplicas": 2}, 2),
        ({"replicas": 9, "maxReplicas": 4}, 4),
        ({"replicas": 9, "suspend": True}, 0),
    ],
)
def test_how_many_pods_a_group_has(group, count):
    assert desired(group) == count


def test_what_goes_after_the_end():
    assert due({"shutdownAfterJobFinishes": True, "ttlSecondsAfterFinished": 6}, {}) == [(6.0, "DeleteCluster")]
    assert due({}, {}) == due({"shutdownAfterJobFinishes": True, "clusterSelector": {"ray.io/cluster": "c"}}, {}) == []
    rules = [
        {"policy": "DeleteSelf", "condition": {"jobStatus": "SUCCEEDED", "ttlSeconds": 9}},
        {"policy": "DeleteWorkers", "condition": {"jobStatus": "SUCCEEDED"}},
        {"policy": "DeleteCluster", "condition": {"jobStatus": "FAILED"}},
    ]
    strategy = {"deletionStrategy": {"deletionRules": rules}}
    assert due(strategy, {"jobStatus": "SUCCEEDED"}) == [(0.0, "DeleteWorkers"), (9.0, "DeleteSelf")]
    old = {"deletionStrategy": {"onSuccess": {"policy": "DeleteWorkers"}, "onFailure": {"policy": "DeleteNone"}}}
    assert due(old, {"jobStatus": "SUCCEEDED"}) == [(0.0, "DeleteWorkers")] and due(old, {"jobStatus": "FAILED"}) == []
    assert "mutually exclusive" in problems_of({**strategy, "shutdownAfterJobFinishes": True})
    assert "duplicate rule" in problems_of({"deletionStrategy": {"deletionRules": [rules[0], rules[0]]}})


def test_only_news_are_written(shared):
    cluster = recorded(shared, "ray-cluster")["RayCluster"][0]
    from datetime import UTC, datetime

    first = calculate(cluster, [], services.head(cluster), None, datetime(2026, 1, 1, tzinfo=UTC))
    again = calculate({**cluster, "status": first}, [], services.head(cluster), None, datetime(2026, 1, 2, tzinfo=UTC))
    assert first["desiredMemory"] == "512Mi" and first["desiredWorkerReplicas"] == 1
    assert differs(EMPTY, first) and not differs(first, again)
    failed = calculate(cluster, [], None, ("FailedCreateHeadPod", "exceeded quota"), datetime(2026, 1, 1, tzinfo=UTC))
    assert failed["conditions"][0]["reason"] == "FailedCreateHeadPod"


def test_why_a_head_is_not_ready():
    pod = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "m"}]}}
    pod["status"]["containerStatuses"] = [{"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}}]
    assert head_ready(pod) == ("False", "ImagePullBackOff", "m; c: no")
    assert "RUNNING" not in TERMINAL
