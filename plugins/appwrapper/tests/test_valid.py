"""What is built is valid: the AppWrapper and the job inside, against their CRDs with unknown fields refused, for many flags."""

from __future__ import annotations

import itertools
from typing import Any

import jsonschema
import pytest

from arena_core.args import parse
from arena_core.k8s.path import get as follow
from arena_core.registry import Registry
from arena_core.testing.comparing import packed_crd, strict_schema

CRDS = {
    "AppWrapper": ("arena_appwrapper", "appwrappers.workload.codeflare.dev"),
    "PyTorchJob": ("arena_pytorchjob", "pytorchjobs.kubeflow.org"),
    "TFJob": ("arena_tfjob", "tfjobs.kubeflow.org"),
    "Job": ("arena_volcano", "jobs.batch.volcano.sh"),
}
INNER: dict[str, list[dict[str, Any]]] = {
    "pytorch": [
        {},
        {"workers": 3, "nproc_per_node": "8", "clean_task_policy": "All"},
        {"workers": 2, "gang": True, "scheduler": "volcano"},
        {"gang": True},
    ],
    "tf": [
        {},
        {"ps": 1, "workers": 2, "chief": True},
        {"evaluator": True, "workers": 2, "ps": 2, "ps_gpus": 1, "role_sequence": "PS,Worker"},
    ],
    "volcano": [
        {"replicas": 4, "min_available": 2, "nproc_per_node": "8"},
        {"replicas": 4, "total_partitions": 2, "partition_size": 2, "partition_topology_mode": "hard", "partition_highest_tier": 1},
        {"network_topology_mode": "soft", "highest_tier_allowed": 0, "ring_controller": "ascend-1980", "use_svc_plugin": False},
        {"tasks": ["master=1", "worker=4,gpus=2,depends-on=master"], "policies": ["PodFailed=RestartJob"], "plugins": ["ssh", "env"]},
    ],
}
MORE: list[dict[str, Any]] = [
    {},
    {"kueue_queue": "q", "kueue_priority_class": "p", "labels": {"a": "b"}, "annotations": {"n": "x: y"}},
    {"retry_limit": 0, "success_ttl": "1h", "terminal_exit_codes": "3,10", "retryable_exit_codes": [137], "failure_grace_period": 0},
    {"gpus": 2, "cpu": "1.5", "memory": "4Gi", "devices": {"huawei.com/Ascend910": "8"}, "rdma": True, "share_memory": "64Gi"},
    {"data": ["claim:/data"], "data_dirs": ["/a:/b"], "config_files": [{"path": "/etc/x.conf", "content": "a: {{ b }}\n"}]},
    {"selectors": {"a": "b"}, "tolerations": ["k=v:NoExecute:Equal:60", "n:NoSchedule"], "priority": "high"},
    {"host_network": True, "host_pid": True, "host_ipc": True, "shell": "bash"},
    {"sync_mode": "git", "sync_source": "https://h/p.git", "image_pull_secrets": ["s"], "image_pull_policy": "Never"},
    {"tensorboard": True, "logdir": "/logs", "model_name": "m", "model_source": "s3://m"},
    {"ttl_after_finished": "30m", "env": {"A": "1", "MASTER_ADDR": "me"}},
]


@pytest.fixture(scope="module")
def validators() -> dict[str, Any]:
    return {kind: jsonschema.Draft202012Validator(strict_schema(packed_crd(*crd))) for kind, crd in CRDS.items()}


HANDLE = Registry(environ={}).get("appwrapperjob")


def make(**raw: Any) -> list[dict[str, Any]]:
    args = parse(HANDLE.args_model, {"name": "x", "image": "i:1", "command": "python t.py", **raw})
    assert not HANDLE.validate(args), raw
    return list(HANDLE.build_manifests(args))


def test_the_matrix_validates(validators: dict[str, Any]) -> None:
    for kind, ways in INNER.items():
        for way, more in itertools.product(ways, MORE):
            wrapper, *others = make(inner_type=kind, **{**way, **more})
            inner = wrapper["spec"]["components"][0]["template"]
            for obj in (wrapper, inner):
                errors = [f"{list(e.path)}: {e.message}" for e in validators[obj["kind"]].iter_errors(obj)]
                assert not errors, (kind, way, more, errors[:3])
            assert all(obj["metadata"]["labels"]["app"] == "appwrapperjob" for obj in (wrapper, inner, *others))


def test_an_unknown_field_would_be_seen(validators: dict[str, Any]) -> None:
    for kind in INNER:
        wrapper = make(inner_type=kind)[0]
        inner = wrapper["spec"]["components"][0]["template"]
        inner["spec"]["cleanPodPolicy"] = "Running"  # where the fork writes it
        wrapper["spec"]["retries"] = 1
        for obj in (wrapper, inner):
            assert list(validators[obj["kind"]].iter_errors(obj)), kind


def test_pod_sets_are_what_the_operator_infers_or_needs() -> None:
    podsets = pytest.importorskip("arena_appwrapper.operator.podsets")
    for kind, ways in INNER.items():
        for way in ways:
            wrapper = make(inner_type=kind, **way)[0]
            (component,) = wrapper["spec"]["components"]
            for pod_set in component["podSets"]:
                assert podsets.resolve(component["template"], pod_set["path"])["spec"]["containers"]
            inferred = podsets.infer(component["template"])
            assert inferred is None or [(p["path"], p["replicas"]) for p in inferred] == [
                (p["path"], p["replicas"]) for p in component["podSets"]
            ]


@pytest.mark.parametrize("kind", sorted(INNER))
def test_annotations_reach_the_pods(kind: str) -> None:
    wrapper = make(inner_type=kind, annotations={"note": "x: {{ y }}"})[0]
    for pod_set in wrapper["spec"]["components"][0]["podSets"]:
        assert follow(wrapper["spec"]["components"][0], pod_set["path"])["metadata"]["annotations"]["note"] == "x: {{ y }}"


@pytest.mark.parametrize("kind", sorted(INNER))
def test_every_name_fits(kind: str) -> None:
    """The longest name that is taken gives no pod, Service or claim a name of more than 63 characters."""
    name = "n" * HANDLE.args_model.NAME_MAX
    wrapper, *others = make(name=name, inner_type=kind, tensorboard=True, **INNER[kind][0])
    pods = [f"{name}-{suffix}" for suffix in ("worker-99", "master-0", "evaluator-0")]
    assert max(map(len, [*pods, *(o["metadata"]["name"] for o in (wrapper, *others))])) <= 63
