"""Servers of known programs: what TensorFlow Serving and Triton are started with, how that is changed, and who scales them."""

from __future__ import annotations

import copy
import subprocess
from typing import Any

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments, UsageError
from arena_core.contract.types import JobView
from arena_serve.custom.args import CustomArgs
from arena_serve.custom.plugin import arena_build_manifests as build_custom
from arena_serve.preflight import problems
from arena_serve.tensorflow import plugin as tensorflow
from arena_serve.tensorflow.args import TensorflowArgs
from arena_serve.tensorflow.update import TensorflowUpdateArgs
from arena_serve.triton import plugin as triton
from arena_serve.triton.args import TritonArgs
from arena_serve.triton.update import TritonUpdateArgs

MODEL = {"name": "m", "version": "v1", "model_name": "m", "model_path": "/m"}


def tf(**more: Any) -> dict[str, Any]:
    return dict(tensorflow.arena_build_manifests(parse(TensorflowArgs, {**MODEL, **more}))[0])


def main(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = job["spec"]["template"]["spec"]["containers"]
    return dict(found)


def test_a_part_of_a_gpu_is_what_the_device_plugin_says() -> None:
    """Run as it is built, with a program in the server's place that prints its words."""
    container = main(tf(gpumemory=4, model_path="/a b/$(X)"))
    command = ["sh", "-c", container["command"][2].replace("tensorflow_model_server", 'printf "%s\\n"'), *container["command"][3:]]
    env = {"PATH": "/usr/bin:/bin", "ALIYUN_COM_GPU_MEM_CONTAINER": "4", "ALIYUN_COM_GPU_MEM_DEV": "16"}
    done = subprocess.run([*command, *container["args"]], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[0] == "--per_process_gpu_memory_fraction=0.25"
    assert container["args"][-1] == "--model_base_path=/a b/$$(X)" and "--port=8500" in done.stdout.splitlines()


def test_the_address_is_that_of_the_service() -> None:
    job, service = tensorflow.arena_build_manifests(parse(TensorflowArgs, MODEL))
    found = list(tensorflow.arena_endpoints(JobView(job)))
    assert [(one.name, one.service, one.port) for one in found] == [
        ("grpc", service["metadata"]["name"], 8500),
        ("http", service["metadata"]["name"], 8501),
    ]


@pytest.mark.parametrize(
    ("job", "given", "expected"),
    [
        (tf(), {"model_path": "/n"}, ["--port=8500", "--rest_api_port=8501", "--model_name=m", "--model_base_path=/n"]),
        (tf(), {"monitoring_config_file": "/x"}, [*main(tf())["args"], "--monitoring_config_file=/x"]),
        (tf(), {"image": "j"}, main(tf())["args"]),
        (tf(gpumemory=1), {"model_name": "o"}, [word.replace("model_name=m", "model_name=o") for word in main(tf())["args"]]),
    ],
)
def test_options_of_the_server_are_changed_where_they_stand(job: dict[str, Any], given: dict[str, Any], expected: list[str]) -> None:
    before = copy.deepcopy(job)
    new = tensorflow.arena_update(job, parse(TensorflowUpdateArgs, given))
    assert main(dict(new))["args"] == expected and job == before


def test_what_arena_has_started_is_changed_in_its_text() -> None:
    job = tf()
    text = "/usr/bin/tensorflow_model_server --port=8500 --model_name=m --model_base_path=/m\n"
    job["spec"]["template"]["spec"]["containers"][0] |= {"command": ["sh", "-c"], "args": [text]}
    given = parse(TensorflowUpdateArgs, {"model_path": "/a b", "monitoring_config_file": "/x"})
    found = main(dict(tensorflow.arena_update(job, given)))
    assert found["args"] == [
        "/usr/bin/tensorflow_model_server --port=8500 --model_name=m --model_base_path='/a b' --monitoring_config_file=/x"
    ]


def test_a_command_of_the_users_own_is_not_guessed_at() -> None:
    job = tf(command="my_server --model /m")
    with pytest.raises(UsageError, match=r"--model_base_path can be changed"):
        tensorflow.arena_update(job, parse(TensorflowUpdateArgs, {"model_path": "/n"}))


def test_metrics_of_a_live_triton() -> None:
    args = parse(TritonArgs, {"name": "t", "version": "v1", "model_repository": "/m"})
    job = dict(triton.arena_build_manifests(args)[0])
    found = main(dict(triton.arena_update(job, parse(TritonUpdateArgs, {"allow_metrics": True, "model_repository": "/n"}))))
    assert {"--allow-metrics=true", "--model-repository=/n"} <= set(found["args"]) and "--allow-metrics=false" not in found["args"]
    assert {"name": "metrics", "containerPort": 8002, "protocol": "TCP"} in found["ports"]


def custom(**more: Any) -> list[Any]:
    return list(build_custom(parse(CustomArgs, {"name": "web", "version": "v1", "image": "i", "restful_port": 80, **more})))


def test_an_autoscaler_scales_the_deployment() -> None:
    assert [obj["kind"] for obj in custom()] == ["Deployment", "Service"]
    deployment, _, scaler = custom(max_replicas=5, min_replicas=2, cpu="1", scale_target="60")
    assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment["metadata"]["name"]}
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 5)
    assert scaler["spec"]["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
    ]
    (metric,) = custom(max_replicas=5, scale_metric="queue_length", scale_target="100")[2]["spec"]["metrics"]
    assert metric == {
        "type": "Pods",
        "pods": {"metric": {"name": "queue_length"}, "target": {"type": "AverageValue", "averageValue": "100"}},
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"min_replicas": 2}, "min_replicas"),
        ({"scale_target": "3"}, "scale_target"),
        ({"max_replicas": 2, "min_replicas": 3, "cpu": "1"}, "max_replicas"),
        ({"max_replicas": 2}, "scale_metric"),
        ({"max_replicas": 2, "cpu": "1", "scale_target": "half"}, "scale_target"),
        ({"max_replicas": 2, "cpu": "1", "scale_target": "0"}, "scale_target"),
        ({"max_replicas": 2, "scale_metric": "queue"}, "scale_target"),
        ({"enable_istio": True, "version": None}, "version"),
    ],
)
def test_what_cannot_be_scaled_or_parted_is_refused(given: dict[str, Any], field: str) -> None:
    raw = {"name": "web", "version": "v1", "image": "i", "restful_port": 80, **given}
    with pytest.raises(InvalidArguments) as caught:
        parse(CustomArgs, {key: value for key, value in raw.items() if value is not None})
    assert {problem.field for problem in caught.value.problems} == {field}


class Cluster:
    """A cluster with everything but an autoscaler."""

    def __getattr__(self, name: str) -> Any:
        return lambda resource, *_: resource.kind != "HorizontalPodAutoscaler"


def test_a_cluster_without_an_autoscaler_is_told_before() -> None:
    args = parse(CustomArgs, {"name": "web", "version": "v1", "image": "i", "restful_port": 80, "max_replicas": 2, "cpu": "1"})
    assert [problem.field for problem in problems(args, Cluster())] == ["max_replicas"]
