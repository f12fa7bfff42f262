"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import USUAL, common
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_job.jobset import plugin
from arena_job.jobset.args import JobSetArgs

SAMPLES = read_samples(Path(__file__).parent / "data" / "jobset_samples.json")
ROLES = ["init=1,gpus=0", {"name": "worker", "pods": 2, "jobs": 3, "depends-on": ["init:complete"], "pod-retry": 2}]
#: What a JobSet has no flag for (which pods go at the end) is left out.
FLAGS = {
    **common(JobSetArgs.model_fields),
    "roles": [{}, {"workers": 3}, {"roles": ROLES, "role_commands": {"init": "true"}}],
    "ends": [
        {},
        {"retry": 2, "restart_strategy": "BlockingRecreate", "pod_retry": 1, "running_timeout": "1h"},
        {"failure_rules": ["*=RestartJobSetAndIgnoreMaxRestarts", "DeadlineExceeded=FailJobSet"], "fail_on_exit_code": [3]},
    ],
    "success": [{}, {"success_on": "Any"}],
    "network": [{}, {"subdomain": "net", "publish_not_ready": False}, {"dns_hostnames": False}],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
}


class TestJobSet(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    matrix = FLAGS
    operator_labels = ("jobset.sigs.k8s.io/jobset-name",)
    minimal = {"name": "x", "image": "busybox", "command": "true"}
    full = {
        **USUAL,
        "roles": ["driver=1,gpus=0", {"name": "worker", "pods": 2, "jobs": 2, "depends-on": ["driver:ready"], "pod-retry": 1}],
        "role_commands": {"driver": "sleep 1"},
        "scheduler": "volcano",
        "kueue_queue": "q",
        "running_timeout": "1h",
        "retry": 3,
        "failure_rules": ["driver/*=FailJobSet", "DeadlineExceeded+BackoffLimitExceeded=RestartJobSetAndIgnoreMaxRestarts"],
        "fail_on_exit_code": [3, "42,43"],
        "success_roles": ["driver"],
        "success_on": "Any",
        "coordinator": "worker/1/1",
        "subdomain": "net",
    }
    keys = ("replicatedJobs", "replicatedJobsStatus", "replicas", "template", "active", "ready", "suspend", "terminalState", "coordinator")
