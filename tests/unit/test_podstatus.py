"""From pods to instances: kubectl's words, exit codes, the chief, and which logs to show."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from arena_core.contract.errors import NotFound, UsageError
from arena_core.contract.types import Instance, LogQuery, LogSource
from arena_core.k8s import dig, podsize
from arena_core.podstatus import default_log_sources, instance, log_container, pick_chief, status_text
from arena_core.testing.conformance import OBJECT

RECORDED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "recordings/phases.json"


def pod(phase: str = "Running", **more: Any) -> dict[str, Any]:
    metadata = {"name": more.pop("name", "p"), "creationTimestamp": more.pop("created", "2026-01-01T00:00:00Z"), **more.pop("metadata", {})}
    return {"metadata": metadata, "spec": more.pop("spec", {}), "status": {"phase": phase, **more}}


def ended(code: int, reason: str = "", **more: Any) -> dict[str, Any]:
    return {"state": {"terminated": {"exitCode": code, "reason": reason, **more}}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


RUNNING = {"ready": True, "state": {"running": {}}}
TWO_INIT = {"initContainers": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        (pod("Pending"), "Pending"),
        (pod("Pending", containerStatuses=[waiting("ContainerCreating")]), "ContainerCreating"),
        (pod("Pending", containerStatuses=[waiting("ImagePullBackOff")]), "ImagePullBackOff"),
        (pod("Running", containerStatuses=[RUNNING]), "Running"),
        (pod("Running", containerStatuses=[waiting("CrashLoopBackOff")]), "CrashLoopBackOff"),
        (pod("Running", containerStatuses=[RUNNING, ended(0, "Completed")]), "NotReady"),
        (pod("Running", containerStatuses=[RUNNING, ended(0, "Completed")], conditions=[{"type": "Ready", "status": "True"}]), "Running"),
        (pod("Succeeded", containerStatuses=[ended(0, "Completed")]), "Completed"),
        (pod("Failed", containerStatuses=[ended(1, "Error")]), "Error"),
        (pod("Failed", containerStatuses=[ended(137, "OOMKilled")]), "OOMKilled"),
        (pod("Failed", containerStatuses=[ended(3)]), "ExitCode:3"),
        (pod("Failed", containerStatuses=[ended(137, signal=9)]), "Signal:9"),
        (pod("Failed", reason="Evicted"), "Evicted"),
        (pod("Pending", spec=TWO_INIT, initContainerStatuses=[{"state": {"running": {}}}]), "Init:0/2"),
        (pod("Pending", spec=TWO_INIT, initContainerStatuses=[ended(0), waiting("PodInitializing")]), "Init:1/2"),
        (pod("Pending", spec=TWO_INIT, initContainerStatuses=[ended(1, "Error")]), "Init:Error"),
        (pod("Pending", spec=TWO_INIT, initContainerStatuses=[ended(2)]), "Init:ExitCode:2"),
        (pod("Pending", spec=TWO_INIT, initContainerStatuses=[ended(2, signal=15)]), "Init:Signal:15"),
        (pod("Pending", spec=TWO_INIT, initContainerStatuses=[waiting("CrashLoopBackOff")]), "Init:CrashLoopBackOff"),
        (pod("Pending", initContainerStatuses=[ended(0)], containerStatuses=[waiting("PodInitializing")]), "PodInitializing"),
        (pod("Running", metadata={"deletionTimestamp": "t"}), "Terminating"),
        (pod("Running", reason="NodeLost", metadata={"deletionTimestamp": "t"}), "Unknown"),
        (pod("Succeeded", metadata={"deletionTimestamp": "t"}, containerStatuses=[ended(0, "Completed")]), "Completed"),
        (pod("Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]), "SchedulingGated"),
        (
            pod(
                "Running",
                spec={"initContainers": [{"name": "s", "restartPolicy": "Always"}]},
                initContainerStatuses=[{"name": "s", "started": True, "state": {"running": {}}}],
                containerStatuses=[RUNNING],
            ),
            "Running",
        ),
        ({}, "Unknown"),
    ],
)
def test_status_text_is_kubectls(obj: dict[str, Any], text: str) -> None:
    assert status_text(obj) == text


def test_an_instance() -> None:
    spec = {
        "nodeName": "n1",
        "containers": [{"resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "1"}}}, {"resources": {"limits": {"nvidia.com/gpu": 1}}}],
    }
    statuses = [
        {"name": "main", "restartCount": 2, **ended(3, "Error", finishedAt="2026-01-01T00:01:00Z")},
        {"name": "side", "restartCount": 1, **ended(0, "Completed", finishedAt="2026-01-01T00:00:30Z")},
    ]
    found = instance(
        pod("Failed", spec=spec, containerStatuses=statuses, startTime="2026-01-01T00:00:01Z"), role="worker", index=1, container="main"
    )
    assert (found.short_name, found.status, found.node, found.exit_code, found.restarts) == ("worker-1", "Error", "n1", 3, 3)
    assert (found.reason, found.finished, found.requests) == ("Error", "2026-01-01T00:01:00Z", {"nvidia.com/gpu": 3})


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([{"name": "main", **ended(0)}], 0),
        ([{"name": "side", **ended(0)}, {"name": "main", **ended(4)}], 4),
        ([{"name": "main", **RUNNING}], None),
        ([{"name": "main", "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 7}}}], 7),
        ([], None),
    ],
)
def test_exit_codes(statuses: list[dict[str, Any]], code: int | None) -> None:
    assert instance(pod(containerStatuses=statuses), container="main").exit_code == code


def test_an_unschedulable_pod_says_why() -> None:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]
    found = instance(pod("Pending", conditions=conditions))
    assert (found.reason, found.message) == ("Unschedulable", "0/1 nodes are available")


def test_the_chief_is_the_newest_that_is_not_pending() -> None:
    old, new = ({"labels": {"r": "master"}}, {"labels": {"r": "master"}})
    pods = [
        pod("Failed", name="a", created="1", metadata=old),
        pod("Running", name="b", created="2", metadata=new),
        pod("Pending", name="c", created="3", metadata=new),
        pod("Running", name="w", created="4", metadata={"labels": {"r": "worker"}}),
    ]
    rules = ({"r": "chief"}, {"r": "master"}, {"r": "worker"})
    assert dig.text(pick_chief(pods, rules), "metadata", "name") == "b"
    assert dig.text(pick_chief(pods[2:3], rules), "metadata", "name") == "c"
    assert pick_chief(pods, ({"r": "nobody"},)) is None


def members() -> tuple[list[Instance], list[dict[str, Any]]]:
    names = (("x-worker-0", "worker", 0), ("x-master-0", "master", 0))
    pods = [pod(name=name, spec={"containers": [{"name": "side"}, {"name": "main"}]}) for name, _, _ in names]
    return [instance(p, role=r, index=i, chief=r == "master") for p, (_, r, i) in zip(pods, names, strict=True)], pods


def test_log_sources() -> None:
    instances, pods = members()
    chief, worker = LogSource("x-master-0", "main", "master-0"), LogSource("x-worker-0", "main", "worker-0")
    assert default_log_sources(instances, pods, LogQuery(), "main") == [chief]
    assert default_log_sources(instances, pods, LogQuery(all_instances=True), "main") == [chief, worker]
    assert default_log_sources(instances, pods, LogQuery(instance="worker-0"), "main") == [worker]
    assert default_log_sources(instances, pods, LogQuery(instance="x-worker-0", container="c"), "main") == [
        LogSource("x-worker-0", "c", "worker-0")
    ]
    with pytest.raises(NotFound, match="worker-7") as missing:
        default_log_sources(instances, pods, LogQuery(instance="worker-7"))
    assert missing.value.hint == "instances: master-0, worker-0"
    with pytest.raises(UsageError):
        default_log_sources([Instance(i.name, i.status) for i in instances], pods, LogQuery())
    assert default_log_sources([], [], LogQuery()) == []


def test_a_pod_that_initialises_shows_the_init_container() -> None:
    spec = {"initContainers": [{"name": "init-code"}], "containers": [{"name": "main"}]}
    assert log_container(pod("Pending", spec=spec, initContainerStatuses=[{"name": "init-code", "state": {"running": {}}}])) == "init-code"
    assert log_container(pod("Running", spec=spec), main="absent") == "main"


@given(OBJECT)
def test_any_object_is_an_instance(obj: dict[str, Any]) -> None:
    assert instance(obj).status
    log_container(obj)
    podsize.devices(obj)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not on this machine")
def test_every_recorded_pod_is_an_instance() -> None:
    recorded = [r for r in json.loads(RECORDED.read_text()) if r["kind"] == "Pod"]
    assert len(recorded) > 100
    for item in recorded:
        found = instance({"metadata": {"name": item["name"]}, "status": item["status"]})
        assert found.status not in ("", "Unknown") or not item["status"].get("phase")


@pytest.mark.parametrize(("status", "phase"), [("Terminating", "Running"), ("Completed", "Succeeded")])
def test_what_an_update_replaces_is_not_meant(status: str, phase: str) -> None:
    """Of a server with one instance the log is the new one's, while the old one ends and when it has ended."""
    instances = [Instance("old", status, phase), Instance("new", "Running", "Running")]
    pods = [pod(name="old"), pod(name="new")]
    assert [source.pod for source in default_log_sources(instances, pods, LogQuery())] == ["new"]
    with pytest.raises(UsageError):
        default_log_sources([Instance("other", "Running", "Running"), instances[1]], [pod(name="other"), pods[1]], LogQuery())
