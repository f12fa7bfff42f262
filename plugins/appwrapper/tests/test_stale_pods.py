"""What is known of pods may be older than what is known of the job: no failure for good is made of that (one status)."""

from __future__ import annotations

import pytest

from arena_appwrapper.inside import _pods_failed
from arena_core.args import parse
from arena_core.contract.types import JobView, Phase
from arena_core.registry import Registry


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


def test_a_failure_is_final_only_where_pods_never_end() -> None:
    """A Volcano Job is Failed without counts the moment after its pod has failed: pods that still run were read before (one status)."""
    jobs = Registry(environ={})
    handle = jobs.get("appwrapperjob")
    args = parse(handle.args_model, {"name": "x", "image": "i", "command": "false", "inner_type": "volcano"})
    wrapper = handle.build_manifests(args)[0] | {"status": {"phase": "Running"}}
    (part,) = wrapper["spec"]["components"]
    inner = part["template"] | {"status": {"state": {"phase": "Failed"}, "minAvailable": 1}}
    labels = {"workload.codeflare.dev/appwrapper": "x", "volcano.sh/task-spec": "worker", "volcano.sh/task-index": "0"}
    running = {"containerStatuses": [{"name": "main-con", "ready": True, "state": {"running": {}}}], "phase": "Running"}
    pod = {"kind": "Pod", "metadata": {"name": "x-worker-0", "uid": "p", "labels": labels}, "spec": {"containers": [{"name": "main-con"}]}, "status": running}  # fmt: skip
    status = handle.status(JobView(wrapper, (pod,), (inner,)))
    assert status.phase is Phase.RUNNING and status.reason == "JobFailed" and "looks again within 60 s" in status.message
