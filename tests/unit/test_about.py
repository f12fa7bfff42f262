"""What a job is, read from its pod templates: names of variables, never their values."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.args import parse
from arena_core.cli import about as shown
from arena_core.cli.jobtypes import registry
from arena_core.k8s import quantity
from arena_core.usecases.about import About, role, role_of, words
from arena_core.usecases.submit import build


def template(**container: Any) -> dict[str, Any]:
    main = {
        "name": "main",
        "image": "train:1",
        "command": ["sh", "-c", "python train.py --lr 0.1"],
        "env": [
            {"name": "PASSWORD", "value": "hunter2"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "EPOCHS", "value": "3"},
        ],
        "envFrom": [{"configMapRef": {"name": "all"}}, {}, {"secretRef": {}}],
        "resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "4", "memory": "16Gi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "shm", "mountPath": "/dev/shm"}],
        **container,
    }
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "set"}}, {"name": "shm", "emptyDir": {}}]
    return {"spec": {"containers": [{"name": "sidecar", "image": "x"}, main], "volumes": volumes, "nodeSelector": {"zone": "a"}}}


def test_a_role_is_what_was_asked_for_and_holds_no_secret() -> None:
    found = role("worker", 3, template(), "main")
    assert (found.image, found.command, found.replicas) == ("train:1", "python train.py --lr 0.1", 3)
    assert found.requests["nvidia.com/gpu"] == 2 * quantity.ONE
    assert found.env == ("PASSWORD", "TOKEN", "EPOCHS") and found.mounts == ("claim set at /data",)
    page = shown.lines(About((found,), {"team": "a", "app": "pytorchjob"}, ("node-1",), "backoffLimit 3"))
    data = str(shown.roles_data(About((found,))))
    assert "hunter2" not in page + data
    assert "2 nvidia.com/gpu, 4 cpu, 16Gi memory" in page
    for line in (
        "Variables:  PASSWORD, TOKEN, EPOCHS",
        "Taken from: ConfigMap all, Secret s (key k)",
        "Mounts:     claim set at /data",
        "Only on:    zone=a",
        "Labels:     team=a",
    ):
        assert line in page
    assert "app=pytorchjob" not in page and "Retries:    backoffLimit 3" in page


def test_roles_inside_a_wrapper_are_called_as_their_instances() -> None:
    jobs = registry()
    if "appwrapperjob" not in jobs.names():
        pytest.skip("no type that wraps others is installed")
    wrapper = jobs.get("appwrapperjob")
    for inner, roles in (("pytorchjob", ["master", "worker"]), ("tfjob", ["worker", "ps"]), ("volcanojob", ["worker"])):
        given = {"inner_type": inner, "name": "a", "image": "i", "command": "run"}
        sizes = {"pytorchjob": {"workers": 2}, "tfjob": {"workers": 2, "ps": 1}}.get(inner, {})
        manifest = build(wrapper, parse(wrapper.args_model, {**given, **sizes}), "n")[0]
        found = [role_of(jobs, manifest, one).name for one in wrapper.pod_sets(manifest, "quota")]
        assert sorted(found) == sorted(roles)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_command_that_no_container_is_given_is_the_head_s(wrapped: bool) -> None:
    jobs, given = registry(), {"name": "a", "image": "i", "command": "python train.py"}
    if not {"rayjob", "appwrapperjob"} <= set(jobs.names()):
        pytest.skip("no type that wraps others is installed")
    handle = jobs.get("appwrapperjob" if wrapped else "rayjob")
    manifest = build(handle, parse(handle.args_model, {**given, **({"inner_type": "rayjob"} if wrapped else {})}), "n")[0]
    found = {one.name: one.command for one in (role_of(jobs, manifest, s) for s in handle.pod_sets(manifest, "quota"))}
    assert found.pop("head") == "python train.py" and not any(found.values())


def test_labels_of_the_kind_s_own_operator_are_not_shown() -> None:
    found = About((role("worker", 1, template(), "main"),), {"x.io/userid": "", "team.x.io/a": "b"}, group="x.io")
    assert "userid" not in shown.lines(found) and "team.x.io/a=b" in shown.lines(found)


def test_a_password_in_a_command_is_not_shown() -> None:
    found = role("worker", 1, template(command=["git", "clone", "https://me:hunter2@host/x.git"]), "main")
    assert "hunter2" not in shown.lines(About((found,))) + str(shown.roles_data(About((found,))))


@pytest.mark.parametrize(
    ("container", "text"),
    [
        ({"command": ["python", "a b.py"]}, "python 'a b.py'"),
        ({"command": ["/bin/bash", "-lc"], "args": ["echo hi"]}, "echo hi"),
        ({"args": ["--x", "1"]}, "--x 1"),
        ({}, ""),
        ({"command": "python"}, ""),
    ],
)
def test_commands_in_one_line(container: dict[str, Any], text: str) -> None:
    assert words(container) == text


@pytest.mark.parametrize(
    "odd", [None, {}, 3, {"spec": 1}, {"spec": {"containers": [1]}}, {"spec": {"containers": [{"env": 3, "resources": 4}]}}]
)
def test_odd_templates_are_roles_without_facts(odd: Any) -> None:
    assert role("r", 1, odd).image == ""
    assert shown.lines(About(())) == ""
