"""What troubles a pod, in one sentence with its rank."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from arena_core.contract.types import Cause, Rank
from arena_core.podstatus import instance
from arena_core.podwords import cause_of
from arena_core.testing.conformance import OBJECT

RUNNING = {"name": "main", "ready": True, "state": {"running": {}}}


def pod(phase: str = "Pending", *, name: str = "x-master-0", spec: Any = None, metadata: Any = None, **status: Any) -> dict[str, Any]:
    main = {"name": "main", "resources": {"limits": {"memory": "32Mi"}}}
    return {
        "metadata": {"name": name, **(metadata or {})},
        "spec": {"nodeName": "node-1", "containers": [main], **(spec or {})},
        "status": {"phase": phase, **status},
    }


def said(obj: dict[str, Any], *, job_failed: bool = False) -> Cause:
    found = cause_of(obj, instance(obj), job_failed=job_failed)
    assert found is not None
    return found


def ended(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, **more}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"name": "main", "state": {"waiting": {"reason": reason, "message": message}}}


def placed(message: str, reason: str = "Unschedulable") -> list[dict[str, Any]]:
    return [{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]


@pytest.mark.parametrize(
    ("obj", "sentence", "rank"),
    [
        (
            pod("Failed", containerStatuses=[{"name": "main", "state": ended(3, message="oops")}]),
            "x-master-0 exited with 3: oops",
            Rank.FAILED,
        ),
        # N18: the word, and the limit that was too small
        (
            pod("Failed", containerStatuses=[{"name": "main", "state": ended(137, "OOMKilled")}]),
            "x-master-0 was OOMKilled (memory limit 32Mi, exit code 137)",
            Rank.FAILED,
        ),
        # W4: a container that could not start
        (
            pod("Failed", containerStatuses=[{"name": "main", "state": ended(128, "StartError", message="no such file")}]),
            "x-master-0 could not start (exit code 128): no such file",
            Rank.FAILED,
        ),
        # W5
        (
            pod("Running", containerStatuses=[{**waiting("CrashLoopBackOff"), "lastState": ended(2), "restartCount": 4}]),
            "x-master-0 exited with 2, restarted 4 times",
            Rank.FAILED,
        ),
        (
            pod(containerStatuses=[waiting("ImagePullBackOff", "Back-off pulling")]),
            "x-master-0 cannot pull its image: Back-off pulling",
            Rank.HELD,
        ),
        # N12, N15
        (pod(containerStatuses=[waiting("InvalidImageName")]), "x-master-0 can never start, its image name is invalid", Rank.NEVER),
        (pod(spec={"nodeName": ""}, conditions=placed("0/1 nodes")), "x-master-0 cannot be scheduled: 0/1 nodes", Rank.WAITS),
        # N14
        (
            pod(spec={"nodeName": "", "schedulerName": "nosuch"}),
            "no scheduler has looked at x-master-0; its schedulerName is nosuch",
            Rank.HELD,
        ),
        # W9
        (pod("Failed", reason="Evicted", message="low on memory"), "x-master-0 was evicted: low on memory", Rank.FAILED),
        (
            pod(
                "Running",
                containerStatuses=[RUNNING],
                conditions=[{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}],
            ),
            "x-master-0 was evicted (its node is being drained)",
            Rank.HELD,
        ),
        # W15
        (
            pod("Running", containerStatuses=[{"name": "main", "state": ended(0, "Completed")}, {**RUNNING, "name": "side"}]),
            "in x-master-0 main has ended (exit code 0), but side still runs",
            Rank.HELD,
        ),
        # N20
        (
            pod(initContainerStatuses=[{"name": "init-pytorch", "state": {"running": {}}}]),
            "x-master-0 waits for its init container init-pytorch",
            Rank.WAITS,
        ),
        (pod(containerStatuses=[waiting("ContainerCreating")]), "x-master-0 is being made on node-1", Rank.WAITS),
    ],
)
def test_sentences(obj: dict[str, Any], sentence: str, rank: Rank) -> None:
    found = said(obj)
    assert (found.message, found.rank, found.object) == (sentence, rank, "pod/x-master-0")


def test_code_that_could_not_be_fetched_names_its_repository_without_the_password() -> None:  # W3
    init = {"name": "init-code", "env": [{"name": "GIT_SYNC_REPO", "value": "https://me:hunter2@git.example/r.git"}]}
    obj = pod(spec={"initContainers": [init]}, initContainerStatuses=[{"name": "init-code", "state": ended(128)}])
    assert said(obj).message == "x-master-0: its init container init-code exited with 128, it fetches https://git.example/r.git"


def test_a_node_that_is_silent_is_named_with_since_when() -> None:  # R10
    since = "2026-01-01T00:00:00Z"
    conditions = [{"type": "Ready", "status": "False", "lastTransitionTime": since}, {"type": "ContainersReady", "status": "True"}]
    found = said(pod("Running", containerStatuses=[RUNNING], conditions=conditions))
    assert found.reason == "NodeNotReady"
    assert f"node-1, where x-master-0 runs, has not been heard of since {since}" in found.message
    not_ready = [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}, {"type": "ContainersReady", "status": "False"}]
    unready = pod("Running", containerStatuses=[RUNNING], conditions=not_ready)
    assert cause_of(unready, instance(unready)) is None, "a probe that fails is the container's business"


def test_a_restarted_culprit_is_known_by_its_earlier_run() -> None:  # W11
    again = pod("Running", containerStatuses=[{**RUNNING, "lastState": ended(1), "restartCount": 3}])
    assert said(again, job_failed=True).message == "x-master-0 exited with 1, restarted 3 times"
    assert cause_of(again, instance(again)) is None, "a job that runs has got over it"


def test_what_the_operator_ended_is_no_culprit() -> None:
    late = {"deletionTimestamp": "2026-01-01T00:01:00Z", "deletionGracePeriodSeconds": 30}
    killed = pod("Failed", metadata=late, containerStatuses=[{"name": "main", "state": ended(137, finishedAt="2026-01-01T00:00:45Z")}])
    assert cause_of(killed, instance(killed), job_failed=True) is None
    before = pod("Failed", metadata=late, containerStatuses=[{"name": "main", "state": ended(1, finishedAt="2026-01-01T00:00:10Z")}])
    assert said(before, job_failed=True).message == "x-master-0 exited with 1"


@given(OBJECT)
def test_any_object_is_taken(obj: dict[str, Any]) -> None:
    cause_of(obj, instance(obj))
    cause_of(obj, instance(obj), job_failed=True)
