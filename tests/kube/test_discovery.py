"""What a cluster serves in one request, and reads side by side (A14)."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import Resource
from arena_core.kube.resources import CONFIGMAPS, PODS

JOBS = Resource("kubeflow.org", "v1", "PyTorchJob", "pytorchjobs")
WORKLOADS = Resource("kueue.x-k8s.io", "v1beta2", "Workload", "workloads", older=("v1beta1",))
RAY = Resource("ray.io", "v1", "RayJob", "rayjobs")


def group(name: str, version: str, *plurals: str, freshness: str = "Current") -> dict[str, Any]:
    resources = [{"resource": plural} for plural in plurals]
    return {"metadata": {"name": name}, "versions": [{"version": version, "freshness": freshness, "resources": resources}]}


def test_sixty_types_cost_one_request(fake_api: Any, reply: Any) -> None:
    items = [group("kubeflow.org", "v1", "tfjobs", "pytorchjobs"), group("kueue.x-k8s.io", "v1beta1", "workloads")]
    fake_api.script(reply(200, {"kind": "APIGroupDiscoveryList", "items": items}))
    cluster = fake_api.cluster()
    assert [cluster.served().has(kind) for kind in (JOBS, WORKLOADS, RAY, PODS) for _ in range(15)] == [True] * 30 + [False] * 15 + [
        True
    ] * 15
    (request,) = fake_api.requests
    assert request.path == "/apis" and "as=APIGroupDiscoveryList" in request.headers["Accept"]
    assert cluster.limited(time.monotonic() + 9).served() is cluster.served(), "a limited cluster has the same knowledge"


def test_what_is_not_known_is_not_denied(fake_api: Any, reply: Any) -> None:
    groups = [{"name": "kubeflow.org", "versions": [{"groupVersion": "kubeflow.org/v1", "version": "v1"}]}]
    fake_api.script(reply(200, {"kind": "APIGroupList", "groups": groups}))
    old = fake_api.cluster().served()
    assert (old.has(JOBS), old.has(RAY)) == (None, False), "an old server names its groups alone"
    fake_api.script(reply(200, {"kind": "APIGroupDiscoveryList", "items": [group("kubeflow.org", "v1", freshness="Stale")]}))
    assert fake_api.cluster().served().has(JOBS) is None
    for odd in (
        reply(403, {"kind": "Status", "code": 403}),
        reply(500, "no"),
        reply(200, "<html>"),
        reply(200, {"kind": "APIGroupDiscoveryList"}),
    ):
        fake_api.script(odd)
        served = fake_api.cluster().served()
        assert (served.known, served.has(JOBS), served.has(PODS)) == (False, None, True)


def test_reads_side_by_side(fake_api: Any, reply: Any) -> None:
    """Twenty reads that the server answers only when others have come: one after the other they would never end."""
    barrier = threading.Barrier(4)

    def answer(request: Any) -> Any:
        barrier.wait(20)
        name = request.path.rpartition("/")[2]
        if name == "m7":
            return reply(
                404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": "not found", "details": {"kind": "configmaps"}}
            )
        return reply(200, {"kind": "ConfigMap", "metadata": {"name": name}})

    fake_api.answer = answer
    cluster = fake_api.cluster()
    found = cluster.gather([lambda n=n: cluster.get(CONFIGMAPS, "n", f"m{n}") for n in range(20)])
    assert isinstance(found[7], NotFound)
    assert [f["metadata"]["name"] for f in found if not isinstance(f, ArenaError)] == [f"m{n}" for n in range(20) if n != 7]
    assert len(cluster.transport.pool) <= 8, "connections are kept and used again"
    assert cluster.gather([]) == []


def test_a_bug_in_one_read_is_not_hidden(fake_api: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        fake_api.cluster().gather([lambda: 1, lambda: 1 // 0])
