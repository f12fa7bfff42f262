"""What jobs of the Training Operator share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.types import Phase, PodSet, Rank
from arena_core.families import kubeflow, kueue
from arena_core.families.args import RunPolicyArgs
from arena_core.testing.conformance import OBJECT

RECORDED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "recordings/phases.json"
CHIEF = ({kubeflow.REPLICA_TYPE: "master"},)


def job(*conditions: tuple[str, str], suspend: bool = False, labels: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    listed = [
        {"type": kind, "status": value, "reason": f"r{kind}", "message": f"m{kind}", "lastTransitionTime": "T9"}
        for kind, value in conditions
    ]
    template = {"spec": {"priorityClassName": "high", "containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}
    return {
        "metadata": {"name": "x", "uid": "u", "creationTimestamp": "T0", "labels": labels or {}},
        "spec": {
            "runPolicy": {"suspend": suspend},
            "pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 3, "template": template}},
        },
        "status": {"conditions": listed, **status},
    }


def pod(role: str, index: int, phase: str, **more: Any) -> dict[str, Any]:
    labels = {kubeflow.REPLICA_TYPE: role, kubeflow.REPLICA_INDEX: str(index)}
    return {"metadata": {"name": f"x-{role}-{index}", "labels": labels}, "status": {"phase": phase, **more}}


def state(obj: Any, pods: Any = (), related: Any = ()) -> Any:
    return kubeflow.job_status(obj, pods, related, field="pytorchReplicaSpecs", container="pytorch", chief_rules=CHIEF)


@pytest.mark.parametrize(
    ("obj", "phase", "exact"),
    [
        (job(), Phase.PENDING, ""),
        (job(("Created", "True")), Phase.PENDING, "Created"),
        (job(("Created", "True"), ("Running", "True")), Phase.RUNNING, "Running"),
        (job(("Created", "True"), ("Running", "False"), ("Restarting", "True")), Phase.PENDING, "Restarting"),
        (job(("Created", "True"), ("Running", "True"), ("Succeeded", "True")), Phase.SUCCEEDED, "Succeeded"),
        (job(("Created", "True"), ("Running", "True"), ("Failed", "True")), Phase.FAILED, "Failed"),
        (job(("Created", "True"), ("Suspended", "True"), suspend=True), Phase.SUSPENDED, "Suspended"),
        (job(("Created", "True"), suspend=True), Phase.SUSPENDED, "Suspended"),
        (job(("Suspended", "False"), ("Running", "True")), Phase.RUNNING, "Running"),
        (job(("Queuing", "True")), Phase.QUEUING, "Queuing"),
        ({}, Phase.PENDING, ""),
    ],
)
def test_phases(obj: dict[str, Any], phase: Phase, exact: str) -> None:
    found = state(obj)
    assert (found.phase, found.exact) == (phase, exact)


def test_a_status() -> None:
    pods = [pod("worker", 1, "Running"), pod("worker", 0, "Running"), pod("master", 0, "Running")]
    found = state(job(("Running", "True"), startTime="T1"), pods)
    assert [i.short_name for i in found.instances] == ["master-0", "worker-0", "worker-1"]
    assert found.chief is found.instances[0]
    assert (found.start, found.end, found.replicas, found.requests, found.priority) == ("T1", "", 4, {"nvidia.com/gpu": 8}, "high")
    over = state(job(("Failed", "True"), startTime="T1"), pods)
    assert (over.end, over.message) == ("T9", "mFailed")


def test_one_pending_pod_makes_a_running_job_pending_and_says_why() -> None:
    unschedulable = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]
    found = state(job(("Running", "True")), [pod("master", 0, "Running"), pod("worker", 0, "Pending", conditions=unschedulable)])
    assert (found.phase, found.reason, found.message) == (Phase.PENDING, "Unschedulable", "x-worker-0 cannot be scheduled: 0/1 nodes")


def test_a_job_that_kueue_holds_is_queuing_with_kueues_words() -> None:
    obj = job(("Suspended", "True"), suspend=True, labels={"kueue.x-k8s.io/queue-name": "team"})
    assert state(obj).phase == Phase.QUEUING
    assert "team" in state(obj).message
    conditions = [{"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "insufficient unused quota"}]
    workload = {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "Workload", "metadata": {"name": "w"}, "status": {"conditions": conditions}}
    found = state(obj, (), [workload])
    assert (found.phase, found.reason, found.message) == (Phase.QUEUING, "Pending", "insufficient unused quota")
    (cause,) = kubeflow.explain(found, obj, [workload])
    assert "insufficient unused quota" in cause.message
    (find,) = kueue.finds(obj)
    assert find.label_selector == "kueue.x-k8s.io/job-uid=u"
    assert kueue.finds(job()) == []


def test_a_failed_jobs_own_summary_explains_little() -> None:
    """What the instances say goes before it (jobs/reasons)."""
    (cause,) = kubeflow.explain(state(job(("Failed", "True"))), job(("Failed", "True")))
    assert (cause.message, cause.rank) == ("mFailed", Rank.INFO)


def test_a_reason_belongs_to_the_phase_that_is_shown() -> None:  # W4, R3
    """A job is PENDING for its pods, and never because it "is running"."""
    created = pod("worker", 0, "Pending", containerStatuses=[{"state": {"waiting": {"reason": "ContainerCreating"}}}])
    start = {"exitCode": 128, "reason": "StartError", "message": "no such file"}
    broken = pod("worker", 0, "Pending", containerStatuses=[{"name": "pytorch", "state": {"terminated": start}}])
    for stuck, word in ((created, "ContainerCreating"), (broken, "StartError")):
        found = state(job(("Created", "True"), ("Running", "True")), [pod("master", 0, "Running"), stuck])
        assert found.phase is Phase.PENDING and found.reason == word
        assert "mRunning" not in found.message and "x-worker-0" in found.message


def test_no_other_passes_for_a_master_that_is_gone() -> None:  # N2
    kind = kubeflow.Kind("pytorchReplicaSpecs", "pytorch", "pytorchjob-controller")
    worker = pod("worker", 0, "Running")
    assert kind.status(job(("Running", "True")), [worker], ()).chief is None
    alone = job(("Running", "True"))
    del alone["spec"]["pytorchReplicaSpecs"]["Master"]
    chief = kind.status(alone, [worker], ()).chief
    assert chief is not None and chief.name == "x-worker-0", "of workers alone the first leads"


def test_a_job_that_nobody_took_up_says_so() -> None:
    (cause,) = kubeflow.explain(state(job()), job())
    assert "has not taken up" in cause.message
    running = [
        pod(
            "master",
            0,
            "Running",
            containerStatuses=[{"ready": True, "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 7}}}],
        )
    ]
    assert kubeflow.explain(state(job(("Running", "True")), running), job(("Running", "True"))) == []


def test_run_policy() -> None:
    assert kubeflow.run_policy(RunPolicyArgs()) == {"cleanPodPolicy": "Running"}
    args = RunPolicyArgs(clean_task_policy="None", running_timeout=60, ttl_after_finished=5)
    assert kubeflow.run_policy(args, 0) == {
        "cleanPodPolicy": "None", "activeDeadlineSeconds": 60, "ttlSecondsAfterFinished": 5, "backoffLimit": 0,
    }  # fmt: skip


def test_pod_sets() -> None:
    assert kubeflow.pod_sets(job(), "pytorchReplicaSpecs") == [
        PodSet("master", "spec.pytorchReplicaSpecs.Master.template", 1),
        PodSet("worker", "spec.pytorchReplicaSpecs.Worker.template", 3),
    ]


@given(OBJECT, st.lists(OBJECT, max_size=3), st.lists(OBJECT, max_size=2))
def test_any_object_has_a_status(obj: dict[str, Any], pods: list[dict[str, Any]], related: list[dict[str, Any]]) -> None:
    found = state(obj, pods, related)
    kubeflow.explain(found, obj, related)
    kubeflow.explain_gang(found, related)
    kubeflow.finds(obj, "pytorchReplicaSpecs")


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not on this machine")
@pytest.mark.parametrize("kind", ["PyTorchJob", "TFJob"])
def test_every_recorded_status_has_a_phase(kind: str) -> None:
    recorded = [r for r in json.loads(RECORDED.read_text()) if r["kind"] == kind]
    assert len(recorded) > 20
    seen = {state({"metadata": {"name": r["name"]}, "status": r["status"]}).phase for r in recorded}
    assert {Phase.PENDING, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED} <= seen
    assert Phase.UNKNOWN not in seen
