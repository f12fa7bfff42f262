"""What is built is valid: against the real CRD with unknown fields refused, for a matrix of flags."""

from __future__ import annotations

import jsonschema
import pytest

from arena_core.args import parse
from arena_core.testing.comparing import packed_crd, strict_schema
from arena_core.testing.matrix import COMMON, pairs
from arena_tfjob.args import TFJobArgs
from arena_tfjob.manifests import build

FLAGS = {
    **COMMON,
    "roles": [
        {},
        {"ps": 2, "workers": 3, "chief": True, "evaluator": True, "role_sequence": "w,p,c,e"},
        {"ps": 1, "ps_image": "p", "worker_image": "w", "worker_port": 1, "ps_port": 2, "ps_selectors": {"a": "b"}},
        {"workers": 2, "success_policy": "AllWorkers"},
    ],
    "affinity": [
        {},
        {"worker_affinity_policy": "spread", "worker_affinity_constraint": "required", "ps_affinity_policy": "binpack"},
        {"worker_affinity_policy": "binpack", "ps_affinity_policy": "binpack", "ps_affinity_constraint": "required"},
    ],
    "resources": [
        {},
        {"gpus": 2, "ps_gpus": 1, "worker_cpu": "1.5", "worker_memory_limit": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True},
    ],
    "gang": [{}, {"gang": True, "starting_timeout": 60, "scheduler": ""}],
}


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(strict_schema(packed_crd("arena_tfjob", "tfjobs.kubeflow.org")))


def make(**more):
    return build(parse(TFJobArgs, {"name": "x", "image": "i", "command": "python t.py", **more}))


def test_the_matrix_validates(validator):
    assert len(pairs(FLAGS)) > 150
    for flags in pairs(FLAGS):
        job, *others = make(**flags)
        validator.validate(job)
        assert all(obj["apiVersion"] and obj["kind"] and obj["metadata"]["name"].startswith(("x-", "tfjob-x")) for obj in others)


def test_an_unknown_field_would_be_seen(validator):
    job = make()[0]
    job["spec"]["backoffLimit"] = 1
    with pytest.raises(jsonschema.ValidationError, match="backoffLimit"):
        validator.validate(job)
