"""What every job type must do."""

from __future__ import annotations

from arena_core.testing.conformance import JobTypeConformance
from arena_job.jobset import plugin


class TestJobSet(JobTypeConformance):
    plugin = plugin
    minimal = {"name": "x", "image": "busybox", "command": "true"}
    full = {
        "gpus": 2,
        "roles": ["driver=1,gpus=0", {"name": "worker", "pods": 2, "jobs": 2, "depends-on": ["driver:ready"], "pod-retry": 1}],
        "role_commands": {"driver": "sleep 1"},
        "cpu": "2",
        "memory": "4Gi",
        "env": ["A=b"],
        "data": ["claim:/data"],
        "gang": True,
        "scheduler": "volcano",
        "tensorboard": True,
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
