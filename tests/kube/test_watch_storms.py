"""A watch that ends at once, or is too old each time, is not asked again without a pause (A3)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError
from arena_core.kube import watch
from arena_core.kube.resources import PODS

GONE = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
LIST = {"kind": "PodList", "metadata": {"resourceVersion": "5"}, "items": []}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "DELAYS", (0.1, 0.2, 0.4))


def test_a_watch_that_is_always_empty(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, lines=[]))
    assert list(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=1.5)) == []
    assert 3 <= len(fake_api.requests) <= 7


def test_a_watch_that_is_always_too_old(fake_api: Any, reply: Any) -> None:
    fake_api.answer = lambda request: reply(410, GONE) if request.query.get("watch") else reply(200, LIST)
    assert list(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=1.5)) == []
    assert 6 <= len(fake_api.requests) <= 14


def test_the_same_event_again_and_again_is_no_news(fake_api: Any, reply: Any) -> None:
    event = b'{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"a","uid":"u","resourceVersion":"2"}}}\n'
    fake_api.script(reply(200, lines=[event]))
    assert len(list(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=1.0))) == 1
    assert len(fake_api.requests) <= 7


def test_a_list_that_fails_after_a_gap_has_the_patience_of_the_watch(fake_api: Any, reply: Any) -> None:
    failing = [True] * 8
    pod = {"metadata": {"name": "a", "uid": "u", "resourceVersion": "6"}}

    def answer(request: Any) -> Any:
        if request.query.get("watch"):
            return reply(410, GONE)
        return reply(500, "down") if failing and failing.pop() else reply(200, {**LIST, "items": [pod]})

    fake_api.answer = answer
    kind, found = next(iter(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=9)))
    assert (kind, found["metadata"]["name"]) == ("ADDED", "a") and not failing


def test_patience_ends_where_nothing_works(fake_api: Any, reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.3)
    fake_api.script(reply(503, "down"))
    start = time.monotonic()
    with pytest.raises(ArenaError, match="503"):
        list(fake_api.cluster().watch(PODS, "default", resource_version="1"))
    assert time.monotonic() - start < 5
