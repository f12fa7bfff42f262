"""What the recordings do not show, or not by themselves: gangs, quota, idle reconciles, adoption of nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from arena_local.context import Options
from arena_local.sdk.bundle import ApiError, Bundle
from arena_local.sdk.clock import Clock
from arena_local.server.subresources import bind
from arena_local.testing import api_server
from arena_pytorchjob.local import BUNDLE as PYTORCH
from arena_pytorchjob.local import KIND as PYTORCH_KIND
from arena_tfjob.local import BUNDLE as TENSORFLOW

NAMESPACE = "default"


def start(options=None, *more: Bundle):
    return api_server((PYTORCH, TENSORFLOW, *more), options)


def job(kind="PyTorchJob", roles=None, **spec):
    container, field = ("pytorch", "pytorchReplicaSpecs") if kind == "PyTorchJob" else ("tensorflow", "tfReplicaSpecs")
    template = {"spec": {"containers": [{"name": container, "image": "i", "command": ["true"]}]}}
    specs = {r: {"replicas": n, "restartPolicy": "Never", "template": template} for r, n in (roles or {"Master": 1}).items()}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": kind,
        "metadata": {"name": "j", "namespace": NAMESPACE},
        "spec": {field: specs, **spec},
    }


def names(api, resource="pods"):
    return sorted(o["metadata"]["name"] for o in api.list(resource, NAMESPACE) if o["metadata"]["name"] != "kubernetes")


def test_a_second_reconcile_changes_nothing():
    api = start()
    api.create(job(roles={"Master": 1, "Worker": 2}), manager="test")
    controller = PYTORCH.controllers[0](api)
    controller.reconcile(NAMESPACE, "j")
    changes = []
    api.subscribe(lambda *change: changes.append(change))
    assert controller.reconcile(NAMESPACE, "j") is None
    assert not changes


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_role_of_no_replicas_comes_to_rest(dynamic):
    api = start()
    api.create(job("TFJob", {"Chief": 1, "Worker": 0}, enableDynamicWorker=dynamic), manager="test")
    controller = TENSORFLOW.controllers[0](api)
    for _ in range(3):
        controller.reconcile(NAMESPACE, "j")
    assert names(api) == ["j-chief-0"] == names(api, "services")


def test_foreign_pods_are_left_alone():
    api = start()
    labels = {"training.kubeflow.org/job-name": "j", "training.kubeflow.org/operator-name": "pytorchjob-controller"}
    container = {"name": "c", "image": "i"}
    foreign = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other", "namespace": NAMESPACE, "labels": labels}}
    api.create({**foreign, "spec": {"containers": [container]}}, manager="test")
    api.create(job(runPolicy={"suspend": True}), manager="test")
    PYTORCH.controllers[0](api).reconcile(NAMESPACE, "j")
    assert names(api) == ["other"]


def test_deadline_and_life_time_are_kept_in_time():
    api = start()
    api.clock = Clock(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    api.create(job(runPolicy={"activeDeadlineSeconds": 60, "ttlSecondsAfterFinished": 30}), manager="test")
    controller = PYTORCH.controllers[0](api)
    assert controller.reconcile(NAMESPACE, "j") == 60
    api.clock.leap(60)
    assert controller.reconcile(NAMESPACE, "j") == 30
    assert "deadline" in api.get("pytorchjobs.kubeflow.org", NAMESPACE, "j")["status"]["conditions"][-1]["message"]
    api.clock.leap(30)
    controller.reconcile(NAMESPACE, "j")
    assert api.find("pytorchjobs.kubeflow.org", NAMESPACE, "j") is None


@pytest.fixture
def groups():
    """A bundle that serves Volcano's PodGroups."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    crd_names = {"plural": "podgroups", "singular": "podgroup", "kind": "PodGroup", "listKind": "PodGroupList"}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "podgroups.scheduling.volcano.sh"},
        "spec": {"group": "scheduling.volcano.sh", "scope": "Namespaced", "names": crd_names, "versions": [version]},
    }
    return Bundle("groups", crds=lambda: [crd])


