"""What is known of pods may be older than what is known of the job: no failure for good is made of that (one status)."""

from __future__ import annotations

import pytest

from arena_appwrapper.inside import _pods_failed


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ({"state": {"phase": "Failed"}, "failed": 1, "minAvailable": 1}, True),
        ({"replicaStatuses": {"Worker": {"failed": 1}}}, True),
        ({"replicaStatuses": {"Worker": {"active": 1, "failed": 0}}}, False),
        ({"failed": 1, "succeeded": 0, "jobStatus": "FAILED"}, False),
        ({"state": {"phase": "Failed"}, "running": 2, "minAvailable": 1}, False),
        ({"replicaStatuses": None, "failed": "x", "running": 1}, False),
    ],
)
def test_failed_pods_that_the_job_counts_are_the_operators_to_judge(status: dict[str, object], counted: bool) -> None:
    assert _pods_failed({"status": status}) is counted
