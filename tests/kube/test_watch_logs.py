from __future__ import annotations

import json
import time
from typing import Any

from arena_core.kube.resources import PODS


def pod(name: str, version: int, **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "uid": f"u-{name}", "resourceVersion": str(version)},
        "status": status,
    }


def event(kind: str, obj: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def collect(cluster: Any, count: int, **options: Any) -> list[tuple[str, str, str]]:
    found = []
    for kind, obj in cluster.watch(PODS, "default", timeout=5, **options):
        found.append((kind, obj["metadata"]["name"], obj["metadata"]["resourceVersion"]))
        if len(found) == count:
            break
    return found


class World:
    """Lists in turn, and watches by the version that they start from."""

    def __init__(self, api: Any, reply: Any, lists: list[list[dict[str, Any]]], watches: dict[str, list[Any]]) -> None:
        self.reply, self.lists, self.watches = reply, lists, watches
        api.answer = self.answer

    def answer(self, request: Any) -> Any:
        if request.query.get("watch"):
            return self.watches[request.query["resourceVersion"]].pop(0)
        items = self.lists.pop(0)
        return self.reply(200, {"kind": "PodList", "metadata": {"resourceVersion": str(10 * (3 - len(self.lists)))}, "items": items})


def test_a_broken_watch_goes_on_where_it_was(fake_api: Any, reply: Any) -> None:
    bookmark = event("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": "15"}})
    World(fake_api, reply, [[], [], [pod("a", 1)]], {})  # only to have the shape; replaced below
    watches = {
        "10": [reply(200, lines=[event("ADDED", pod("b", 11)), bookmark, b'{"type":"MOD'], reset=True)],
        "15": [reply(503, "busy"), reply(200, lines=[event("MODIFIED", pod("b", 16))], hang=1)],
    }
    World(fake_api, reply, [[pod("a", 1)], [], []], watches)
    assert collect(fake_api.cluster(), 3) == [("ADDED", "a", "1"), ("ADDED", "b", "11"), ("MODIFIED", "b", "16")]


def test_a_gap_that_the_server_cannot_fill_is_told_as_the_difference(fake_api: Any, reply: Any) -> None:
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
    watches = {
        "10": [reply(200, lines=[event("ADDED", pod("c", 12)), event("ERROR", gone)])],
        "20": [reply(410, gone)],
        "30": [reply(200, lines=[event("DELETED", pod("d", 31))], hang=1)],
    }
    World(fake_api, reply, [[pod("a", 1), pod("b", 2)], [pod("b", 3), pod("c", 12), pod("d", 4)], [pod("b", 3), pod("d", 4)]], watches)
    assert collect(fake_api.cluster(), 7) == [
        ("ADDED", "a", "1"), ("ADDED", "b", "2"), ("ADDED", "c", "12"),
        ("DELETED", "a", "1"), ("MODIFIED", "b", "3"), ("ADDED", "d", "4"),
        ("DELETED", "c", "12"),
    ]  # fmt: skip


def test_what_vanished_during_a_gap_is_told_to_who_knew_it(fake_api: Any, reply: Any) -> None:
    watches = {"5": [reply(410, {"kind": "Status", "code": 410, "message": "old"})], "10": [reply(200, lines=[], hang=1)]}
    World(fake_api, reply, [[], [], []], watches)
    assert collect(fake_api.cluster(), 1, resource_version="5", known=[pod("a", 5)]) == [("DELETED", "a", "5")]


def test_a_watch_ends_when_its_time_is_over(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, lines=[event("ADDED", pod("a", 1))], hang=10))
    start = time.monotonic()
    assert len(list(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=0.3))) == 1
    assert 0.25 < time.monotonic() - start < 2
