"""What a Volcano Job is doing: total over everything recorded, and in the words that a reader of the recordings expects."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from volcano_shared import SHARED, needs_shared, recording

from arena_core.contract.types import Phase
from arena_core.testing.lifecycles import replay
from arena_volcano.status import PHASES, explain, instances, pod_sets, related, status

#: Read in the recordings and judged by hand, not made by the code: scenario → (what the job shows, what a user is to be told), in
#: order. A job that runs while one of its pods still waits is PENDING, as in Arena, unless the gang is met without it (W12).
LIFE: dict[str, list[tuple[str, str]]] = {
    "vc-gang-success": [("", "PENDING"), ("Pending", "PENDING"), ("Running", "RUNNING"), ("Completed", "SUCCEEDED")],
    "vc-nopolicy-podfail": [("", "PENDING"), ("Pending", "PENDING"), ("Running", "RUNNING"), ("Failed", "FAILED")],
    "vc-nopolicy-podfail-minavailable": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Completed", "SUCCEEDED"),
    ],
    "vc-abort-resume": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Aborting", "SUSPENDED"),
        ("Aborted", "SUSPENDED"),
        ("Restarting", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Completed", "SUCCEEDED"),
    ],
    "vc-abort-pending": [("", "PENDING"), ("Pending", "PENDING"), ("Aborting", "SUSPENDED"), ("Aborted", "SUSPENDED")],
    "vc-command-terminate": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Terminating", "RUNNING"),
        ("Terminated", "FAILED"),
    ],
    "vc-policy-timeout": [("", "PENDING"), ("Pending", "PENDING"), ("Terminating", "RUNNING"), ("Terminated", "FAILED")],
    "vc-policy-podfailed-restartjob": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Restarting", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Restarting", "PENDING"),
        ("Failed", "FAILED"),
    ],
    "vc-policy-taskcompleted-complete": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Completing", "RUNNING"),
        ("Completed", "SUCCEEDED"),
    ],
    "vc-min-success": [("", "PENDING"), ("Pending", "PENDING"), ("Running", "RUNNING"), ("Completed", "SUCCEEDED")],
    "vc-dependson": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Completed", "SUCCEEDED"),
    ],
    "vc-pod-deleted-nopolicy": [
        ("", "PENDING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Pending", "PENDING"),
        ("Running", "RUNNING"),
        ("Completed", "SUCCEEDED"),
    ],
    "vc-queue-too-small": [("", "PENDING"), ("Pending", "PENDING")],
    "vc-unsched-nodeselector-cpu": [("", "PENDING"), ("Pending", "PENDING")],
    "vc-image-pullbackoff": [("", "PENDING"), ("Pending", "PENDING")],
    "vc-priority-missing": [("", "PENDING"), ("Pending", "PENDING")],
}


def played(name: str) -> list[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return (job, pods, PodGroups) after each change of the job, a pod or the group."""
    found = []
    for entry, objects in replay(recording(name)["timeline"]):
        now = {kind: [copy.deepcopy(o) for (k, _), o in objects.items() if k == kind] for kind in ("VolcanoJob", "Pod", "PodGroup")}
        if now["VolcanoJob"] and entry["kind"] in now:
            found.append((now["VolcanoJob"][0], now["Pod"], now["PodGroup"]))
    return found


@needs_shared
@pytest.mark.parametrize("name", sorted(LIFE))
def test_words_of_a_life(name: str) -> None:
    seen: list[tuple[str, str]] = []
    for job, pods, groups in played(name):
        now = status(job, pods, groups)
        if not seen or seen[-1] != (now.exact, str(now.phase)):
            seen.append((now.exact, str(now.phase)))
    assert _without_flicker(seen) == LIFE[name]


