"""Reasons are ranked from facts alone: job, pods, related objects, events of the namespace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.types import Cause, JobStatus, JobView, Phase, Rank
from arena_core.registry import Registry
from arena_core.testing.conformance import OBJECT
from arena_core.testing.seen import seen as viewed
from arena_core.usecases.reasons import healthy, reasons, told
from arena_core.usecases.removed import nothing_to_read
from arena_core.usecases.views import Job

HANDLE = Registry(environ={}).get("pytorchjob")
WHEN = "2026-01-01T00:00:10Z"


def event(
    reason: str, message: str, *, kind: str = "PyTorchJob", name: str = "j", uid: str = "u", warning: bool = True, at: str = WHEN
) -> Any:
    return {
        "involvedObject": {"kind": kind, "name": name, "uid": uid},
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": message,
        "firstTimestamp": at,
        "lastTimestamp": at,
    }


def manifest(*conditions: str, **more: Any) -> dict[str, Any]:
    rows = [
        {"type": c, "status": "True", "reason": f"PyTorchJob{c}", "message": f"PyTorchJob j is {c}.", "lastTransitionTime": WHEN}
        for c in conditions
    ]
    specs = {"Master": {"replicas": 1, "template": {}}, "Worker": {"replicas": 2, "template": {}}}
    metadata = {"name": "j", "uid": "u", "namespace": "n", "creationTimestamp": "2026-01-01T00:00:00Z", **more}
    return {
        "apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata,
        "spec": {"pytorchReplicaSpecs": specs}, "status": {"conditions": rows},
    }  # fmt: skip


def pod(name: str, phase: str = "Running", uid: str = "", **status: Any) -> dict[str, Any]:
    role = name.split("-")[1]
    labels = {"training.kubeflow.org/replica-type": role, "training.kubeflow.org/replica-index": name[-1]}
    labels |= {"training.kubeflow.org/job-role": "master"} if role == "master" else {}
    return {
        "metadata": {"name": name, "uid": uid or name, "labels": labels},
        "spec": {"nodeName": "node-1", "containers": [{"name": "pytorch"}]},
        "status": {"phase": phase, **status},
    }


def job(obj: dict[str, Any], pods: Any = (), related: Any = (), unread: tuple[str, ...] = ()) -> Job:
    found = viewed(obj, pods, related)
    return Job("pytorchjob", replace(found, status=HANDLE.status(found)), unread=unread)


def why(seen: Job, *events: Any) -> list[Cause]:
    return reasons(seen, HANDLE.explain(seen.view), events)


QUOTA = event("FailedCreatePod", 'Error creating: pods "j-worker-1" is forbidden: exceeded quota: q')


def test_what_refuses_goes_before_what_waits() -> None:  # W1
    waits = pod("j-worker-0", "Pending", containerStatuses=[{"name": "pytorch", "state": {"waiting": {"reason": "ContainerCreating"}}}])
    found = why(job(manifest("Created"), [pod("j-master-0"), waits]), QUOTA)
    assert [c.rank for c in found] == [Rank.REFUSED, Rank.WAITS]
    assert found[0].message == 'an instance cannot be created: pods "j-worker-1" is forbidden: exceeded quota: q'


def test_what_was_let_through_since_is_no_reason() -> None:
    later = event("SuccessfulCreatePod", "Created pod: j-worker-1", warning=False, at="2026-01-01T00:00:20Z")
    pods = [pod("j-master-0"), pod("j-worker-0")]
    assert "exceeded quota" in why(job(manifest("Created"), pods), QUOTA)[0].message
    assert Rank.REFUSED not in {c.rank for c in why(job(manifest("Created"), pods), QUOTA, later)}
    assert why(job(manifest("Running"), [*pods, pod("j-worker-1")]), QUOTA) == []


def test_an_earlier_jobs_events_are_not_this_ones() -> None:  # L3
    old = event("FailedCreatePod", 'Error creating: pods "j-worker-1" is forbidden: exceeded quota: q', uid="earlier")
    made = event("SuccessfulCreatePod", "Created pod: j-worker-0", warning=False)
    of_old_pod = event("FailedMount", "no such secret", kind="Pod", name="j-worker-0", uid="old", at="2025-12-31T23:00:00Z")
    said = " ".join(c.message for c in why(job(manifest("Created"), [pod("j-master-0")]), old, made, of_old_pod))
    assert "quota" not in said and "secret" not in said


def test_a_pod_of_an_earlier_job_that_is_still_ending_is_named() -> None:  # R5
    ending = event("FailedCreatePod", 'Error creating: object is being deleted: pods "j-master-0" already exists')
    first, *_ = why(job(manifest()), ending)
    assert first.rank is Rank.WAITS and "j-master-0 of an earlier job is still ending" in first.message


def test_a_mount_that_fails_is_told_in_the_events_words() -> None:  # W3
    waits = pod("j-master-0", "Pending", containerStatuses=[{"name": "pytorch", "state": {"waiting": {"reason": "ContainerCreating"}}}])
    failed = event(
        "FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "s" not found', kind="Pod", name="j-master-0", uid="j-master-0"
    )
    first, *_ = why(job(manifest("Created"), [waits]), failed)
    assert first.message == 'j-master-0 cannot start: MountVolume.SetUp failed for volume "v" : secret "s" not found'
    assert (first.rank, first.reason) == (Rank.HELD, "FailedMount")


def test_gone_instances_are_known_by_what_was_noted_of_them() -> None:  # N18, L4
    made = event("SuccessfulCreatePod", "Created pod: j-worker-0", warning=False)
    oom = event("OOMKilled", "Error pod j-worker-0 container pytorch exitCode: 137 terminated message: ")
    exited = event("ExitedWithCode", "Pod: n.j-worker-0 exited with code 137", warning=False)
    first, *rest = why(job(manifest("Failed")), made, exited, oom)
    assert (first.message, first.rank) == ("j-worker-0 was OOMKilled (exit code 137)", Rank.FAILED)
    assert [c.message for c in rest] == ["PyTorchJob j is Failed."], "told once, and before the job's own summary"


def test_a_preempted_job_that_then_failed_says_so() -> None:  # N7
    text = "Preempted to accommodate a workload (UID: w2)"
    workload = {
        "apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload", "metadata": {"name": "w"},
        "status": {"conditions": [{"type": "Preempted", "status": "False", "reason": "QuotaReserved", "message": f"Previously: {text}", "lastTransitionTime": WHEN}]},
    }  # fmt: skip
    first, *_ = why(job(manifest("Failed", labels={"kueue.x-k8s.io/queue-name": "q"}), related=[workload]))
    assert text in first.message and "admitted again while its old pod was ending" in first.message
    assert "TERM" in first.hint


def test_an_evicted_pod_that_is_gone_is_told_of() -> None:  # W9
    made = event("SuccessfulCreatePod", "Created pod: j-worker-0", warning=False)
    evicted = event("Evicted", "The node was low on resource: memory", kind="Pod", name="j-worker-0", uid="gone")
    first, *_ = why(job(manifest("Failed")), made, evicted)
    assert "j-worker-0 was evicted" in first.message and "low on resource" in first.message and first.rank is Rank.FAILED


def test_nothing_is_concluded_from_what_could_not_be_read() -> None:  # N3
    found = why(job(manifest(), unread=("events (forbidden)",)))
    said = " ".join(f"{c.message} {c.hint}" for c in found)
    assert "events (forbidden) cannot be read, so the reason may be missing" in said
    assert "taken up" not in said and "running?" not in said
    assert "has not taken up" in why(job(manifest()))[0].message, "nothing at all was said, and all could be read"
    assert "has not taken up" not in " ".join(c.message for c in why(job(manifest()), event("Odd", "something", warning=False)))


def test_it_is_never_said_that_all_is_well_with_a_job_that_does_not_run() -> None:  # W1, R5
    odd = event("Odd", "something happened", warning=False)
    pods = [pod(n) for n in ("j-master-0", "j-worker-0", "j-worker-1")]
    found = why(job(manifest("Created"), pods), odd)
    assert any("something happened" in c.message and c.hint == "no more is known" for c in found)
    other = Job("pytorchjob", JobView(manifest(), status=JobStatus(Phase.UNKNOWN)))
    assert reasons(other, (), ())[0].message, "also of a phase that nobody knows"


def test_equal_sentences_are_told_once_and_names_are_not_mixed_up() -> None:  # W10
    waiting = {"containerStatuses": [{"name": "pytorch", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]}
    other = {"containerStatuses": [{"name": "pytorch", "state": {"waiting": {"reason": "InvalidImageName"}}}]}
    pods = [pod("j-worker-1", "Pending", **waiting), pod("j-worker-10", "Pending", **other), pod("j-worker-2", "Pending", **waiting)]
    found = why(job(manifest("Created"), pods))
    assert [c.message for c in found] == [
        "j-worker-10 can never start, its image name is invalid",
        "j-worker-1 and 1 more cannot pull its image: no such image",
    ]


@pytest.mark.parametrize("spelling", ["pod j-master-0", "pod/j-master-0"])
def test_a_plugins_own_cause_of_a_pod_is_not_doubled(spelling: str) -> None:
    failed = pod("j-master-0", "Failed", containerStatuses=[{"name": "pytorch", "state": {"terminated": {"exitCode": 3}}}])
    found = reasons(job(manifest("Failed"), [failed]), [Cause("master-0: Error", object=spelling)], ())
    assert [c.message for c in found if c.rank < Rank.INFO] == ["j-master-0 exited with 3"]


def test_the_first_cause_is_the_reason_everywhere() -> None:
    seen = job(manifest("Created"), [pod("j-master-0")])
    causes = why(seen, QUOTA)
    status = told(seen, causes).status
    assert (status.reason, status.message) == ("FailedCreatePod", causes[0].message)
    assert told(seen, causes).causes == tuple(causes)


def test_what_is_well_needs_no_reason() -> None:
    pods = [pod(n) for n in ("j-master-0", "j-worker-0", "j-worker-1")]
    assert healthy(job(manifest("Running"), pods)) and healthy(job(manifest("Succeeded")))
    assert not healthy(job(manifest("Running"), pods[:2])) and not healthy(job(manifest("Created"), pods))
    lost = [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]
    assert not healthy(job(manifest("Running"), [*pods[:2], pod("j-worker-1", conditions=lost)])), "its node is silent (R10)"


@given(OBJECT, st.lists(OBJECT, max_size=2), st.lists(OBJECT, max_size=4))
def test_any_facts_are_taken(obj: dict[str, Any], pods: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    for phase in Phase:
        seen = Job("pytorchjob", JobView(obj, tuple(pods), status=JobStatus(phase)))
        found = reasons(seen, (), events)
        assert found or phase in (Phase.SUCCEEDED, Phase.RUNNING, Phase.READY)


def test_a_pod_that_was_evicted_before_its_containers_told_comes_first() -> None:  # W9
    gone = {"reason": "Evicted", "message": "low", "conditions": [{"type": "Ready", "lastTransitionTime": "2026-01-01T00:00:05Z"}]}
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-01-01T00:00:09Z"}}
    pods = [
        pod("j-master-0", "Failed", containerStatuses=[{"name": "pytorch", "state": ended}]),
        pod("j-worker-1", "Failed", **gone),
    ]
    assert why(job(manifest("Created", "Failed"), pods))[0].message == "j-worker-1 was evicted: low"


def test_a_container_that_its_node_ended_for_a_probe_says_so() -> None:  # W5, W11
    ended = {"terminated": {"exitCode": 137, "reason": "Error"}}
    waits = {"waiting": {"reason": "CrashLoopBackOff"}}
    rows = [{"name": "pytorch", "state": waits, "lastState": ended, "restartCount": 2}]
    pods = [pod("j-master-0", containerStatuses=rows)]
    about = {"kind": "Pod", "name": "j-master-0", "uid": "j-master-0"}
    seen = event("Unhealthy", "Liveness probe failed: connection refused", **about)
    killing = event("Killing", "Container pytorch failed liveness probe, will be restarted", warning=False, **about)
    text = why(job(manifest("Created", "Running"), pods), seen, killing)[0].message
    assert "exited with 137" in text
    assert "its node ended it because its liveness probe failed (Liveness probe failed: connection refused)" in text
    ended["terminated"] |= {"startedAt": "2026-01-01T01:00:00Z", "finishedAt": "2026-01-01T02:00:00Z"}
    assert "probe" not in why(job(manifest("Created", "Running"), pods), seen, killing)[0].message, "that was an earlier run"


@pytest.mark.parametrize(
    ("reason", "rank", "words"),
    [("TriggeredScaleUp", Rank.WAITS, "a node is being added for it"), ("NotTriggerScaleUp", Rank.WAITS, "the autoscaler adds no node")],
)
def test_what_an_autoscaler_does_is_told(reason: str, rank: Rank, words: str) -> None:  # W2
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: 1 Insufficient x/y"}]
    pending = pod("j-master-0", "Pending", conditions=conditions)
    pending["spec"]["nodeName"] = ""
    said = event(reason, "pod: group a", kind="Pod", name="j-master-0", uid="j-master-0", warning=False)
    found = why(job(manifest("Created"), [pending]), said)[0]
    assert words in found.message
    assert found.rank is rank
    assert (found.reason == "Unschedulable") is (reason == "NotTriggerScaleUp"), "what a coming node may carry never 'never fits'"


def test_an_instance_that_somebody_deleted_is_named_with_that() -> None:  # W9
    about = {"kind": "Pod", "name": "j-worker-0", "uid": "w0", "warning": False}
    made = event("SuccessfulCreatePod", "Created pod: j-worker-0", warning=False)
    stopped = event("Killing", "Stopping container pytorch", **about)
    failed = job(manifest("Created", "Failed"))
    text = why(failed, made, stopped)[0].message
    assert text.startswith(f"j-worker-0 was deleted while it ran: its node stopped it at {WHEN}")
    by_operator = event("SuccessfulDeletePod", "Deleted pod: j-worker-0", warning=False)
    assert "was deleted while" not in why(failed, made, stopped, by_operator)[0].message
    later = event("Killing", "Stopping container pytorch", **about, at="2026-01-01T00:01:00Z")
    assert "was deleted while" not in why(failed, made, later)[0].message, "what is stopped after the end is cleaning up"
    probe = event("Killing", "Container pytorch failed liveness probe, will be restarted", **about)
    assert "was deleted while" not in why(failed, made, probe)[0].message


@pytest.mark.parametrize(
    ("by", "words"), [("kueue.x-k8s.io/multikueue", "in another cluster (MultiKueue)"), ("example.com/mine", "left to example.com/mine")]
)
def test_a_job_that_is_left_to_another_controller_is_not_said_to_wait_for_its_operator(by: str, words: str) -> None:  # N3, L4
    there = manifest()
    there["spec"]["runPolicy"] = {"managedBy": by}
    seen = job(there)
    found = why(seen)
    assert words in found[0].message
    assert "is the operator running" not in " ".join(c.message + c.hint for c in found)
    error = nothing_to_read(seen)
    assert words in error.hint
    assert "waits for them" not in error.hint
    there["spec"]["runPolicy"] = {"managedBy": "kubeflow.org/training-operator"}
    assert why(job(there))[0].reason == "NotTakenUp"


def test_a_condition_that_nobody_knows_is_told_and_shows_that_the_operator_is_up() -> None:  # W1, N3
    there = manifest()
    row = {"type": "Odd", "status": "False", "reason": "Why", "message": "no such runtime", "lastTransitionTime": WHEN}
    there["status"]["conditions"] = [row]
    first = why(job(there))[0]
    assert (first.message, first.reason) == ("its condition Odd is False: no such runtime", "Why")


def test_a_job_of_no_instances_says_so() -> None:  # W1
    handle = Registry(environ={}).get("job")
    obj = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"parallelism": 0, "template": {}}}
    found = viewed(obj)
    (cause,) = handle.explain(replace(found, status=handle.status(found)))
    assert cause.message == "it runs no instances: spec.parallelism is 0"
