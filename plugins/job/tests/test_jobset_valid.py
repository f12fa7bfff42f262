"""What is built is valid: against the real CRD with unknown fields refused, for a matrix of flags."""

from __future__ import annotations

import jsonschema
import pytest

from arena_core.args import parse
from arena_core.testing.comparing import packed_crd, strict_schema
from arena_core.testing.matrix import COMMON, pairs
from arena_job.jobset.args import JobSetArgs
from arena_job.jobset.manifests import build

ROLES = ["init=1,gpus=0", {"name": "worker", "pods": 2, "jobs": 3, "depends-on": ["init:complete"], "pod-retry": 2}]
#: What a JobSet has no flag for (which pods go at the end) is left out.
FLAGS = {
    **{name: [given for given in rows if given.keys() <= JobSetArgs.model_fields.keys()] for name, rows in COMMON.items()},
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


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(strict_schema(packed_crd("arena_job", "jobsets.jobset.x-k8s.io")))


def make(**more):
    return build(parse(JobSetArgs, {"name": "x", "image": "i", "command": "train", **more}))


def test_the_matrix_validates(validator):
    assert len(pairs(FLAGS)) > 150
    for flags in pairs(FLAGS):
        job, *others = make(**flags)
        validator.validate(job)
        assert all(obj["apiVersion"] and obj["kind"] and obj["metadata"]["name"].startswith(("x-", "jobset-x")) for obj in others)


def test_an_unknown_field_would_be_seen(validator):
    job = make()[0]
    job["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["nodeSelctor"] = {}
    assert not validator.is_valid(job)
