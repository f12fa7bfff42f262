"""A server of several pods as a job type: the kit, what is made of its flags, and how its set is read."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import JobView, Phase
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import Sample
from arena_serve.distributed import plugin
from arena_serve.distributed.args import DistributedArgs
from arena_serve.distributed.names import GROUP, INDEX
from arena_serve.distributed.update import DistributedUpdateArgs, updated
from arena_serve.local.lws import admission as lws
from plugins.serve.tests.test_conformance import READY, ROLLOUT, STARTS, TIME, pod


def member(group: int, index: int, phase: str, container: dict[str, Any]) -> dict[str, Any]:
    made = pod(group, phase, container)
    name = f"x-{group}" if index == 0 else f"x-{group}-{index}"
    made["metadata"] |= {"name": name, "labels": {GROUP: str(group), INDEX: str(index)}}
    return made


def status(ready: int, updated: int, *true: str, generation: int = 1) -> dict[str, Any]:
    rows = [
        {"type": kind, "status": "True" if kind in true else "False", "reason": "R", "lastTransitionTime": TIME}
        for kind in ("Available", "Progressing", "UpdateInProgress")
    ]
    return {"replicas": 1, "readyReplicas": ready, "updatedReplicas": updated, "observedGeneration": generation, "conditions": rows}


SAMPLES = (
    Sample(Phase.PENDING, {"metadata": {"generation": 1}}),
    Sample(
        Phase.PENDING,
        {"metadata": {"generation": 1}, "status": status(0, 1, "Progressing")},
        (member(0, 0, "Pending", STARTS), member(0, 1, "Pending", STARTS)),
    ),
    Sample(
        Phase.READY,
        {"metadata": {"generation": 1}, "status": status(1, 1, "Available")},
        (member(0, 1, "Running", READY), member(0, 0, "Running", READY)),
    ),
    Sample(Phase.RUNNING, {"metadata": {"generation": 2}, "status": status(1, 1, "Available")}, (member(0, 0, "Running", READY),)),
    Sample(
        Phase.RUNNING,
        {"metadata": {"generation": 2}, "status": status(1, 0, "Progressing", "UpdateInProgress", generation=2)},
        (member(0, 0, "Running", READY),),
    ),
    Sample(Phase.RUNNING, {"spec": {"replicas": 2}, "status": status(1, 2, "Progressing")}, (member(0, 0, "Running", READY),)),
    Sample(Phase.SUSPENDED, {"spec": {"replicas": 0}, "status": status(0, 0, "Available")}),
)
MINIMAL = {"name": "x", "version": "v1", "image": "busybox", "restful_port": 8000, "command": "serve"}


class TestDistributed(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    minimal = MINIMAL
    full = {
        "worker_num": 2,
        "replicas": 2,
        "port": 8001,
        "metrics_port": 8002,
        "leader_gpus": 2,
        "worker_gpus": 1,
        "worker_cpu": "2",
        "leader_memory": "4Gi",
        "share_memory": "1Gi",
        "env": ["A=b"],
        "data": ["models:/models"],
        "max_surge": "1",
        "max_unavailable": "50%",
        "enable_istio": True,
        "init_backend": "ray",
    }
    effects = {
        **ROLLOUT,
        "leader_command": {"command": (), "leader_command": "a"},
        "worker_command": {"command": (), "leader_command": "a", "worker_num": 1, "worker_command": "b"},
        **{f"worker_{what}": {"worker_num": 1, f"worker_{what}": "1"} for what in ("cpu", "memory", "gpus", "gpumemory")},
        "worker_gpucore": {"worker_num": 1, "worker_gpucore": 5},
        "leader_gpucore": {"leader_gpucore": 5},
    }
    keys = ("replicas", "readyReplicas", "updatedReplicas", "observedGeneration", "leaderWorkerTemplate", "leaderTemplate", "size", "items")


def built(**more: Any) -> list[Any]:
    return list(plugin.arena_build_manifests(parse(DistributedArgs, {**MINIMAL, **more})))


def roles(job: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    template = job["spec"]["leaderWorkerTemplate"]
    leader, worker = (template[f"{role}Template"]["spec"]["containers"][0] for role in ("leader", "worker"))
    return leader, worker


def test_each_role_has_its_own_command_and_resources() -> None:
    """Users of Arena name the leader's address as ``$(MASTER_ADDR)``."""
    job = built(
        command=(),
        leader_command="ray start --head; vllm serve /m",
        worker_command="ray start --address=$(MASTER_ADDR):6379 --block; echo $(hostname)",
        worker_num=3,
        leader_gpus=1,
        worker_gpus=2,
        cpu="1",
    )[0]
    leader, worker = roles(job)
    assert leader["command"] == ["sh", "-c", "ray start --head; vllm serve /m"]
    assert worker["command"][2] == "ray start --address=$(MASTER_ADDR):6379 --block; echo $$(hostname)"
    assert (leader["resources"]["limits"], worker["resources"]["limits"]) == (
        {"nvidia.com/gpu": "1", "cpu": "1"},
        {"nvidia.com/gpu": "2", "cpu": "1"},
    )
    assert "ports" not in worker and [port["containerPort"] for port in leader["ports"]] == [8000]
    env = {row["name"]: row.get("value") for row in worker["env"]}
    assert (env["MASTER_ADDR"], env["GPU_COUNT"], env["ROLE"]) == ("$(LWS_LEADER_ADDRESS)", "2", "worker")
    assert job["spec"]["leaderWorkerTemplate"]["size"] == 4


