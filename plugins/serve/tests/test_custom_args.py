"""What may be said of a server, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_serve import values
from arena_serve.custom.args import CustomArgs
from arena_serve.custom.plugin import arena_build_manifests


def read(**more: Any) -> CustomArgs:
    found = parse(CustomArgs, {"name": "web", "version": "v1", "image": "i", "restful_port": 8000, **more})
    assert isinstance(found, CustomArgs)
    return found


def built(**more: Any) -> dict[str, Any]:
    return dict(arena_build_manifests(read(**more))[0])


def container(**more: Any) -> dict[str, Any]:
    (found,) = built(**more)["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_names_and_labels_are_those_of_arena() -> None:
    deployment, service = arena_build_manifests(read(port=8001, metrics_port=9000, labels=["team=a"], model_name="m", model_version="3"))
    assert (deployment["metadata"]["name"], service["metadata"]["name"]) == ("web-v1-custom-serving", "web-v1")
    own = {"servingType": "custom-serving", "servingName": "web", "serviceName": "web", "servingVersion": "v1"}
    own |= {"app": "custom-serving", "release": "web-v1", "heritage": "Helm", "team": "a", "modelName": "m", "modelVersion": "3"}
    for obj in (deployment, deployment["spec"]["template"], service):
        assert own.items() <= obj["metadata"]["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert [(row["name"], row["port"]) for row in service["spec"]["ports"]] == [
        ("grpc-serving", 8001),
        ("http-serving", 8000),
        ("http-metrics", 9000),
    ]
    assert service["spec"]["selector"] == {"app": "custom-serving", "release": "web-v1"}


def test_the_label_of_a_queue_stays_off_the_pods() -> None:
    """Kueue would queue each of them."""
    labels = built(labels=["kueue.x-k8s.io/queue-name=q", "team=a"])["spec"]["template"]["metadata"]["labels"]
    assert labels["team"] == "a" and "kueue.x-k8s.io/queue-name" not in labels


def test_versions_share_nothing() -> None:
    one, other = (
        arena_build_manifests(read(version=version, config_files=[{"path": "/etc/a/x", "content": version}])) for version in ("v1", "v2")
    )
    names = [{(obj["kind"], obj["metadata"]["name"]) for obj in objects} for objects in (one, other)]
    assert len(names[0]) == 3 and not names[0] & names[1]


def test_a_version_is_the_time_where_none_is_given() -> None:
    found = parse(CustomArgs, {"name": "web", "image": "i", "port": 1})
    assert len(found.version) == 12 and found.version.isdigit()


def test_the_container() -> None:
    found = container(
        gpumemory=3,
        gpucore=10,
        env_from_secret=["TOKEN=hub"],
        env=["ARENA_POD_IP=mine"],
        data=["models:/models"],
        data_subpath_expr=["models:$(ARENA_POD_NAME)"],
        temp_dirs=["scratch:/scratch"],
        temp_dir_subpath_expr=["scratch:a"],
        drain="5s",
        startup_probe_action="exec",
        startup_probe_action_options=["command=cat '/a b'"],
        liveness_probe_action="grpc",
        liveness_probe_action_options=["port: 8001"],
        liveness_probe_options=["failureThreshold: 3"],
    )
    assert "command" not in found and "workingDir" not in found
    assert found["resources"]["limits"] == {"aliyun.com/gpu-mem": "3", "aliyun.com/gpu-core.percentage": "10"}
    env = {row["name"]: row for row in found["env"]}
    assert env["TOKEN"]["valueFrom"] == {"secretKeyRef": {"name": "hub", "key": "TOKEN"}}
    assert env["ARENA_POD_IP"] == {"name": "ARENA_POD_IP", "value": "mine"} and "valueFrom" in env["ARENA_POD_NAME"]
    assert "NVIDIA_VISIBLE_DEVICES" not in env and len(env) == len(found["env"])
    assert [(m["name"], m["subPathExpr"]) for m in found["volumeMounts"]] == [("models", "$(ARENA_POD_NAME)"), ("scratch", "a")]
    assert found["startupProbe"] == {"exec": {"command": ["cat", "/a b"]}}
    assert found["livenessProbe"] == {"grpc": {"port": 8001}, "failureThreshold": 3}
    assert found["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_a_server_without_a_gpu_sees_none() -> None:
    assert {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"} in container()["env"]


def test_how_an_update_goes_on() -> None:
    assert "strategy" not in built()["spec"]
    found = built(max_surge="1", max_unavailable="0%")["spec"]["strategy"]
    assert found == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "0%"}}


PROBE = {"readiness_probe_action": "httpGet", "readiness_probe_action_options": ["port: 8000"]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"restful_port": 0}, "restful_port"),
        ({"port": 8000}, "restful_port"),
        ({"metrics_port": 8000}, "metrics_port"),
        ({"port": 70000}, "port"),
        ({"name": "1web"}, "name"),
        ({"name": "x" * 40, "version": "y" * 20}, "name"),
        ({"version": "v1.2"}, "version"),
        ({"version": "V"}, "version"),
        ({"image": ""}, "image"),
        ({"replicas": -1}, "replicas"),
        ({"gpucore": 7}, "gpucore"),
        ({"gpus": 1, "gpumemory": 1}, "gpus"),
        ({"labels": ["servingName=other"]}, "labels"),
        ({"env": ["A=1"], "env_from_secret": ["A=s"]}, "env_from_secret"),
        ({"env_from_secret": ["A="]}, "env_from_secret"),
        ({"env_from_secret": ["A"]}, "env_from_secret"),
        ({"data_subpath_expr": ["models:a"]}, "data_subpath_expr"),
        ({"data": ["m:/m"], "data_subpath_expr": ["m:../a"]}, "data_subpath_expr"),
        ({"temp_dir_subpath_expr": ["s:a"]}, "temp_dir_subpath_expr"),
        ({"temp_dirs": ["s:relative"]}, "temp_dirs"),
        ({"temp_dirs": ["s"]}, "temp_dirs"),
        ({"temp_dirs": ["m:/a"], "data": ["m:/b"]}, "temp_dirs"),
        ({"temp_dirs": ["a:/a"], "data": ["m:/a"]}, "temp_dirs"),
        ({"max_surge": "0", "max_unavailable": "0%"}, "max_surge"),
        ({"max_surge": "half"}, "max_surge"),
        ({"max_unavailable": "101%"}, "max_unavailable"),
        ({"model_name": "a b"}, "model_name"),
        ({"readiness_probe_action": "ping"}, "readiness_probe_action"),
        ({"readiness_probe_action": "httpGet"}, "readiness_probe_action_options"),
        ({"readiness_probe_options": ["periodSeconds: 1"]}, "readiness_probe_options"),
        ({"readiness_probe_action_options": ["port: 1"]}, "readiness_probe_action_options"),
        ({**PROBE, "readiness_probe_action_options": ["port: 0"]}, "readiness_probe_action_options"),
        ({**PROBE, "readiness_probe_action_options": ["port"]}, "readiness_probe_action_options"),
        ({**PROBE, "readiness_probe_action_options": ["port: 1", "paht: /"]}, "readiness_probe_action_options"),
        ({**PROBE, "readiness_probe_action_options": ["port: 1", "scheme: ftp"]}, "readiness_probe_action_options"),
        ({**PROBE, "readiness_probe_options": ["periodSeconds: 0"]}, "readiness_probe_options"),
        ({**PROBE, "readiness_probe_options": ["terminationGracePeriodSeconds: 3"]}, "readiness_probe_options"),
        ({**PROBE, "readiness_probe_options": ["period: 1"]}, "readiness_probe_options"),
        ({"liveness_probe_action": "exec", "liveness_probe_action_options": ["command: 'a"]}, "liveness_probe_action_options"),
        (
            {
                "startup_probe_action": "tcpSocket",
                "startup_probe_action_options": ["port: 1"],
                "startup_probe_options": ["successThreshold: 2"],
            },
            "startup_probe_options",
        ),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        read(**given)
    assert {problem.field for problem in caught.value.problems} == {field}


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_option_of_a_probe_is_read_or_refused(key: str, text: str) -> None:
    try:
        found = values.options([f"{key}: {text}"])
    except ValueError:
        return
    assert len(found) == 1 and all(name and name == name.strip() for name in found)


def test_the_command_is_run_as_it_was_typed() -> None:
    assert container(command="kill $$; echo $(hostname)", shell="bash")["command"] == ["bash", "-c", "kill $$$; echo $$(hostname)"]
