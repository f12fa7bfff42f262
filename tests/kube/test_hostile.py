"""What answers in place of an API server, or is one in trouble: one clear error within the time given, never "a bug" (S9, S20, S25)."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.contract.errors import ArenaError, ClusterUnreachable
from arena_core.kube import answer, cluster, watch
from arena_core.kube.answer import BadAnswer
from arena_core.kube.cluster import Cluster
from arena_core.kube.deadline import DeadlineExceeded
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.resources import CONFIGMAPS, PODS
from arena_core.kube.shape import checked, listed

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def raw(listening: Any) -> Callable[..., Cluster]:
    """A server that reads one request a connection and then does what it is told with the socket."""

    def start(act: Callable[[socket.socket], None] | bytes) -> Cluster:
        def answered(client: socket.socket) -> None:
            client.recv(65536)
            client.sendall(act) if isinstance(act, bytes) else act(client)

        return Cluster(Endpoint(f"http://127.0.0.1:{listening(answered)}"), context="raw")

    return start


def sized(body: bytes, *more: bytes) -> bytes:
    return HEAD + b"".join(line + b"\r\n" for line in more) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def silent(client: socket.socket) -> None:
    client.recv(1)


def dripping(client: socket.socket) -> None:
    client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        client.sendall(b"1\r\n \r\n")
        time.sleep(0.02)


@pytest.mark.parametrize("act", [silent, dripping])
def test_no_read_outlives_the_time_of_its_caller(raw: Any, act: Any) -> None:
    """S9: a server that accepts and says nothing, and one that never stops saying nothing."""
    start = time.monotonic()
    limited = raw(act).limited(start + 0.4)
    for read in (lambda: limited.get(CONFIGMAPS, "n", "m"), lambda: limited.list(PODS, "n"), lambda: limited.delete(PODS, "n", "p")):
        with pytest.raises(DeadlineExceeded) as caught:
            read()
        assert caught.value.exit_code == 124
    assert list(limited.watch(PODS, "n", resource_version="1")) == []
    assert time.monotonic() - start < 3


def test_a_watch_ends_in_its_time_whatever_comes(raw: Any) -> None:
    """S9, S25: a silent server, and one line that never ends."""
    start = time.monotonic()
    assert list(raw(silent).watch(PODS, "n", resource_version="1", timeout=0.3)) == []
    assert list(raw(dripping).watch(PODS, "n", resource_version="1", timeout=0.3)) == []
    assert time.monotonic() - start < 3


def test_a_line_of_a_watch_has_a_limit(fake_api: Any, reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_LINE", 10_000)
    fake_api.script(reply(200, lines=[b"x" * 4000] * 4, hang=5))
    with pytest.raises(BadAnswer, match="a line without end"):
        list(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=4))


def test_a_body_has_a_limit(raw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "MAX_BODY", 1 << 20)

    def flood(client: socket.socket) -> None:
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        while True:
            client.sendall(b" " * 65536)

    with pytest.raises(BadAnswer, match="without end"):
        raw(flood).get(CONFIGMAPS, "n", "m")
    bomb = gzip.compress(b" " * (2 << 20))
    with pytest.raises(BadAnswer, match="unpacks to more"):
        raw(sized(bomb, b"Content-Encoding: gzip")).get(CONFIGMAPS, "n", "m")


def test_pages_without_end(fake_api: Any, reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MAX_PAGES", 5)
    tokens = iter(range(100))
    page = lambda request: reply(200, {"kind": "PodList", "metadata": {"continue": str(next(tokens))}, "items": []})  # noqa: E731
    fake_api.answer = page
    with pytest.raises(BadAnswer, match="no end"):
        fake_api.cluster().list(PODS, "default")
    assert len(fake_api.requests) == 5
    fake_api.script(reply(200, {"kind": "PodList", "metadata": {"continue": "same"}, "items": []}))
    with pytest.raises(BadAnswer, match="comes back"):
        fake_api.cluster().list(PODS, "default")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\n\n",
        b"HTTP/9.9 999 WHAT\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        HEAD + b"Content-Length: 99\r\n\r\n{}",
        HEAD + b"Content-Length: abc\r\nConnection: close\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}",
        sized(b"\x1f\x8bbroken", b"Content-Encoding: gzip"),
        sized(b"<html>sign in</html>"),
        sized(b"[" * 200_000),
        sized(b'{"kind": "ConfigMap", "metadata": {"name": NaN}}'),
        sized(b"7" * 10_000),
        sized(b'{"kind": "ConfigMap", "metadata": [], "x": "\\ud800"}'),
        sized(b"{}"),
        sized(b"null"),
        sized(b"[]"),
        sized(b'{"kind": "Secret", "metadata": {"name": "m"}}'),
        sized(b'{"kind": "ConfigMap", "metadata": {"name": "other"}}'),
        b"HTTP/1.1 429 Slow\r\nRetry-After: \xc2\xb2\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Slow\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_no_answer_is_a_bug_of_ours(raw: Any, data: bytes) -> None:
    """S20: every read of every odd answer is an expected error with a way out."""
    api = raw(data)
    for read in (
        lambda: api.get(CONFIGMAPS, "n", "m"),
        lambda: api.list(CONFIGMAPS, "n"),
        lambda: api.create(CONFIGMAPS, "n", {"metadata": {"name": "m"}}),
        lambda: api.delete(CONFIGMAPS, "n", "m"),
        api.who_am_i,
        lambda: b"".join(api.stream_logs("n", "p"))[:0].decode(),
        lambda: not api.served().known or None,
    ):
        try:
            found = read()
        except ArenaError as error:
            assert error.message and "this is a bug" not in error.message  # noqa: PT017
        else:
            assert found in (None, "", True), "a log may be anything, and what is served not known; an object must be one"


def test_a_page_to_sign_in_says_so(raw: Any) -> None:
    """A11, S21: it was a 200, and that is what is told."""
    with pytest.raises(ClusterUnreachable) as caught:
        raw(sized(b"<html>sign in</html>")).list(PODS, "n")
    assert "answers with a web page (200)" in caught.value.message and "sign in" in caught.value.hint and "404" not in caught.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c, max_size=3),
)
FIELDS = st.sampled_from(
    ["labels", "annotations", "name", "uid", "ownerReferences", "finalizers", "creationTimestamp", "conditions", "containers"]
)


@given(JSON, FIELDS, st.sampled_from(["metadata", "status", "spec"]))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_passes_the_border_has_the_types_of_kubernetes(value: Any, key: str, part: str) -> None:
    """S7, S20."""
    obj = {"kind": "Pod", "metadata": {"name": "p"}, part: {"name": "p", key: value}}
    for read in (lambda: checked(obj, "get", PODS, "p"), lambda: listed({"kind": "PodList", "items": [obj]}, PODS)["items"][0]):
        try:
            found = read()
        except BadAnswer:
            continue
        metadata = found["metadata"]
        assert isinstance(metadata, dict) and all(isinstance(metadata.get(k) or {}, dict) for k in ("labels", "annotations"))
        assert all(isinstance(r, dict) for r in metadata.get("ownerReferences") or [])
        assert all(isinstance(r, dict) for r in (found.get("status") or {}).get("conditions") or [])
    checked({"kind": "Pod", "metadata": {"name": "p", "uid": "1"}}, "get", PODS, "p", uid="1")
    with pytest.raises(BadAnswer, match="another object"):
        checked({"kind": "Pod", "metadata": {"name": "p", "uid": "2"}}, "get", PODS, "p", uid="1")


@pytest.mark.parametrize(
    "line",
    [
        b"<html>",
        b"{}",
        b"[]",
        b'{"type": 5, "object": {}}',
        b'{"type": "ADDED", "object": 5}',
        b"[" * 99_999,
        b'{"type": "ADDED", "object": {"kind": "Pod", "metadata": 3}}',
        b'{"type": "ERROR", "object": {"code": "x"}}',
    ],
)
def test_a_watch_that_brings_nonsense(fake_api: Any, reply: Any, line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A1, S20."""
    monkeypatch.setattr(watch, "PATIENCE", 0.05)
    fake_api.script(reply(200, lines=[line + b"\n"]))
    with pytest.raises(ClusterUnreachable):
        list(fake_api.cluster().watch(PODS, "default", resource_version="1", timeout=5))


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n\r\n", HEAD + b"Connection: close\r\n\r\n"])
def test_a_stream_that_closes_at_its_end(raw: Any, head: bytes) -> None:
    """S3: such an answer lets go of its connection at once, and a time-out was still set on it."""
    event = json.dumps({"type": "ADDED", "object": {"kind": "Pod", "metadata": {"name": "a", "uid": "u", "resourceVersion": "2"}}})
    api = raw(head + event.encode() + b"\n")
    (first, *_) = api.watch(PODS, "n", resource_version="1", timeout=0.3)
    assert first[1]["metadata"]["name"] == "a"
