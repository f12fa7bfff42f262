from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from volcano_shared import arena_case, crd_schema, needs_shared

from arena_core.args import parse
from arena_core.testing.texts import environment, expand
from arena_volcano.args import VolcanoJobArgs
from arena_volcano.manifests import build


def made(**raw: Any) -> list[dict[str, Any]]:
    return build(parse(VolcanoJobArgs, {"name": "x", **raw}))


def from_argv(argv: list[str]) -> dict[str, Any]:
    """Return raw arguments of a recorded command line of Arena."""
    flags = {"task-images": "task_images", "task-replicas": "task_replicas", "task-cpu": "task_cpu", "task-memory": "task_memory"}
    raw: dict[str, Any] = {"command": ()}
    for word in argv[2:]:
        name, sign, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            raw["command"] = (word,)
        elif name != "namespace":
            assert sign
            raw[flags.get(name, name.replace("-", "_"))] = value
    return raw


def meaning(job: dict[str, Any]) -> dict[str, Any]:
    """Return what a recorded or built job means: without what Volcano's webhook and the record keeper of the CLI add."""
    spec = {key: value for key, value in job["spec"].items() if not (key == "maxRetry" and value == 3)}
    identity = ("arena.kubeflow.org/uid", "arena.kubeflow.org/username")

    def clean(meta: dict[str, Any]) -> dict[str, Any]:
        parts = {kind: {k: v for k, v in (meta.get(kind) or {}).items() if k not in identity} for kind in ("labels", "annotations")}
        return {kind: part for kind, part in parts.items() if part}

    spec["tasks"] = [
        {
            "name": task["name"],
            "replicas": task["replicas"],
            "template": {"metadata": clean(task["template"]["metadata"]), "spec": task["template"]["spec"]},
        }
        for task in spec["tasks"]
    ]
    return {"name": job["metadata"]["name"], "metadata": clean(job["metadata"]), "spec": spec}


@needs_shared
@pytest.mark.parametrize("case", ["vj01-minimal", "vj02-images", "vj05-no-command"])
def test_what_arena_gets_right_means_the_same(case: str) -> None:
    recorded = arena_case(case)
    ours = build(parse(VolcanoJobArgs, from_argv(recorded["argv"])))
    assert len(ours) == 1
    assert meaning(ours[0]) == meaning(recorded["objects"][0])


@needs_shared
def test_what_arena_gets_wrong_is_right() -> None:
    colon = made(task_images="alpine:3.10", command=("echo step: 1",))[0]  # vj06: read as a map
    assert colon["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["command"] == ["sh", "-c", "echo step: 1"]
    gpus = made(task_images="alpine:3.10", gpus=1, command=("sleep 30",))[0]  # vj09: unknown flag
    container = gpus["spec"]["tasks"][0]["template"]["spec"]["containers"][0]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "1", "cpu": "250m", "memory": "128Mi"}
    assert gpus["metadata"]["annotations"]["requestGPUsOfJobOwner"] == "1"


#: Ways to say what runs, times further flags: the matrix that the real CRD must take without an unknown field.
WAYS: list[dict[str, Any]] = [
    {"task_images": "a:1,b:2", "task_replicas": 2},
    {"image": "a:1", "replicas": 4, "command": ("c",)},
    {
        "image": "a:1",
        "command": ("c",),
        "tasks": ["master=1", "worker=4,gpus=2,cpu=1,min-available=4,max-retry=9,depends-on=master,port=80"],
    },
]
MORE: list[dict[str, Any]] = [
    {},
    {"gpus": 2, "devices": {"huawei.com/Ascend910": "8"}, "cpu": "2", "memory": "4Gi", "share_memory": "1Gi"},
    {"plugins": ["svc", "env", "ssh=--ssh-port=2222"], "disable_network_policy": True, "queue": "team", "priority": "high"},
    {"policies": ["PodFailed,PodEvicted=RestartJob", "PodPending=TerminateJob:10m", "137=RestartJob"], "max_retry": 5, "min_success": 1},
    {"network_topology_mode": "hard", "highest_tier_allowed": 0, "ttl_after_finished": "1h", "restart_policy": "OnFailure"},
    {"highest_tier_name": "rack", "task_max_retry": 10000},
    {"env": {"A": "1"}, "data": ["pvc:/d"], "data_dirs": ["/h:/m"], "tolerations": ["k=v:NoSchedule", "all"], "selectors": {"a": "b"}},
    {"annotations": {"a": "b"}, "labels": {"l": "m"}, "rdma": True, "host_network": True, "host_ipc": True, "host_pid": True},
    {
        "sync_mode": "git",
        "sync_source": "https://h/t/y.git",
        "tensorboard": True,
        "image_pull_secrets": ["s"],
        "image_pull_policy": "Never",
    },
    {"nproc_per_node": "8", "ring_controller": "ascend-1980", "master_port": 29500, "use_svc_plugin": False},
    {"nproc_per_node": "auto", "gpus": 4, "model_name": "m", "model_source": "s3://x"},
]


@needs_shared
def test_the_real_crd_takes_every_object_of_the_matrix() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(crd_schema())
    for way, more in itertools.product(WAYS, MORE):
        job = made(**{**way, **more})[0]
        errors = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(job)]
        assert not errors, (way, more, errors[:3])
    wrong = made(**WAYS[0])[0]
    wrong["spec"]["tasks"][0]["template"]["spec"]["nope"] = 1
    assert list(validator.iter_errors(wrong))


