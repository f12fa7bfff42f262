"""What needs no cluster."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ClusterUnreachable, PermissionDenied
from arena_core.contract.types import Instance
from arena_core.kube.cluster import Cluster
from arena_core.kube.endpoint import Credentials, Endpoint
from arena_core.kube.resources import resource_of
from arena_core.usecases.finishing import finish
from arena_core.usecases.identity import Identity, identify
from arena_core.usecases.pods import PodIndex, common_selector
from arena_core.usecases.templates import at_path, is_foreign_init
from arena_core.usecases.views import gpus
from arena_core.usecases.waiting import container_started, why_waiting


def pod(name: str, namespace: str = "ns", **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels}}


def test_pods_find_their_job() -> None:
    index = PodIndex(
        [pod("a", job="x", role="m"), pod("b", job="x", role="w"), pod("c", "other", job="x", role="m"), {"metadata": {"name": "bare"}}]
    )
    assert [p["metadata"]["name"] for p in index.of("ns", ["job=x"])] == ["a", "b"]
    assert [p["metadata"]["name"] for p in index.of("ns", ["job=x,role=m"])] == ["a"]
    assert [p["metadata"]["name"] for p in index.of("ns", ["job=x,role notin (m)"])] == ["b"]
    assert [p["metadata"]["name"] for p in index.of("ns", ["role in (m,z)", "role=w"])] == ["a", "b"]
    assert [p["metadata"]["name"] for p in index.of("ns", ["job", "job=x"])] == ["a", "b"]
    assert index.of("ns", []) == [] and index.of("ns", ["none=x"]) == []


def test_the_narrowest_selector_that_finds_the_pods_of_all_jobs() -> None:
    assert common_selector([]) == ""
    assert common_selector(["job=a,op=pt"]) == "job=a,op=pt"
    assert common_selector(["op=pt,job=a", "op=pt,job=b"]) == "job,op=pt"
    assert common_selector(["op=pt,job=a", "volcano=b"]) == ""
    assert common_selector(["job=a,role in (w,m)", "role in (m,w),job=a,!x"]) == "job=a,role in (m,w)"
    assert common_selector(["job=a", "!job"]) == ""


def test_identity_is_asked_once_and_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / "home"))
    asked: list[str] = []

    def cluster(token: str, answer: Any) -> Cluster:
        made = Cluster(Endpoint("http://x", credentials=Credentials(token=token)), "ctx", "ns", "config-name")

        def who() -> str:
            asked.append(token)
            if isinstance(answer, Exception):
                raise answer
            return str(answer)

        made.who_am_i = who  # type: ignore[method-assign]
        return made

    assert identify(cluster("t1", "alice")) == Identity("alice")
    assert identify(cluster("t1", "never asked")) == Identity("alice")
    assert identify(cluster("t2", "bob")) == Identity("bob"), "another token may be another user"
    assert asked == ["t1", "t2"]
    assert identify(cluster("t3", PermissionDenied("no"))) == Identity("config-name")
    kept = tmp_path / "home" / "cache" / "identities.json"
    assert oct(kept.stat().st_mode & 0o777) == "0o600" and "t1" not in kept.read_text()
    assert Identity("kubernetes-admin").uid == "e16c40557a88702ed3185af342a7429e"
    monkeypatch.setenv("ARENA_HOME", "/proc/nowhere")
    assert identify(cluster("t4", "carol")) == Identity("carol"), "a home that cannot be written is no failure"
    with pytest.raises(ClusterUnreachable):
        identify(cluster("t5", ClusterUnreachable("gone")))


def test_plurals() -> None:
    names = {
        "NetworkPolicy": "networkpolicies",
        "Ingress": "ingresses",
        "Secret": "secrets",
        "Gateway": "gateways",
        "PodGroup": "podgroups",
    }
    assert {k: resource_of("g/v1", k).plural for k in names} == names
    assert resource_of("v1", "Endpoints").plural == "endpoints"


def test_gpus_by_any_vendor() -> None:
    assert gpus({"nvidia.com/gpu": 2, "amd.com/gpu": 1, "alpha.kubernetes.io/nvidia-gpu": 1, "rdma/hca": 8, "nvidia.com/gpu-mem": 9}) == 4


def test_what_a_pod_waits_for() -> None:
    member = Instance("x-worker-0", "Pending", role="worker", index=0)
    unscheduled = {"status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]}}
    assert why_waiting(member, unscheduled) == "worker-0 is Pending: 0/1 nodes are available"
    pulling = {"status": {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]}}
    assert why_waiting(member, pulling) == "worker-0 is Pending: no such image"
    assert why_waiting(member, {}) == "worker-0 is Pending"
    assert not container_started(pulling, "") and container_started(
        {"status": {"containerStatuses": [{"name": "c", "state": {"running": {}}}]}}, "c"
    )


def test_paths_into_objects() -> None:
    obj = {"spec": {"tasks": [{"template": {"a": 1}}]}}
    assert at_path(obj, "spec.tasks[0].template") == {"a": 1}
    assert at_path(obj, "spec.tasks[7].template") is None and at_path(obj, "spec.none.x") is None
    found = {"spec": {"initContainers": [{"name": "init-pytorch"}, {"name": "init-code"}]}}
    assert is_foreign_init(found, "init-pytorch", frozenset({"init-code"}))
    assert not is_foreign_init(found, "init-code", frozenset({"init-code"})) and not is_foreign_init(found, "main", frozenset())


def test_undoing_is_finished_even_when_ctrl_c_is_pressed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def work() -> None:
        time.sleep(0.2)
        done.append("undone")

    real, presses = threading.Thread.join, []

    def join(self: threading.Thread, timeout: float | None = None) -> None:
        if self.name == "arena-undo" and len(presses) < 3:
            presses.append(1)
            raise KeyboardInterrupt
        real(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", join)
    assert finish(work) and done == ["undone"] and len(presses) == 3
    assert not finish(lambda: 1 / 0)
