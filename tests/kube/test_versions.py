"""A kind in the newest version that a cluster serves: asked for once, and without a request more where it is the newest."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.contract.errors import KindNotInstalled, NotFound
from arena_core.families import kueue

NEW, OLD = "/apis/kueue.x-k8s.io/v1beta2/namespaces/n", "/apis/kueue.x-k8s.io/v1beta1/namespaces/n"


def served(reply: Any, *versions: str) -> Any:
    """Answer as a cluster that serves these versions, with one queue ``q`` and one Workload."""

    def answer(request: Any) -> Any:
        if request.path.split("/")[3] not in versions:
            return reply(404, "404 page not found\n")
        if request.path.endswith("/workloads"):
            return reply(200, {"kind": "WorkloadList", "metadata": {"resourceVersion": "1"}, "items": [{"metadata": {"name": "w"}}]})
        if request.path.endswith("/localqueues/q"):
            return reply(200, {"kind": "LocalQueue", "metadata": {"name": "q"}})
        return reply(404, {"kind": "Status", "reason": "NotFound", "message": "not found", "details": {"kind": "localqueues"}, "code": 404})

    return answer


def asked(fake_api: Any) -> list[str]:
    found = [r.path for r in fake_api.requests]
    fake_api.requests.clear()
    return found


def test_the_newest_version_is_one_request(fake_api: Any, reply: Any) -> None:
    fake_api.answer = served(reply, "v1beta1", "v1beta2")
    cluster = fake_api.cluster()
    assert cluster.get(kueue.LOCAL_QUEUE, "n", "q")["metadata"]["name"] == "q"
    (workload,) = cluster.list(kueue.WORKLOAD, "n").items
    assert workload["apiVersion"] == "kueue.x-k8s.io/v1beta2"
    assert asked(fake_api) == [f"{NEW}/localqueues/q", f"{NEW}/workloads"]


def test_an_older_cluster_is_asked_in_its_version_and_that_is_kept(fake_api: Any, reply: Any) -> None:
    fake_api.answer = served(reply, "v1beta1")
    cluster = fake_api.cluster()
    (workload,) = cluster.list(kueue.WORKLOAD, "n").items
    assert workload["kind"] == "Workload" and workload["apiVersion"] == "kueue.x-k8s.io/v1beta1" and kueue.WORKLOAD.matches(workload)
    assert asked(fake_api) == [f"{NEW}/workloads", f"{OLD}/workloads"]
    cluster.list(kueue.WORKLOAD, "n")
    assert asked(fake_api) == [f"{OLD}/workloads"]
    with pytest.raises(NotFound, match="LocalQueue missing"):
        cluster.get(kueue.LOCAL_QUEUE, "n", "missing")
    assert cluster.find(kueue.LOCAL_QUEUE, "n", "q")
    assert asked(fake_api) == [f"{NEW}/localqueues/missing", f"{OLD}/localqueues/missing", f"{OLD}/localqueues/q"]


def test_without_any_the_newest_is_named(fake_api: Any, reply: Any) -> None:
    fake_api.answer = served(reply)
    cluster = fake_api.cluster()
    assert cluster.serves(kueue.WORKLOAD, "n") is False
    with pytest.raises(KindNotInstalled, match="v1beta2"):
        cluster.list(kueue.WORKLOAD, "n")
    fake_api.answer = served(reply, "v1beta1")  # installed in the meantime
    assert cluster.serves(kueue.WORKLOAD, "n") is True
    fake_api.answer = served(reply, "v1beta2")  # upgraded
    assert cluster.serves(kueue.WORKLOAD, "n") is True
