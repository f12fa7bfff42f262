"""Which rule has removed pods, and how they stay, is said by the job's type: nobody else knows its flags."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.contract.types import JobStatus, JobView, Phase, Removal
from arena_core.families import kubeflow
from arena_core.usecases.incidents import failures_of_gone
from arena_core.usecases.removed import nothing_to_read
from arena_core.usecases.views import Job

GONE = {
    "reason": "ExitedWithCode", "message": "Pod: ns.x-worker-0 exited with code 3",
    "involvedObject": {"kind": "Thing", "name": "x"}, "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
}  # fmt: skip


def job(removal: Removal | None) -> Job:
    return Job("thing", JobView({"metadata": {"name": "x"}}, (), (), JobStatus(Phase.FAILED, removal=removal)))


@pytest.mark.parametrize("removal", [None, Removal("the thing eats its pods", "--fasting keeps them")])
def test_only_a_type_that_removes_pods_says_how_to_keep_them(removal: Removal | None) -> None:
    """A plain Job, a RayJob had been told of --clean-task-policy, which they do not have."""
    (cause,) = failures_of_gone(job(removal), [GONE])
    refused = nothing_to_read(job(removal))
    for text in (cause.hint, refused.hint):
        assert ("--fasting keeps them" in text) == bool(removal) and "clean-task-policy" not in text
    assert refused.message.endswith(": the thing eats its pods") == bool(removal)


@pytest.mark.parametrize(
    ("policy", "rule"), [("All", "its clean-task policy is All"), ("Running", "its clean-task policy is Running"), ("None", ""), (7, "")]
)
def test_the_training_operators_policy(policy: Any, rule: str) -> None:
    found = kubeflow.removal({"spec": {"runPolicy": {"cleanPodPolicy": policy}}})
    assert (found.rule if found else "") == rule
