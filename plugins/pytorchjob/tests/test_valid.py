"""What is built is valid: against the real CRD with unknown fields refused, for a matrix of flags and for free text."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from importlib import resources

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import parse
from arena_pytorchjob.args import PyTorchJobArgs
from arena_pytorchjob.manifests import build

FLAGS = {
    "workers": [{}, {"workers": 3}],
    "resources": [{}, {"gpus": 2, "cpu": "1.5", "memory": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True}],
    "mounts": [
        {},
        {"data": ["claim:/data", "other.claim:/more"], "data_dirs": ["/a:/b"], "share_memory": "1Gi"},
        {"config_files": [{"path": "/etc/app/x.conf", "content": "a: {{ b }}\n"}, {"path": "/etc/app/y.conf", "content": "y"}]},
    ],
    "place": [
        {},
        {
            "selectors": {"a": "b"},
            "tolerations": ["all"],
            "priority": "high",
            "scheduler": "volcano",
            "host_network": True,
            "host_pid": True,
        },
    ],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
    "sync": [{}, {"sync_mode": "git", "sync_source": "https://h/p.git"}, {"sync_mode": "rsync", "sync_source": "h::m"}],
    "policy": [{}, {"clean_task_policy": "All", "running_timeout": "1h", "ttl_after_finished": "30m", "retry": 3}],
    "others": [
        {},
        {"tensorboard": True, "logdir": "/logs", "nproc_per_node": "auto", "kueue_queue": "q", "kueue_priority_class": "p", "queue": True},
        {"labels": {"a": "b"}, "annotations": {"n": "x: y"}, "image_pull_secrets": ["s"], "model_name": "m", "model_source": "s3://m"},
    ],
}
#: Every pair of values of two groups occurs; the product of all would be too much.
PAIRS = [{**a, **b} for one, other in itertools.combinations(FLAGS, 2) for a, b in itertools.product(FLAGS[one], FLAGS[other])]


def strict(schema):
    """Return the schema with unknown fields refused, as ``fieldValidation=Strict`` has it."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    is_open = "additionalProperties" in closed or closed.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(closed.get("properties"), dict) and not is_open:
        closed["additionalProperties"] = False
    if closed.pop("x-kubernetes-int-or-string", None):
        closed["type"] = ["integer", "string"]
    return closed


@pytest.fixture(scope="module")
def validator():
    crd = json.loads(gzip.decompress((resources.files("arena_pytorchjob") / "crds" / "pytorchjobs.kubeflow.org.json.gz").read_bytes()))
    schema = strict(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    return jsonschema.Draft202012Validator(schema)


def make(**more):
    return build(parse(PyTorchJobArgs, {"name": "x", "image": "i", "command": "python t.py", **more}))


def test_the_matrix_validates(validator):
    assert len(PAIRS) > 150
    for flags in PAIRS:
        job, *others = make(**flags)
        validator.validate(job)
        assert all(obj["apiVersion"] and obj["kind"] and obj["metadata"]["name"].startswith(("x-", "pytorchjob-x")) for obj in others)


def test_an_unknown_field_would_be_seen(validator):
    job = make()[0]
    job["spec"]["backoffLimit"] = 1
    with pytest.raises(jsonschema.ValidationError, match="backoffLimit"):
        validator.validate(job)


def expand(text, env):
    """Return what Kubernetes makes of a text: ``$(NAME)`` of a known name is replaced, ``$$`` is a dollar."""
    return re.sub(
        r"\$(\$|\(([^)]*)\))",
        lambda m: "$" if m[1] == "$" else env.get(m[2], m[0]),
        text,
    )


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=30).filter(lambda t: t.strip())


@given(command=TEXT | st.just("kill $$; echo $(A) $$(A) $((1+1)) {{ x }} # : 'q\""), value=TEXT)
def test_what_was_typed_is_what_the_container_gets(command, value):
    job = make(command=[command], env={"A": value}, workers=2, annotations={"note": value})[0]
    again = json.loads(json.dumps(job))
    for spec in again["spec"]["pytorchReplicaSpecs"].values():
        container = spec["template"]["spec"]["containers"][0]
        env = {e["name"]: e["value"] for e in container["env"]}
        assert container["command"][:2] == ["sh", "-c"]
        assert expand(container["command"][2], env) == command
        assert expand(env["A"], {}) == value
        assert spec["template"]["metadata"]["annotations"]["note"] == value


def test_building_is_pure():
    assert make(tensorboard=True, gang=True) == make(tensorboard=True, gang=True)