def test_the_hosts_of_a_group_are_those_of_the_set() -> None:
    """Arena writes names that nothing resolves."""
    job, config, service, *_ = built(worker_num=1)
    name = job["metadata"]["name"]
    assert config["data"]["hostfile-1"] == f"{name}-1.{name}\n{name}-1-1.{name}\n"
    assert service["spec"]["selector"] == {"app": "distributed-serving", "release": "x-v1", "role": "leader"}
    (bound,) = plugin.arena_job_type().scale(job)
    assert bound.maximum == 32, "there are no hosts for more groups"


def test_a_cluster_of_ray_is_formed_first() -> None:
    job, config, *_ = built(command=(), leader_command="serve 'a b'", worker_num=1, init_backend="ray", shell="bash")
    leader, worker = roles(job)
    assert (leader["command"], worker["command"]) == (["/etc/ray_init.sh", "bash", "serve 'a b'"], ["/etc/ray_init.sh", "bash"])
    assert config["data"]["leader.rayInit"].startswith("#!/bin/sh\n")


def test_the_leader_of_the_first_group_is_the_chief() -> None:
    pods = (member(1, 0, "Running", READY), member(0, 1, "Running", READY), member(0, 0, "Running", READY))
    found = plugin.arena_job_status(JobView(built(worker_num=1, replicas=2)[0], pods)).instances
    assert [(one.short_name, one.chief) for one in found] == [("leader-0", True), ("worker-0", False), ("leader-1", False)]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"restful_port": 0}, "restful_port"),
        ({"leader_command": "a"}, "leader_command"),
        ({"command": ()}, "leader_command"),
        ({"command": (), "leader_command": "a", "worker_num": 1}, "worker_command"),
        ({"command": (), "leader_command": "a", "worker_command": "b"}, "worker_command"),
        ({"worker_gpus": 1}, "worker_gpus"),
        ({"leader_num": 2}, "leader_num"),
        ({"leader_gpus": 1, "leader_gpumemory": 2}, "leader_gpus"),
        ({"name": "x" * 29}, "name"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse(DistributedArgs, {**MINIMAL, **given})
    assert {problem.field for problem in caught.value.problems} == {field}


def test_an_update_of_one_role_leaves_the_other() -> None:
    job = built(command=(), leader_command="a", worker_command="b", worker_num=1)[0]
    before = copy.deepcopy(job)
    given = {"worker_command": "c $(POD_INDEX)", "leader_gpus": 1, "worker_num": 2, "image": "j"}
    new = updated(job, parse(DistributedUpdateArgs, given))
    leader, worker = roles(new)
    assert job == before and new["spec"]["leaderWorkerTemplate"]["size"] == 3
    assert (leader["command"][2], worker["command"][2]) == ("a", "c $(POD_INDEX)")
    assert (leader["image"], worker["image"]) == ("j", "j")
    assert "nvidia.com/gpu" in leader["resources"]["limits"] and "resources" not in worker
    assert [row["value"] for row in leader["env"] if row["name"] == "GPU_COUNT"] == ["1"]
    rays = built(command=(), leader_command="a", worker_num=1, init_backend="ray")[0]
    leader, worker = roles(updated(rays, parse(DistributedUpdateArgs, {"leader_command": "z"})))
    assert (leader["command"], worker["command"]) == (["/etc/ray_init.sh", "sh", "z"], ["/etc/ray_init.sh", "sh"])


def test_the_local_cluster_warns_only_of_what_somebody_asked_for() -> None:
    spec: dict[str, Any] = {"leaderWorkerTemplate": {"size": 1}}
    api: Any = None
    lws.default(api, {"spec": spec}, None, "CREATE")
    assert lws.tell(api, {"spec": spec}, None, "CREATE") == []
    spec["networkConfig"]["subdomainPolicy"] = "UniquePerReplica"
    spec["rolloutStrategy"]["rollingUpdateConfiguration"]["maxSurge"] = "50%"
    assert [text.partition(":")[0] for text in lws.tell(api, {"spec": spec}, None, "CREATE")] == [
        "spec.networkConfig.subdomainPolicy",
        "spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge",
    ]
