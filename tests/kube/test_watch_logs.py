from __future__ import annotations

import json
import time
from typing import Any

import pytest

from arena_core.errors import NotFound
from arena_core.kube.logs import LogOptions
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


STAMPS = [
    "2026-01-01T00:00:00.5Z",
    "2026-01-01T00:00:01.000000001Z",
    "2026-01-01T00:00:01.000000001Z",
    "2026-01-01T00:00:01.2Z",
    "2026-01-01T00:00:02Z",
]
LINES = [f"{stamp} line {n}\n".encode() for n, stamp in enumerate(STAMPS)]


def running(reply: Any, is_running: bool) -> Any:
    state = {"running": {}} if is_running else {"terminated": {"exitCode": 0}}
    return reply(200, pod("p", 1, phase="Running", containerStatuses=[{"name": "main", "state": state}]))


def test_a_followed_log_resumes_without_gap_or_repetition(fake_api: Any, reply: Any) -> None:
    """The server cuts the time to seconds, so a resumed stream begins with lines that were there already."""

    def answer(request: Any) -> Any:
        if not request.path.endswith("/log"):
            return running(reply, len(fake_api.requests) < 8)
        since = request.query.get("sinceTime", "")
        assert request.query["timestamps"] == "true"
        rest = [line for line in LINES if not since or line.decode()[:19] >= since[:19]]
        if "follow" not in request.query:
            return reply(200, lines=rest)
        rounds = sum(r.path.endswith("/log") for r in fake_api.requests)
        if rounds == 1:
            return reply(200, lines=[*rest[:2], rest[2][:40]], reset=True)  # broken off in the middle of a line
        if rounds == 2:
            return reply(502, "restarting")
        return reply(200, lines=rest[: rounds - 1])

    fake_api.answer = answer
    got = list(fake_api.cluster().stream_logs("default", "p", LogOptions(container="main", follow=True)))
    assert got == [f"line {n}\n".encode() for n in range(5)]
    assert {r.query["sinceTime"] for r in fake_api.requests if "sinceTime" in r.query} <= {f"2026-01-01T00:00:0{n}Z" for n in range(3)}


def test_times_with_a_zone_keep_it() -> None:
    from arena_core.kube.logs import Position

    position = Position()
    assert position.is_new("2026-01-01T08:00:01.25+08:00")
    assert position.resume(LogOptions()).since_time == "2026-01-01T08:00:01+08:00"
    assert not position.is_new("2026-01-01T08:00:01.2+08:00") and not position.is_new("2026-01-01T08:00:01.25+08:00")
    assert position.is_new("2026-01-01T08:00:01.3+08:00")


def test_the_last_line_without_newline_is_kept(fake_api: Any, reply: Any) -> None:
    lines = [LINES[0], LINES[1][:-1]]
    fake_api.answer = lambda r: reply(200, lines=lines) if r.path.endswith("/log") else running(reply, False)
    for follow in (False, True):
        options = LogOptions(container="main", follow=follow, timestamps=True)
        assert b"".join(fake_api.cluster().stream_logs("default", "p", options)) == b"".join(lines)


def test_options_reach_the_server(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, b"one\ntwo\n"))
    options = LogOptions(container="c", previous=True, timestamps=True, tail=0, since_seconds=60, limit_bytes=9)
    assert list(fake_api.cluster().stream_logs("ns", "p", options)) == [b"one\n", b"two\n"]
    query = {"container": "c", "previous": "true", "timestamps": "true", "tailLines": "0", "sinceSeconds": "60", "limitBytes": "9"}
    assert fake_api.requests[0].query == query
    assert fake_api.requests[0].path == "/api/v1/namespaces/ns/pods/p/log"


def test_a_missing_pod_is_not_waited_for(fake_api: Any, reply: Any) -> None:
    fake_api.script(
        reply(404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": 'pods "p" not found', "details": {"kind": "pods"}})
    )
    with pytest.raises(NotFound, match="Pod p in namespace ns does not exist"):
        list(fake_api.cluster().stream_logs("ns", "p", LogOptions(follow=True)))
