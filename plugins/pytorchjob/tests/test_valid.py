"""What is built is valid: against the real CRD with unknown fields refused, for a matrix of flags."""

from __future__ import annotations

import jsonschema
import pytest

from arena_core.args import parse
from arena_core.testing.comparing import packed_crd, strict_schema
from arena_core.testing.matrix import COMMON, pairs
from arena_pytorchjob.args import PyTorchJobArgs
from arena_pytorchjob.manifests import build

FLAGS = {
    **COMMON,
    "workers": [{}, {"workers": 3}, {"nproc_per_node": "auto"}],
    "resources": [{}, {"gpus": 2, "cpu": "1.5", "memory": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True}],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
}


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft202012Validator(strict_schema(packed_crd("arena_pytorchjob", "pytorchjobs.kubeflow.org")))


def make(**more):
    return build(parse(PyTorchJobArgs, {"name": "x", "image": "i", "command": "python t.py", **more}))


def test_the_matrix_validates(validator):
    assert len(pairs(FLAGS)) > 150
    for flags in pairs(FLAGS):
        job, *others = make(**flags)
        validator.validate(job)
        assert all(obj["apiVersion"] and obj["kind"] and obj["metadata"]["name"].startswith(("x-", "pytorchjob-x")) for obj in others)


def test_an_unknown_field_would_be_seen(validator):
    job = make()[0]
    job["spec"]["backoffLimit"] = 1
    with pytest.raises(jsonschema.ValidationError, match="backoffLimit"):
        validator.validate(job)
