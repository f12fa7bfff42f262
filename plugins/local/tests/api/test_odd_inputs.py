"""S12, S15: what is no sensible input gets a refusal in words, never a 500."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from arena_local.context import Context, Options
from arena_local.http import build_app
from arena_local.server.errors import Refusal
from arena_local.server.server import ApiServer
from arena_local.store import Store

N = "/api/v1/namespaces/default"
BIG = 2**70
DEEP = '{"a":' * 900 + "1" + "}" * 900
EVENT = {
    "apiVersion": "events.k8s.io/v1",
    "kind": "Event",
    "metadata": {"name": "e"},
    "eventTime": "2024-01-01T00:00:00.000000Z",
    "action": "a",
    "reason": "r",
    "reportingController": "c/x",
    "reportingInstance": "i",
    "regarding": {},
    "type": "Normal",
}
CASES: list[tuple[str, str, Any]] = [
    ("POST", "/apis/events.k8s.io/v1/namespaces/default/events", EVENT),
    ("GET", "/apis/events.k8s.io/v1/namespaces/default/events", None),
    *(
        ("DELETE", f"{N}/configmaps/x", body)
        for body in (
            {"preconditions": "x"},
            {"preconditions": {"uid": 5}},
            {"dryRun": 5},
            {"gracePeriodSeconds": "x"},
            {"gracePeriodSeconds": BIG},
            {"orphanDependents": "a"},
            {"propagationPolicy": 5},
        )
    ),
    ("DELETE", f"{N}/configmaps/x?gracePeriodSeconds={BIG}", None),
    ("POST", f"{N}/pods/p/binding", {"metadata": {"name": {"a": 1}}, "target": "x"}),
    ("POST", f"{N}/pods/p/eviction", {"metadata": {"name": "p"}, "deleteOptions": "x"}),
    ("POST", f"{N}/serviceaccounts/default/token", {"spec": 5}),
    ("POST", f"{N}/serviceaccounts/default/token", {"spec": {"expirationSeconds": BIG}}),
    ("PUT", "/api/v1/namespaces/default/finalize", {"spec": 5}),
    ("PATCH", f"{N}/configmaps/x", DEEP),
    ("POST", f"{N}/configmaps", '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d","annotations":' + DEEP + "}}"),
    ("GET", f"{N}/pods/p/log?sinceSeconds={BIG}", None),
    ("GET", f"{N}/pods/p/log?sinceTime=9999-12-31T23:59:59-23:59", None),
    ("GET", f"{N}/pods/p/log?sinceTime=2024-13-41T25:61:61Z", None),
    ("GET", f"{N}/pods/p/log?sinceTime=0000-01-01T00:00:00Z", None),
    ("GET", f"{N}/pods?watch=1&timeoutSeconds={BIG}", None),
    ("GET", f"{N}/pods?limit={'9' * 5000}", None),
    ("GET", f"{N}/pods?limit=%C2%B2", None),
    ("GET", f"{N}/pods?resourceVersion=%C2%B2", None),
    ("GET", f"{N}/pods?resourceVersion={'9' * 5000}", None),
]


def test_odd_requests_are_refused_in_words(tmp_path: Path) -> None:
    """S12: each of these was a 500."""

    async def story() -> list[tuple[str, str, int]]:
        api = ApiServer(Store(None))
        api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}}, manager="t")
        spec = {"containers": [{"name": "c", "image": "i"}]}
        api.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": spec}, manager="t")
        app = build_app(Context(state_dir=tmp_path, api=api, options=Options(), token=""))
        found = []
        async with TestClient(TestServer(app)) as client:
            for method, path, body in CASES:
                data = body if body is None or isinstance(body, str) else json.dumps(body)
                media = "application/merge-patch+json" if method == "PATCH" else "application/json"
                async with client.request(method, path, data=data, headers={"Content-Type": media}) as answer:
                    if answer.status >= 500:
                        found.append((method, path[:80], answer.status))
        return found

    assert asyncio.run(story()) == []


@pytest.mark.parametrize("key", [".", "..", "..x"])
def test_keys_that_are_folders_are_refused(key: str) -> None:
    """S15."""
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}, "data": {key: "v"}}
    with pytest.raises(Refusal) as error:
        ApiServer(Store(None)).create(config, manager="t")
    assert error.value.code == 422 and "must not" in error.value.message


@pytest.mark.parametrize(
    ("volume", "mount", "text"),
    [
        ({"hostPath": {"path": "/a/../b"}}, {"mountPath": "/m"}, "must not contain '..'"),
        ({"emptyDir": {}}, {"mountPath": "/m", "subPath": "a\0b"}, "must not contain NUL"),
        ({"emptyDir": {}}, {"mountPath": "/m\0"}, "must not contain NUL"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(volume: dict[str, Any], mount: dict[str, Any], text: str) -> None:
    """S12, S15."""
    container = {"name": "c", "image": "i", "volumeMounts": [{"name": "v", **mount}]}
    spec = {"containers": [container], "volumes": [{"name": "v", **volume}]}
    with pytest.raises(Refusal) as error:
        ApiServer(Store(None)).create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": spec}, manager="t"
        )
    assert error.value.code == 422 and text in error.value.message


def test_the_kubernetes_service_comes_back() -> None:
    """C10: `delete svc --all` does not take it away until a restart."""
    api = ApiServer(Store(None))
    before = api.get("services", "default", "kubernetes")["metadata"]["uid"]
    api.delete("services", "default", "kubernetes")
    assert api.get("services", "default", "kubernetes")["metadata"]["uid"] != before


def test_a_namespace_loses_its_pods_first() -> None:
    """N19: who watches a job of it sees its pods end, as on a real cluster."""
    api = ApiServer(Store(None))
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}, manager="t")
    meta = {"namespace": "n", "finalizers": ["example.com/hold"]}
    spec = {"containers": [{"name": "c", "image": "i"}]}
    api.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", **meta}, "spec": spec}, manager="t")
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}, manager="t")
    api.delete("namespaces", "", "n")
    assert api.get("pods", "n", "p")["metadata"]["deletionTimestamp"]
    assert api.find("configmaps", "n", "a")
    api.patch("pods", "n", "p", {"metadata": {"finalizers": None}}, manager="t")
    api.delete("pods", "n", "p", grace=0) if api.find("pods", "n", "p") else None
    assert api.find("configmaps", "n", "a") is None and api.find("namespaces", "", "n") is None