def _without_flicker(seen: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out that a running job is PENDING for the moment in which a pod that comes or goes is not counted yet."""
    keep = []
    for at, pair in enumerate(seen):
        if pair == ("Running", "PENDING") and 0 < at < len(seen) - 1 and seen[at - 1] == ("Running", "RUNNING"):
            continue
        if not keep or keep[-1] != pair:
            keep.append(pair)
    return keep


@needs_shared
@pytest.mark.parametrize(
    ("name", "reason", "message"),
    [
        ("vc-queue-too-small", "WaitingInQueue", "Volcano's queue q-small has not let it in"),
        ("vc-unsched-cluster", "WaitingInQueue", "Volcano's queue default has not let it in"),
        ("vc-unsched-nodeselector-cpu", "Unschedulable", "didn't match Pod's node affinity/selector"),
        ("vc-unsched-nodeselector", "Unschedulable", "didn't match Pod's node affinity/selector"),
        ("vc-image-pullbackoff", "ImagePullBackOff", "j-a-0"),
        ("vc-nopolicy-podfail", "Error", "a-0 failed with exit code 1"),
        ("vc-policy-podfailed-restartjob", "Error", "after 1 restart (maxRetry 2)"),
        ("vc-abort-pending", "Aborted", "waits to be resumed"),
        ("vc-command-terminate", "Terminated", "terminated it"),
    ],
)
def test_reasons(name: str, reason: str, message: str) -> None:
    told = [(s.reason, s.message) for s in (status(*step) for step in played(name))]
    assert any(r == reason and message.removeprefix("j-") in m for r, m in told), told[-1]
    job, pods, groups = played(name)[-1]
    assert explain(job, pods, groups)


@needs_shared
def test_every_recorded_status_is_understood() -> None:
    entries = json.loads((SHARED / "recordings" / "phases.json").read_text(encoding="utf-8"))
    entries = entries if isinstance(entries, list) else entries["statuses"]
    seen = dict.fromkeys(("VolcanoJob", "PodGroup"), 0)
    for entry in entries:
        if entry["kind"] not in seen:
            continue
        seen[entry["kind"]] += 1
        job = {"metadata": {"name": "j"}, "spec": {"tasks": [{"name": "a", "replicas": 1}]}, "status": entry["status"]}
        group = {"apiVersion": "scheduling.volcano.sh/v1beta1", "kind": "PodGroup", "metadata": {"name": "g"}, "status": entry["status"]}
        now = (
            status(job, [], [])
            if entry["kind"] == "VolcanoJob"
            else status({**job, "status": {"state": {"phase": "Pending"}}}, [], [group])
        )
        assert now.phase != Phase.UNKNOWN
        explain(job, [], [group])
    assert all(seen.values())


def test_unknown_words_are_unknown() -> None:
    assert status({"status": {"state": {"phase": "Dreaming"}}}, []).phase == Phase.UNKNOWN
    assert set(PHASES.values()) <= set(Phase)


def pod(name: str, task: str, index: int, phase: str = "Running", **labels: str) -> dict[str, Any]:
    marks = {"volcano.sh/task-spec": task, "volcano.sh/task-index": str(index), **labels}
    return {"metadata": {"name": name, "labels": marks}, "status": {"phase": phase}}


def test_the_chief_is_the_first_pod_of_the_first_task() -> None:
    job = {"spec": {"tasks": [{"name": "ps", "replicas": 1}, {"name": "worker", "replicas": 2}]}}
    pods = [pod("j-worker-1", "worker", 1), pod("j-worker-0", "worker", 0), pod("j-ps-0", "ps", 0)]
    found = instances(job, pods)
    assert [i.short_name for i in found] == ["ps-0", "worker-0", "worker-1"]
    assert [i.chief for i in found] == [True, False, False]
    marked = [pod("j-ps-0", "ps", 0), pod("j-worker-0", "worker", 0, **{"volcano-role": "driver"})]
    assert [i.name for i in instances(job, marked) if i.chief] == ["j-worker-0"]


def test_pod_sets_and_gpus() -> None:
    spec = {"containers": [{"name": "c", "resources": {"limits": {"nvidia.com/gpu": "2", "huawei.com/Ascend910": 8}}}]}
    tasks = [{"name": "a", "replicas": 3, "template": {"spec": spec}}, {"replicas": 1, "template": {"spec": spec}}]
    job = {"spec": {"tasks": tasks, "priorityClassName": "p"}}
    assert [(p.name, p.path, p.replicas) for p in pod_sets(job)] == [
        ("a", "spec.tasks[0].template", 3),
        ("default1", "spec.tasks[1].template", 1),
    ]
    now = status(job, [])
    assert (now.replicas, dict(now.requests), now.priority) == (4, {"nvidia.com/gpu": 8, "huawei.com/Ascend910": 32}, "p")


def test_the_pod_group_is_asked_for_only_while_the_job_waits() -> None:
    def asks(phase: str) -> bool:
        return related({"metadata": {"uid": "u"}, "status": {"state": {"phase": phase}}}) != []

    assert asks("Pending") and asks("") and asks("Restarting")
    assert not asks("Running") and not asks("Completed")


def test_the_first_failure_is_told_when_a_policy_ended_the_job() -> None:
    def failed(name: str, code: int, at: str) -> dict[str, Any]:
        broken = pod(name, "a", int(name[-1]), "Failed")
        ended = {"exitCode": code, "reason": "Error", "finishedAt": at}
        broken["status"]["containerStatuses"] = [{"name": "c", "state": {"terminated": ended}}]
        return broken

    pods = [failed("j-a-0", 143, "2026-01-01T00:00:09Z"), failed("j-a-1", 3, "2026-01-01T00:00:05Z")]
    now = status({"status": {"state": {"phase": "Terminated"}}}, pods)
    assert (now.reason, now.phase) == ("Terminated", Phase.FAILED)
    assert now.message.endswith("a-1 failed with exit code 3")


def test_restarts_that_were_made_are_counted() -> None:  # W12
    """Volcano restarts maxRetry - 1 times; its count of retries is one ahead when the last run has failed."""

    def message(phase: str, count: int, most: int) -> str:
        return status({"spec": {"maxRetry": most}, "status": {"state": {"phase": phase}, "retryCount": count}}, []).message

    assert message("Restarting", 1, 3) == "restart 1 of at most 2"
    assert "3 of at most 2" not in message("Restarting", 3, 3) and "2 restarts are used up" in message("Restarting", 3, 3)
    assert message("Failed", 3, 3) == "it failed after 2 restarts (maxRetry 3)"


def test_a_job_whose_gang_is_met_runs() -> None:  # W12
    job = {
        "spec": {"minAvailable": 1, "tasks": [{"name": "a", "replicas": 3}]},
        "status": {"state": {"phase": "Running"}},
    }
    pods = [pod("j-a-0", "a", 0), pod("j-a-1", "a", 1, "Pending"), pod("j-a-2", "a", 2, "Pending")]
    assert status(job, pods).phase is Phase.RUNNING
    job["spec"]["minAvailable"] = 2
    assert status(job, pods).phase is Phase.PENDING
    (cause, *_) = explain({**job, "status": {"state": {"phase": "Pending"}}}, pods)
    assert cause.message == "1 pod runs, 2 must run together"  # N20
