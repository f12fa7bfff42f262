"""Kueue's words, sorted: what never fits, what somebody must change, what comes by itself (W2)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.types import Rank
from arena_core.families import kueue, queueing
from arena_core.testing.conformance import OBJECT

RECORDED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "recordings/phases.json"
JOB = {"metadata": {"name": "j", "labels": {kueue.QUEUE: "q"}}}
SPEC = {
    "queueName": "q",
    "podSets": [{"count": 2, "template": {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}}],
}


def workload(*conditions: tuple[str, str, str, str], **spec: Any) -> dict[str, Any]:
    rows = [{"type": t, "status": s, "reason": r, "message": m, "lastTransitionTime": "T1"} for t, s, r, m in conditions]
    return {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "Workload",
        "metadata": {"name": "w"},
        "spec": {**SPEC, **spec},
        "status": {"conditions": rows},
    }


def waits(message: str, reason: str = "Pending") -> dict[str, Any]:
    return workload(("QuotaReserved", "False", reason, message))


PREFIX = "couldn't assign flavors to pod set main: "


@pytest.mark.parametrize(
    ("found", "rank", "reason", "words"),
    [
        (
            waits(
                PREFIX + "insufficient quota for nvidia.com/gpu in flavor f, previously considered podsets requests (0) + current podset "
                "request (16) > maximum capacity (8)"
            ),
            Rank.NEVER, "NeverFits", "asks for 16 nvidia.com/gpu, the queue has at most 8",
        ),
        (
            waits(PREFIX + "insufficient quota for cpu in flavor f, request > maximum capacity (40 > 8)"),
            Rank.NEVER, "NeverFits", "asks for 40 cpu, the queue has at most 8",
        ),
        (waits(PREFIX + "resource example.com/foo unavailable in ClusterQueue"), Rank.NEVER, "NotCovered", "does not cover example.com/foo"),
        (waits("LocalQueue q doesn't exist", "Inadmissible"), Rank.NEVER, "QueueMissing", "LocalQueue q does not exist"),
        (waits("ClusterQueue cq doesn't exist", "Inadmissible"), Rank.NEVER, "QueueMissing", "ClusterQueue cq does not exist"),
        (waits("ClusterQueue cq is inactive", "Inadmissible"), Rank.NEVER, "QueueInactive", "ClusterQueue cq is held or inactive"),
        (waits("LocalQueue q is inactive", "Inadmissible"), Rank.NEVER, "QueueInactive", "LocalQueue q is held or inactive"),
        (waits(PREFIX + "untolerated taint {a b NoSchedule <nil>} in flavor f"), Rank.NEVER, "NoFlavor", "untolerated taint"),
        (waits("resources didn't satisfy LimitRange constraints: x"), Rank.REFUSED, "LimitRange", "LimitRange"),
        (workload(("Evicted", "True", "ClusterQueueStopped", "The ClusterQueue is stopped")), Rank.NEVER, "ClusterQueueStopped", "stopped"),
        (workload(active=False), Rank.NEVER, "Deactivated", "deactivated"),
        (
            waits(PREFIX + "insufficient unused quota for nvidia.com/gpu in flavor f, 3 more needed"),
            Rank.WAITS, "Pending", "waits in queue q for 3 more nvidia.com/gpu (it asks for 4 nvidia.com/gpu)",
        ),
        (
            workload(("Evicted", "True", "Preempted", "Preempted to accommodate u2"), ("QuotaReserved", "False", "Pending", "Preempted to accommodate u2")),
            Rank.WAITS, "Pending", "Preempted to accommodate u2; it waits in queue q again",
        ),
    ],
)  # fmt: skip
def test_kueues_words(found: dict[str, Any], rank: Rank, reason: str, words: str) -> None:
    cause = queueing.cause(JOB, [found])
    assert cause is not None
    assert (cause.rank, cause.reason) == (rank, reason)
    assert words in cause.message
    assert rank is Rank.WAITS or cause.hint, "who must change what"
    assert "by itself" not in cause.message + cause.hint


def test_nothing_is_promised_where_no_workload_is_seen() -> None:  # N3
    cause = queueing.cause(JOB, [])
    assert cause is not None
    assert cause.reason == "NoWorkload" and not cause.hint and "by itself" not in cause.message
    assert queueing.cause({"metadata": {"name": "j"}}, []) is None


def test_a_past_eviction_is_remembered() -> None:  # N7, W9
    found = workload(("Evicted", "False", "QuotaReserved", "Previously: Preempted to accommodate u2"))
    assert queueing.past_eviction([found]) == ("Evicted", "Preempted to accommodate u2", "T1")
    assert queueing.past_eviction([]) == ("", "", "")


@given(OBJECT, st.lists(OBJECT, max_size=2))
def test_any_object_is_taken(job: dict[str, Any], related: list[dict[str, Any]]) -> None:
    named = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload"}
    queueing.cause(job, [{**obj, **named} for obj in related])
    queueing.past_eviction([{**obj, **named} for obj in related])


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not on this machine")
def test_every_recorded_workload_that_waits_is_sorted() -> None:
    rows = [r for r in json.loads(RECORDED.read_text()) if r["kind"] == "Workload" and r["status"]]
    seen: set[Rank] = set()
    for row in rows:
        found = {**workload(), "status": row["status"]}
        cause = queueing.cause(JOB, [found])
        assert cause is not None and cause.message
        seen.add(cause.rank)
    assert {Rank.NEVER, Rank.WAITS} <= seen


def test_what_is_lacking_is_said_once_for_all_pod_sets():
    """Kueue counts from pod set to pod set; the sums are not to be added."""
    text = "couldn't assign flavors to pod set a: insufficient unused quota for nvidia.com/gpu in flavor f, 1 more needed; "
    text += "couldn't assign flavors to pod set b: insufficient unused quota for nvidia.com/gpu in flavor f, 2 more needed, "
    text += "insufficient unused quota for cpu in flavor f, 500m more needed"
    found = queueing.cause(JOB, [waits(text)])
    assert found is not None and "for 2 more nvidia.com/gpu and 500m more cpu (" in found.message


def test_when_kueue_tries_again_is_told() -> None:  # N20
    text = "Exceeded the PodsReady timeout n/w"
    sent_back = workload(
        ("QuotaReserved", "False", "Pending", text),
        ("Evicted", "True", "PodsReadyTimeout", text),
        ("Requeued", "False", "PodsReadyTimeout", text),
    )
    sent_back["status"]["requeueState"] = {"count": 2, "requeueAt": "2026-01-01T00:10:00Z"}
    found = queueing.cause(JOB, [sent_back])
    assert found is not None
    assert found.message == f"{text}; it waits in queue q again; Kueue queues it again at 2026-01-01T00:10:00Z (for the 2nd time)"
    sent_back["status"]["conditions"][2]["status"] = "True"
    found = queueing.cause(JOB, [sent_back])
    assert found is not None
    assert "at 2026" not in found.message, "it is in line by now"
