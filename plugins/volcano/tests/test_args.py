from __future__ import annotations

from typing import Any

import pytest

from arena_core.args import parse, to_job_file
from arena_core.contract.errors import InvalidArguments
from arena_volcano.args import VolcanoJobArgs
from arena_volcano.preflight import problems

BASE = {"name": "x", "image": "i:1", "command": ("c",)}
TWO = {"name": "x", "image": "i:1", "command": ("c",), "tasks": ["ps=1", "worker=2"]}


def wrong(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidArguments) as caught:
        parse(VolcanoJobArgs, raw)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"replicas": 4, "total_partitions": 3, "partition_size": 2}, "total_partitions"),
        ({"total_partitions": 2}, "partition_size"),
        ({"partition_size": 2}, "total_partitions"),
        ({"partition_highest_tier": 1}, "partition_highest_tier"),
        ({"replicas": 4, "total_partitions": 2, "partition_size": 2, "min_partitions": 3}, "min_partitions"),
        ({"replicas": 2, "min_available": 3}, "min_available"),
        ({"min_success": 2}, "min_success"),
        ({"min_success": 0}, "min_success"),
        ({"max_retry": 0}, "max_retry"),
        ({"replicas": 0}, "replicas"),
        ({"ttl_after_finished": 2**31}, "ttl_after_finished"),
        ({"ttl_after_finished": -1}, "ttl_after_finished"),
        ({"task_name": "Worker_1"}, "task_name"),
        ({"name": "n" * 49, "task_name": "t" * 20}, "task_name"),
        ({"name": "1x"}, "name"),
        ({"queue": "root"}, "queue"),
        ({"queue": "No"}, "queue"),
        ({"kueue_queue": "q"}, "kueue_queue"),
        ({"master_port": 70000}, "master_port"),
        ({"network_topology_mode": "maybe"}, "network_topology_mode"),
        ({"highest_tier_allowed": 1, "highest_tier_name": "rack"}, "highest_tier_name"),
        ({"highest_tier_allowed": 1, "partition_highest_tier": 2, "total_partitions": 1, "partition_size": 1}, "partition_highest_tier"),
        ({"plugins": ["nope"]}, "plugins"),
        ({"plugins": ["svc=words"]}, "plugins"),
        ({"plugins": ["mpi"]}, "plugins"),
        ({"plugins": ["pytorch"]}, "plugins"),
        ({"policies": ["Nope=RestartJob"]}, "policies"),
        ({"policies": ["PodFailed=Nope"]}, "policies"),
        ({"policies": ["0=RestartJob"]}, "policies"),
        ({"policies": ["PodFailed"]}, "policies"),
        ({"policies": ["PodPending=AbortJob"]}, "policies"),
        ({"policies": ["PodFailed=RestartJob", "PodFailed=AbortJob"]}, "policies"),
        ({"policies": ["*=RestartJob", "PodFailed=AbortJob"]}, "policies"),
        ({"policies": ["other/PodFailed=RestartTask"]}, "policies"),
        ({"policies": ["PodFailed=RestartPartition"]}, "policies"),
        ({"nproc_per_node": "many"}, "nproc_per_node"),
        ({"task_images": "a,b"}, "task_images"),
        ({"command": ()}, "command"),
        ({"task_commands": ["other=c"]}, "task_commands"),
    ],
)
def test_what_a_webhook_would_refuse_is_refused_under_its_flag(more: dict[str, Any], field: str) -> None:
    assert field in wrong({**BASE, **more})


@pytest.mark.parametrize(
    ("tasks", "part"),
    [
        (["a=1", "a=2"], "twice"),
        (["a=x"], "whole number"),
        (["a=1,nope=2"], "unknown key"),
        (["a=1,min-available=2"], "more than its 1 pods"),
        (["A=1"], "lower-case"),
        (["a=1,cpu=lots"], "lots"),
        (["a=1,port=70000"], "port"),
        (["a=1,depends-on=b", "b=1,depends-on=a"], "wait for each other"),
        (["a=1,depends-on=c"], "no task"),
    ],
)
def test_tasks_are_checked(tasks: list[str], part: str) -> None:
    assert part in wrong({**BASE, "tasks": tasks})["tasks"]


def test_all_problems_come_at_once() -> None:
    found = wrong({**BASE, "min_available": 9, "queue": "root", "total_partitions": 2})
    assert {"min_available", "queue", "partition_size"} <= set(found)


def test_a_task_without_any_image_is_told() -> None:
    assert "no image" in wrong({"name": "x", "tasks": ["a=1"], "command": ("c",)})["tasks"]


@pytest.mark.parametrize(
    ("raw", "least"),
    [
        ({"name": "x"}, 1),
        ({"name": "x", "task_images": "a,b", "task_replicas": 2, "min_available": 0}, 4),
        ({**BASE, "replicas": 4}, 4),
        ({**BASE, "replicas": 4, "min_available": 2}, 2),
        (TWO, 3),
    ],
)
def test_how_many_pods_start_together(raw: dict[str, Any], least: int) -> None:
    assert parse(VolcanoJobArgs, raw).least == least


def test_texts_and_mappings_mean_the_same() -> None:
    text = parse(VolcanoJobArgs, {**BASE, "tasks": ["w=2,gpus=1,depends-on=v", "v=1"], "policies": ["w/PodFailed=RestartTask:5s"]})
    tasks = [{"name": "w", "replicas": 2, "gpus": 1, "depends-on": ["v"]}, {"name": "v"}]
    file = parse(
        VolcanoJobArgs,
        {**BASE, "tasks": tasks, "policies": [{"task": "w", "events": ["PodFailed"], "action": "RestartTask", "timeout": "5s"}]},
    )
    assert text == file
    assert to_job_file("volcanojob", text) == to_job_file("volcanojob", file)


class FakeCluster:
    def __init__(self, queues: dict[str, Any], schema: Any = None) -> None:
        self.queues, self.schema = queues, schema

    def get(self, resource: Any, name: str, namespace: str = "") -> Any:
        return self.queues.get(name) if resource.kind == "Queue" else None

    def exists(self, resource: Any, name: str, namespace: str = "") -> bool | None:
        return name in self.queues if resource.kind == "Queue" else False

    def served_fields(self, resource: Any) -> Any:
        return self.schema


def test_preflight_asks_for_queue_priority_and_fields() -> None:
    old = {"properties": {"spec": {"properties": {"tasks": {"items": {"properties": {"name": {}}}}}}}}
    closed = {"status": {"state": "Closed"}}
    raw = {
        **BASE,
        "replicas": 4,
        "queue": "team",
        "priority": "p",
        "network_topology_mode": "hard",
        "total_partitions": 2,
        "partition_size": 2,
    }
    args = parse(VolcanoJobArgs, raw)
    assert [p.field for p in problems(args, FakeCluster({"team": closed}, old))] == [  # type: ignore[arg-type]
        "queue",
        "priority",
        "network_topology_mode",
        "total_partitions",
    ]
    assert [p.field for p in problems(args, FakeCluster({}, None))] == ["queue", "priority"]  # type: ignore[arg-type]
    plain = parse(VolcanoJobArgs, BASE)
    assert not problems(plain, FakeCluster({"default": {"status": {"state": "Open"}}}))  # type: ignore[arg-type]
