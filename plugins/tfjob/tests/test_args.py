"""What the flags of the roles become."""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_tfjob.args import TFJobArgs
from arena_tfjob.manifests import build


def make(**more):
    args = parse(TFJobArgs, {"name": "x", "image": "i", "command": "true", **more})
    return args, build(args)[0]["spec"]["tfReplicaSpecs"]


def test_n10_what_is_said_of_the_workers_holds_for_one_that_plays_the_chief():
    said = {"worker_cpu": "1", "worker_memory": "32Mi", "worker_memory_limit": "64Mi", "worker_port": 99, "worker_selectors": ["a=b"]}
    _, roles = make(**said)
    assert list(roles) == ["Chief"]
    spec = roles["Chief"]["template"]["spec"]
    assert spec["nodeSelector"] == {"a": "b"}
    container = spec["containers"][0]
    assert container["ports"] == [{"name": "tfjob-port", "containerPort": 99, "protocol": "TCP"}]
    assert container["resources"] == {"requests": {"cpu": "1", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}}


def test_n10_what_is_said_of_the_chief_comes_first():
    _, roles = make(
        worker_cpu="1", worker_cpu_limit="2", worker_memory="1Gi", chief_cpu="4", chief_selectors=["c=d"], worker_selectors=["a=b"]
    )
    spec = roles["Chief"]["template"]["spec"]
    assert spec["containers"][0]["resources"] == {"requests": {"cpu": "4", "memory": "1Gi"}, "limits": {"cpu": "4", "memory": "1Gi"}}
    assert spec["nodeSelector"] == {"c": "d"}


def test_a_chief_beside_workers_has_flags_of_its_own():
    _, roles = make(workers=2, chief=True, worker_cpu="1", worker_port=99)
    assert "resources" not in roles["Chief"]["template"]["spec"]["containers"][0]
    assert roles["Worker"]["template"]["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1"}


@pytest.mark.parametrize(
    ("more", "notes"),
    [
        ({"ps_cpu": "1"}, ["--ps-cpu has no effect: the job has no ps; add --ps"]),
        ({"workers": 2, "chief_port": 1}, ["--chief-port has no effect: the job has no chief; add --chief"]),
        ({"evaluator_memory": "1Gi"}, ["--evaluator-memory has no effect: the job has no evaluator; add --evaluator"]),
        ({"ps": 1, "ps_cpu": "1", "chief": True, "chief_port": 1}, []),
        ({"chief_port": 1, "worker_cpu": "1"}, []),
        ({"env": ["TF_CONFIG=x"]}, []),
        (
            {"env": ["TF_CONFIG=x"], "workers": 2},
            ["--env TF_CONFIG: the Training Operator sets this variable itself, so your value has no effect"],
        ),
    ],
)
def test_what_has_no_effect_is_said(more, notes):
    assert list(make(**more)[0].notes()) == notes