@needs_shared
def test_partitions_fit_the_crd() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    more = {"total_partitions": 2, "partition_size": 2, "min_partitions": 1, "partition_topology_mode": "soft", "partition_highest_tier": 1}
    job = made(image="a:1", replicas=4, command=("c",), **more)[0]
    jsonschema.validate(job, crd_schema())
    assert job["spec"]["tasks"][0]["partitionPolicy"] == {
        "totalPartitions": 2,
        "partitionSize": 2,
        "minPartitions": 1,
        "networkTopology": {"mode": "soft", "highestTierAllowed": 1},
    }


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@settings(max_examples=80, deadline=None)
@given(command=TEXT.filter(str.strip), value=TEXT, way=st.sampled_from(WAYS))
def test_what_was_typed_is_what_the_container_gets(command: str, value: str, way: dict[str, Any]) -> None:
    for task in made(**{**way, "command": (command,), "env": {"TYPED": value}})[0]["spec"]["tasks"]:
        container = task["template"]["spec"]["containers"][0]
        env = environment(container)
        assert expand(container["command"][2], env) == command
        assert env["TYPED"] == value


def variables(job: dict[str, Any]) -> dict[str, Any]:
    container = job["spec"]["tasks"][0]["template"]["spec"]["containers"][0]
    names = [item["name"] for item in container["env"]]
    assert len(names) == len(set(names))
    return {item["name"]: item.get("value", item.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")) for item in container["env"]}


@pytest.mark.parametrize("replicas", [1, 4])
def test_distributed_environment_for_every_number_of_replicas(replicas: int) -> None:
    env = variables(made(image="a", replicas=replicas, nproc_per_node="8", command=("c",))[0])
    index = "metadata.annotations['volcano.sh/task-index']"
    assert env["MASTER_ADDR"] == env["PET_MASTER_ADDR"] == "x-task-0.x"
    assert (env["NNODES"], env["NPROC_PER_NODE"], env["WORLD_SIZE"]) == (str(replicas), "8", str(8 * replicas))
    assert env["RANK"] == env["NODE_RANK"] == env["PET_NODE_RANK"] == index
    assert env["LOCAL_WORLD_SIZE"] == "8"


def test_processes_follow_the_gpus() -> None:
    env = variables(made(image="a", replicas=2, gpus=4, nproc_per_node="auto", command=("c",))[0])
    assert (env["WORLD_SIZE"], env["NPROC_PER_NODE"], env["PET_NPROC_PER_NODE"]) == ("8", "4", "auto")
    assert "NPROC_PER_NODE" not in variables(made(image="a", nproc_per_node="cpu", command=("c",))[0])


def test_the_user_wins_over_the_distributed_environment() -> None:
    assert variables(made(image="a", env={"MASTER_ADDR": "me"}, command=("c",))[0])["MASTER_ADDR"] == "me"


def test_without_the_plugin_a_service_leads_to_the_first_pod() -> None:
    job, service = made(image="a", replicas=2, use_svc_plugin=False, command=("c",))
    assert "plugins" not in job["spec"]
    assert variables(job)["MASTER_ADDR"] == service["metadata"]["name"] == "x"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["selector"] == {"volcano.sh/job-name": "x", "volcano.sh/task-spec": "task", "volcano.sh/task-index": "0"}


def test_named_tasks_have_what_they_say() -> None:
    job = made(
        image="common:1",
        command=("common",),
        tasks=["ps=1,image=ps:1,cpu=1", "worker=2,gpus=4,depends-on=ps"],
        task_commands={"worker": "python w.py"},
        policies=["worker/PodFailed=RestartTask", "TaskCompleted=CompleteJob"],
        plugins={"tensorflow": ["--port=5000"]},
        cpu="3",
    )[0]
    ps, worker = job["spec"]["tasks"]
    first, second = (task["template"]["spec"]["containers"][0] for task in (ps, worker))
    assert (first["image"], second["image"]) == ("ps:1", "common:1")
    assert (first["command"][2], second["command"][2]) == ("common", "python w.py")
    assert (first["resources"]["limits"], second["resources"]["limits"]) == ({"cpu": "1"}, {"cpu": "3", "nvidia.com/gpu": "4"})
    assert worker["policies"] == [{"action": "RestartTask", "event": "PodFailed"}]
    assert worker["dependsOn"] == {"name": ["ps"]}
    assert job["spec"]["policies"] == [{"action": "CompleteJob", "event": "TaskCompleted"}]
    assert job["spec"]["plugins"] == {"tensorflow": ["--port=5000"]}
    assert job["metadata"]["annotations"]["requestGPUsOfJobOwner"] == "8"
    assert ps["template"]["metadata"]["labels"]["volcano-role"] == "driver"
    assert "volcano-role" not in worker["template"]["metadata"]["labels"]


def test_priority_reaches_gang_and_pods() -> None:
    job = made(image="a", command=("c",), priority="high")[0]
    assert job["spec"]["priorityClassName"] == job["spec"]["tasks"][0]["template"]["spec"]["priorityClassName"] == "high"


def test_ascend_devices() -> None:
    job = made(image="a", command=("c",), ring_controller="ascend-1980", devices={"huawei.com/ascend-1980": "16"})[0]
    template = job["spec"]["tasks"][0]["template"]
    assert (
        job["metadata"]["labels"]["ring-controller.volcano"] == template["metadata"]["labels"]["ring-controller.volcano"] == "ascend-1980"
    )
    assert variables(job)["ASCEND_VISIBLE_DEVICES"] == "metadata.annotations['huawei.com/ascend-visible-devices']"