def test_gang_of_the_operator_waits_for_its_group(groups):
    api = start(Options(delays={"training.gang": 1}), groups)
    api.create(
        job(roles={"Master": 1, "Worker": 3}, runPolicy={"schedulingPolicy": {"queue": "q", "priorityClass": "high"}}), manager="test"
    )
    controller = PYTORCH.controllers[0](api)
    controller.reconcile(NAMESPACE, "j")
    group = api.get("podgroups.scheduling.volcano.sh", NAMESPACE, "j")
    assert group["spec"] == {"minMember": 4, "queue": "q", "priorityClassName": "high"} and not names(api)
    api.patch("podgroups.scheduling.volcano.sh", NAMESPACE, "j", {"status": {"phase": "Inqueue"}}, manager="test")
    controller.reconcile(NAMESPACE, "j")
    pod = api.get("pods", NAMESPACE, "j-worker-2")
    assert pod["spec"]["schedulerName"] == "volcano"
    assert pod["metadata"]["annotations"] == {"scheduling.k8s.io/group-name": "j", "volcano.sh/task-spec": "worker"}
    api.patch("pytorchjobs.kubeflow.org", NAMESPACE, "j", {"spec": {"runPolicy": {"suspend": True}}}, manager="test")
    controller.reconcile(NAMESPACE, "j")
    assert api.find("podgroups.scheduling.volcano.sh", NAMESPACE, "j") is None


def test_scheduling_policy_means_nothing_without_a_gang_scheduler(groups):
    api = start(None, groups)
    api.create(job(runPolicy={"schedulingPolicy": {"minAvailable": 1}}), manager="test")
    PYTORCH.controllers[0](api).reconcile(NAMESPACE, "j")
    assert names(api) == ["j-master-0"] and not api.list("podgroups.scheduling.volcano.sh")


def test_quota_sees_pod_sets_state_and_priority():
    quota = PYTORCH.quota[0]
    template = {"spec": {"containers": [], "priorityClassName": "low"}}
    obj = {"spec": {"pytorchReplicaSpecs": {"Worker": {"replicas": 3, "template": template}, "Master": {"template": template}}}}
    assert [(p.name, p.count, p.path) for p in quota.pod_sets(obj)] == [
        ("master", 1, ("spec", "pytorchReplicaSpecs", "Master", "template")),
        ("worker", 3, ("spec", "pytorchReplicaSpecs", "Worker", "template")),
    ]
    assert quota.priority_class(obj) == "low" and not quota.is_suspended(obj)
    quota.set_suspend(obj, True)
    assert quota.is_suspended(obj) and obj["spec"]["runPolicy"] == {"suspend": True}
    obj["status"] = {
        "conditions": [{"type": "Succeeded", "status": "True", "message": "done"}],
        "replicaStatuses": {"Master": {"active": 1}},
    }
    assert quota.finished(obj) == ("done", True) and quota.active(start(), obj)
    assert [p.name for p in TENSORFLOW.quota[0].pod_sets(job("TFJob", {"Worker": 1, "PS": 1, "Evaluator": 1, "Chief": 1}))] == [
        "chief",
        "ps",
        "worker",
        "evaluator",
    ]


@pytest.mark.parametrize(
    ("elastic", "bounds"),
    [({}, "2:2"), ({"minReplicas": 1}, "1:1"), ({"maxReplicas": 4}, "4:4"), ({"minReplicas": 1, "maxReplicas": 4}, "1:4")],
)
def test_bounds_of_an_elastic_job(elastic, bounds):
    api = start()
    api.create(
        job(roles={"Worker": 2}, elasticPolicy={**elastic, "rdzvId": "x", "standalone": True, "rdzvHost": "h", "rdzvPort": 9}),
        manager="test",
    )
    PYTORCH.controllers[0](api).reconcile(NAMESPACE, "j")
    env = {e["name"]: e.get("value", "") for e in api.get("pods", NAMESPACE, "j-worker-0")["spec"]["containers"][0]["env"]}
    assert env["PET_NNODES"] == bounds and env["PET_RDZV_ENDPOINT"] == "h:9" and env["PET_RDZV_ID"] == "x" and env["PET_STANDALONE"] == ""
    assert "MASTER_ADDR" not in env and "RANK" not in env


def test_managed_by_is_immutable_for_tfjob_alone():
    api = start()
    api.create(job("TFJob", {"Worker": 1}), manager="test")
    patch = {"spec": {"runPolicy": {"managedBy": "kueue.x-k8s.io/multikueue"}}}
    with pytest.raises(ApiError, match="field is immutable"):
        api.patch("tfjobs.kubeflow.org", NAMESPACE, "j", patch, manager="test")
    api.create(job(), manager="test")
    api.patch(PYTORCH_KIND.resource, NAMESPACE, "j", patch, manager="test")


