"""Which of a pod's ends explains it: not its sidecar's, not a code that its node or a scheduler is behind."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.contract.types import Rank
from arena_core.podstatus import instance
from arena_core.podwords import cause_of
from arena_core.usecases.lastlines import failed_container

SIDE = {"initContainers": [{"name": "proxy", "restartPolicy": "Always"}]}
TWO = {"containers": [{"name": "main"}, {"name": "agent"}]}


def row(name: str, code: int | None, at: int = 1, **more: Any) -> dict[str, Any]:
    ended = {"reason": "Completed" if code == 0 else "Error", "finishedAt": f"2026-01-01T00:00:{at:02}Z", **more}
    return {"name": name, "state": {"terminated": ended if code is None else {"exitCode": code, **ended}}}


def pod(phase: str, *rows: Any, inits: Any = (), spec: Any = None, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "j-0"},
        "spec": {"nodeName": "n1", "containers": [{"name": "main"}], **(spec or {})},
        "status": {"phase": phase, "containerStatuses": list(rows), "initContainerStatuses": list(inits), **status},
    }


def target(reason: str, second: int) -> list[dict[str, Any]]:
    at = f"2026-01-01T00:00:{second:02}Z"
    return [{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "make room", "lastTransitionTime": at}]


@pytest.mark.parametrize(
    ("obj", "sentence", "code"),
    [
        # W9: whoever ended it is the reason, the code is theirs
        (pod("Failed", row("main", 137), reason="Evicted", message="low on memory"), "j-0 was evicted (exit code 137): low on memory", 137),
        (
            pod("Failed", row("main", 143), reason="DeadlineExceeded", message="too long"),
            "j-0 ran longer than its pod's activeDeadlineSeconds (exit code 143): too long",
            143,
        ),
        (pod("Failed", row("main", 137), reason="Terminated"), "j-0 was ended because its node shuts down (exit code 137)", 137),
        (
            pod("Failed", row("main", 143, at=9), conditions=target("PreemptionByScheduler", 8)),
            "j-0 was preempted by the scheduler (exit code 143): make room",
            143,
        ),
        (pod("Failed", row("main", 1, at=5), conditions=target("EvictionByEvictionAPI", 8)), "j-0 exited with 1", 1),
        # W15: a sidecar of a pod that is over was ended with it
        (pod("Failed", row("main", 1, at=3), inits=[row("proxy", 137, at=2)], spec=SIDE), "j-0 exited with 1", 1),
        # W11: the first that failed is the culprit, and it is named where it is not the program
        (pod("Failed", row("agent", 137, at=3), row("main", 5, at=2), spec=TWO), "j-0 exited with 5", 5),
        (pod("Failed", row("agent", 4), row("main", 0), spec=TWO), "j-0: its container agent exited with 4", 4),
        # what is not known is not guessed
        (pod("Failed"), "j-0 failed, and its status does not say why", None),
        (pod("Failed", row("main", None)), "j-0 ended badly (Error)", None),
        (pod("Failed", row("main", 0, signal=9)), "j-0 was killed by signal 9", 0),
        (pod("Failed", row("main", 137, reason="ContainerStatusUnknown")), "how j-0 ended is not known: its node has lost it", 137),
        (pod("Unknown", reason="NodeLost"), "what j-0 does is not known: its node n1 does not answer", None),
    ],
)
def test_the_end_that_explains(obj: dict[str, Any], sentence: str, code: int | None) -> None:
    member = instance(obj)
    found = cause_of(obj, member, job_failed=True)
    assert found is not None
    assert (found.message, member.exit_code) == (sentence, code)


def test_a_pod_that_ended_well_has_not_failed_by_its_sidecar() -> None:  # W15
    obj = pod("Succeeded", row("main", 0), inits=[row("proxy", 143)], spec=SIDE)
    member = instance(obj)
    assert (member.exit_code, member.reason, cause_of(obj, member, job_failed=True)) == (0, "", None)
    assert failed_container(obj) == ("", False), "no log of a sidecar is shown as that of what failed"


def test_a_container_that_ends_well_and_is_started_again_is_told() -> None:  # W5
    again = {"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 3}
    obj = pod("Running", {**again, "lastState": row("main", 0)["state"]})
    found = cause_of(obj, instance(obj))
    assert found is not None
    assert found.message == "j-0 keeps restarting (it ends with exit code 0 and is started again, restarted 3 times)"


def test_an_init_container_has_limits_and_earlier_runs_too() -> None:  # N18, N20
    spec = {"initContainers": [{"name": "prep", "resources": {"limits": {"memory": "64Mi"}}}]}
    killed = pod("Pending", inits=[row("prep", 137, reason="OOMKilled")], spec=spec)
    found = cause_of(killed, instance(killed))
    assert found is not None
    assert found.message == "j-0: its init container prep was OOMKilled (memory limit 64Mi, exit code 137)"
    prep = {"name": "prep", "state": {"running": {}}, "lastState": row("prep", 3)["state"], "restartCount": 2}
    again = pod("Pending", inits=[prep], spec=spec)
    found = cause_of(again, instance(again))
    assert found is not None
    assert found.message == "j-0 waits for its init container prep, which exited with 3 before, restarted 2 times"


def test_full_nodes_beside_tainted_ones_are_waited_for() -> None:  # W2
    message = "0/3 nodes are available: 1 node(s) had untolerated taint {control-plane: }, 2 Insufficient nvidia.com/gpu."
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    obj = pod("Pending", spec={"nodeName": ""}, conditions=conditions)
    found = cause_of(obj, instance(obj))
    assert found is not None
    assert found.rank is Rank.WAITS