def test_a_worker_that_is_made_again_does_not_fail_a_tfjob_whose_chief_runs():
    api = start()
    body = job("TFJob", {"Chief": 1, "Worker": 1})
    body["spec"]["tfReplicaSpecs"]["Worker"]["restartPolicy"] = "ExitCode"
    api.create(body, manager="test")
    controller = TENSORFLOW.controllers[0](api)
    controller.reconcile(NAMESPACE, "j")
    state = {"terminated": {"exitCode": 130, "reason": "Error"}}
    ended = {"name": "tensorflow", "state": state, "ready": False, "restartCount": 0, "image": "i", "imageID": ""}
    for name, status in (("j-chief-0", {"phase": "Running"}), ("j-worker-0", {"phase": "Failed", "containerStatuses": [ended]})):
        pod = api.get("pods", NAMESPACE, name)
        bind(api, NAMESPACE, name, {"target": {"name": "n"}})
        api.update_status({**pod, "metadata": api.get("pods", NAMESPACE, name)["metadata"], "status": status}, manager="kubelet")
    controller.reconcile(NAMESPACE, "j")
    conditions = api.get("tfjobs.kubeflow.org", NAMESPACE, "j")["status"]["conditions"]
    assert [c["type"] for c in conditions if c["status"] == "True"] == ["Created", "Restarting"]
    assert conditions[-1]["message"] == "job j is restarting because Worker replica(s) failed."


def end(api, name, code):
    """Let a pod's main container end."""
    pod = api.get("pods", NAMESPACE, name)
    ended = {"name": pod["spec"]["containers"][0]["name"], "state": {"terminated": {"exitCode": code}}, "restartCount": 0}
    phase = "Failed" if code else "Succeeded"
    api.update_status({**pod, "status": {"phase": phase, "containerStatuses": [ended]}}, manager="kubelet")


@pytest.mark.parametrize(
    ("limit", "message"), [(0, "Job j has failed because it has reached the specified backoff limit"), (1, "is failed")]
)
def test_a_backoff_limit_of_nothing_is_reached_by_any_failure(limit, message):
    api = start()
    api.create(job(roles={"Master": 1, "Worker": 1}, runPolicy={"backoffLimit": limit}), manager="test")
    controller = PYTORCH.controllers[0](api)
    controller.reconcile(NAMESPACE, "j")
    end(api, "j-worker-0", 3)
    controller.reconcile(NAMESPACE, "j")
    status = api.get("pytorchjobs.kubeflow.org", NAMESPACE, "j")["status"]
    assert status["conditions"][-1]["type"] == "Failed" and message in status["conditions"][-1]["message"]
    assert "completionTime" in status


def test_ports_without_a_name_are_one():
    api = start()
    new = job()
    ports = [{"containerPort": 1}, {"containerPort": 2}, {"name": "pytorchjob-port", "containerPort": 5}]
    new["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["ports"] = ports[:2]
    kind = PYTORCH_KIND.replica("Master", new["spec"]["pytorchReplicaSpecs"]["Master"])
    assert [p.get("name", "") for p in kind.containers()[0]["ports"]] == ["", "", "pytorchjob-port"]
    api.create(new, manager="test")
    with pytest.raises(ApiError):  # a Service of several ports names them all
        PYTORCH.controllers[0](api).reconcile(NAMESPACE, "j")
    found = [e["message"] for e in api.list("events", NAMESPACE) if e["reason"] == "FailedCreateService"]
    assert found == ['Error creating: Service "j-master-0" is invalid: spec.ports[0].name: Required value']


def test_a_dynamic_worker_without_parameter_servers_is_told_of_none():
    api = start()
    api.create(job("TFJob", {"Chief": 1, "Worker": 1}, enableDynamicWorker=True), manager="test")
    TENSORFLOW.controllers[0](api).reconcile(NAMESPACE, "j")
    found = {n: api.get("pods", NAMESPACE, n)["spec"]["containers"][0]["env"][-1]["value"] for n in names(api)}
    assert '"ps":null' in found["j-worker-0"] and '"ps":[]' in found["j-chief-0"]


@pytest.mark.parametrize(("text", "world"), [("2", "4"), ("auto", "2"), ("²", "2"), ("+3", "6")])
def test_processes_per_node_as_go_reads_them(text, world):
    api = start()
    api.create(job(roles={"Master": 1, "Worker": 1}, nprocPerNode=text), manager="test")
    PYTORCH.controllers[0](api).reconcile(NAMESPACE, "j")
    env = {e["name"]: e.get("value") for e in api.get("pods", NAMESPACE, "j-worker-0")["spec"]["containers"][0]["env"]}
    assert env["WORLD_SIZE"] == world
