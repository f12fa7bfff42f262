"""A log is read once, in order and to its end, whatever becomes of the streams; or it is an error (L1, L5, L6, S2, S4, S10)."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.contract.errors import ArenaError, ClusterUnreachable, NotFound, PermissionDenied
from arena_core.kube import logfollow, logs
from arena_core.kube.http1 import IncompleteRead
from arena_core.kube.logfollow import Follower, Run, run_of
from arena_core.kube.loglines import MAX_LINE, Lines
from arena_core.kube.logoptions import LogOptions
from arena_core.kube.logposition import Position, Rows, Skip, order, stamp_at, whole_seconds
from arena_core.kube.logs import Incomplete, LogReader, NoLog
from arena_core.kube.logstream import stream
from arena_core.kube.nodes import NodeSilent
from arena_core.kube.scope import CancelScope
from arena_core.kube.transport import Answer

Entry = tuple[bytes, bytes]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (logs, logfollow):
        monkeypatch.setattr(module, "DELAYS", (0.0005,))
    monkeypatch.setattr(logfollow, "PATIENCE", 0.2)


class FakeStream:
    """A body in chunks; ``broken`` raises at its end."""

    def __init__(self, chunks: list[bytes], broken: bool) -> None:
        self._chunks, self._broken = chunks, broken
        self.response = self
        self.headers: dict[str, str] = {}

    def chunks(self) -> Iterator[bytes]:
        yield from self._chunks
        if self._broken:
            raise ConnectionResetError

    def close(self) -> None:
        pass


def refused(code: int, message: str = "injected") -> Answer:
    return Answer(code, {}, b'{"kind":"Status","code":%d,"message":"%s","reason":"x"}' % (code, message.encode()))


@dataclass
class Node:
    """The log of a container as an API server gives it: ``sinceTime`` counts whole seconds, ``tailLines`` the last lines."""

    entries: list[Entry]
    #: For each request (bytes of the body, whether it breaks), then whole answers.
    faults: list[tuple[int, bool] | Answer] = field(default_factory=list)
    chunk: int = 1 << 16
    queries: list[dict[str, Any]] = field(default_factory=list)
    before_answer: Callable[[dict[str, Any]], None] = lambda query: None
    scope: CancelScope = field(default_factory=CancelScope)

    def stream(self, path: str, query: dict[str, Any], timeout: float | None = None) -> Any:
        self.queries.append(query)
        self.before_answer(query)
        fault = self.faults.pop(0) if self.faults else (1 << 40, False)
        if isinstance(fault, Answer):
            return fault
        lines = self.entries
        since = (query.get("sinceTime") or "")[:19].encode()
        lines = [e for e in lines if e[0][:19] >= since]
        if query.get("tailLines") is not None:
            lines = lines[len(lines) - query["tailLines"] :] if query["tailLines"] <= len(lines) else lines
        body = b"".join(stamp + b" " + text for stamp, text in lines)
        body = body[: fault[0]]
        return FakeStream([body[at : at + self.chunk] for at in range(0, len(body), self.chunk)], fault[1])

    def text(self, last: int | None = None) -> bytes:
        rows = self.entries if last is None else self.entries[len(self.entries) - last :] if last else []
        return b"".join(text for _, text in rows)


def node(texts: list[bytes], group: int = 1, **more: Any) -> Node:
    """A log whose lines come in groups of one time."""
    return Node([(b"2026-01-01T00:00:%02d.%06dZ" % (n // group // 4, n // group), text) for n, text in enumerate(texts)], **more)


def read(api: Node, running: int = 0, **options: Any) -> bytes:
    """Read the log; the container is seen running so many times."""
    looks = [running]

    def find() -> dict[str, Any]:
        looks[0] -= 1
        state = {"running": {}} if looks[0] >= 0 else {"terminated": {"exitCode": 0}}
        phase = "Running" if looks[0] >= 0 else "Succeeded"
        return {"spec": {"restartPolicy": "Never"}, "status": {"phase": phase, "containerStatuses": [{"name": "c", "state": state}]}}

    return b"".join(stream(api, "ns", "p", LogOptions(container="c", **options), find))  # type: ignore[arg-type]


texts = st.lists(st.sampled_from([b"a\n", b"\n", b"x\n", b"a b\n", b"\r50%\r60%\n", b"long" * 30 + b"\n"]), max_size=30)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=texts,
    last=st.sampled_from([b"", b"end", b"\n"]),
    group=st.sampled_from([1, 3, 100]),
    cuts=st.lists(st.tuples(st.integers(0, 600), st.booleans()), max_size=4),
    tail=st.sampled_from([None, 0, 1, 2, 5, 100]),
    follow=st.booleans(),
    running=st.integers(0, 3),
    chunk=st.sampled_from([1, 7, 65536]),
    stamps=st.booleans(),
)
def test_each_line_comes_once_and_in_order_over_any_cuts(
    lines: list[bytes], last: bytes, group: int, cuts: list[Any], tail: int | None, follow: bool, running: int, chunk: int, stamps: bool
) -> None:
    if tail is not None:  # where only the last of them have been seen, equal lines of one time cannot be told apart
        lines = [b"%d %s" % (n, line) for n, line in enumerate(lines)]
    # A stream may end too early as if that were the end; the look whether there is more is at worst cut.
    faults = [(size, broken or n > 0) for n, (size, broken) in enumerate(cuts)]
    api = node([*lines, last] if last else lines, group, faults=list(faults), chunk=chunk)
    options = {} if tail is None else {"tail": tail}
    got = read(api, running, follow=follow, timestamps=stamps, **options)
    rows = api.entries if tail is None else api.entries[len(api.entries) - tail :] if tail <= len(api.entries) else api.entries
    want = b"".join(stamp + b" " + text if stamps else text for stamp, text in (rows if tail != 0 else []))
    assert got == want, (got, want)


def test_lines_of_one_time_are_not_doubled_after_the_last_ones() -> None:
    """S4: `seq 1 6`, the last two: 5 6 3 4 5 6."""
    api = node([b"%d\n" % n for n in range(1, 7)], group=100)
    assert read(api, follow=True, tail=2) == b"5\n6\n"
    assert read(api, running=2, follow=True, tail=2) == b"5\n6\n"


def test_a_growing_log_is_followed_without_gap_or_repetition() -> None:
    """Also where the reader begins with none of the lines, and lines come while no stream is open."""
    for tail, expected in ((0, range(3, 9)), (2, range(1, 9)), (-1, range(9))):
        api = node([b"%d\n" % n for n in range(9)], group=2)
        every, api.entries = api.entries, api.entries[:3]

        def grow(query: dict[str, Any], api: Node = api, every: list[Entry] = every) -> None:
            if query["follow"] or len(api.queries) > 2:
                api.entries = every[: len(api.entries) + 1]

        api.before_answer = grow
        assert read(api, running=12, follow=True, tail=tail) == b"".join(b"%d\n" % n for n in expected), tail


@pytest.mark.parametrize(
    "fault", [refused(503), refused(429), refused(500), refused(404), Answer(502, {}, b"<html>"), (0, True), (0, False)]
)
@pytest.mark.parametrize("times", [1, 9999])
def test_a_second_answer_that_fails_is_repeated_and_never_the_end(fault: Any, times: int) -> None:
    """S2: the first answer ends early and cleanly, the second fails: 35 of 200 lines, exit 0."""
    for follow, running in ((True, 1), (True, 0), (False, 0)):
        api = node([b"line %d\n" % n for n in range(200)], faults=[(1000, False), *[fault] * times])
        if times == 1:
            assert read(api, running, follow=follow) == api.text()
        else:
            with pytest.raises(ArenaError) as caught:
                read(api, running, follow=follow)
            assert not isinstance(caught.value, NotFound)


def test_rights_that_are_taken_away_are_an_error() -> None:
    """S2: 401 and 403 are no end of a log."""
    for code in (401, 403):
        api = node(
            [b"line %d\n" % n for n in range(200)], faults=[(1000, False), *[refused(code, 'User "x" cannot get resource "pods"')] * 9]
        )
        with pytest.raises(PermissionDenied):
            read(api, 1, follow=True)


def test_a_body_that_is_shorter_than_it_says_is_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """S10: Content-Length says more than comes."""

    class Short(FakeStream):
        def chunks(self) -> Iterator[bytes]:
            yield from self._chunks
            raise IncompleteRead

    api = node([b"line %d\n" % n for n in range(50)])
    real, calls = api.stream, [0]

    def short(path: str, query: Any, timeout: float | None = None) -> Any:
        calls[0] += 1
        return Short([b"".join(s + b" " + t for s, t in api.entries)[:333]], False) if calls[0] == 1 else real(path, query, timeout)

    monkeypatch.setattr(api, "stream", short)
    assert read(api) == api.text()
    calls[0] = -99
    monkeypatch.setattr(api, "stream", lambda *a, **k: Short([b"2026-01-01T00:00:00.1Z half"], False))
    with pytest.raises(ClusterUnreachable, match="broke off"):
        read(api)


def test_what_the_node_says_in_place_of_a_log_is_an_error() -> None:
    """N11: "unable to retrieve container logs for containerd://…" with 200."""
    body = b"unable to retrieve container logs for containerd://5fc3"
    api = Node([])
    api.stream = lambda *a, **k: FakeStream([body[:9], body[9:]], False)  # type: ignore[method-assign]
    for follow in (False, True):
        with pytest.raises(NoLog, match="the node has no log of p: unable to retrieve"):
            read(api, follow=follow, previous=True)
    api = node([body + b"\n"])
    assert read(api) == body + b"\n"  # a container that prints this sentence has said it


def test_a_log_without_times_is_read_and_not_read_twice() -> None:
    """A virtual node may ignore `timestamps`."""
    api = Node([])
    api.stream = lambda *a, **k: FakeStream([b"one\n", b"two\n"], False)  # type: ignore[method-assign]
    assert read(api) == read(api, follow=True) == b"one\ntwo\n"
    api.stream = lambda *a, **k: FakeStream([b"one\n", b"two\n"], True)  # type: ignore[method-assign]
    with pytest.raises(Incomplete, match="without times"):
        read(api)


def test_a_log_that_was_turned_over_is_not_called_complete() -> None:
    """R7, S11: the place where reading stopped is gone."""
    api = node([b"line %d\n" % n for n in range(100)], faults=[(1000, True)])

    def turn_over(query: dict[str, Any]) -> None:
        if len(api.queries) == 2:
            api.entries = api.entries[80:]

    api.before_answer = turn_over
    got = b""

    def take() -> None:
        nonlocal got
        for text in stream(api, "ns", "p", LogOptions(container="c", follow=True), lambda: {"status": {"phase": "Succeeded"}}):  # type: ignore[arg-type]
            got += text

    with pytest.raises(Incomplete, match=r"lines after 2026-01-01T00:00:\S+ are missing"):
        take()
    assert got.endswith(b"line 99\n")


def restarting(api: Node, runs: list[list[Entry]], at: dict[int, int]) -> Callable[[], Run]:
    """A container that has been restarted; which run is there is told by the number of the request."""

    def current() -> int:
        return max((run for count, run in at.items() if len(api.queries) >= count), default=0)

    def choose(query: dict[str, Any]) -> None:
        run = current()
        api.entries = runs[max(run - 1, 0)] if query["previous"] else runs[run]

    api.before_answer = choose
    return lambda: Run(current(), over=current() == len(runs) - 1)


def test_what_a_container_wrote_before_its_restart_is_read_from_the_run_before() -> None:
    every = node([b"first %d\n" % n for n in range(5)] + [b"second %d\n" % n for n in range(5)]).entries
    for fault in ((90, True), (90, False), (1000, False)):
        api = Node(every[:5], faults=[fault])
        look = restarting(api, [every[:5], every[5:]], {1: 1})
        reader = LogReader(api, "ns", "p", LogOptions(container="c"))  # type: ignore[arg-type]
        lines = Lines(False)
        state = [Run(0, False)]

        def seen(look: Any = look, state: list[Run] = state) -> Run:
            found, state[0] = state[0], look()
            return found

        api.entries = every[:5]
        api.before_answer = (
            lambda query, api=api: setattr(  # type: ignore[misc]
                api, "entries", every[:5] if len(api.queries) == 1 or query["previous"] else every[5:]
            )
        )
        got = b"".join(text for data in Follower(reader, seen).pieces() for _, text in lines.feed(data))
        assert got == b"".join(text for _, text in every), fault


def test_a_silent_node_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """R9: a followed log waits for the node and then has the rest."""
    monkeypatch.setattr(logfollow, "PATIENCE", 0.0)
    silent = refused(500, "Get https://10.0.0.1:10250/containerLogs/ns/p/c: dial tcp 10.0.0.1:10250: connect: connection refused")
    api = node([b"a\n", b"b\n"], faults=[silent] * 9)
    told: list[ArenaError] = []
    reader = LogReader(api, "ns", "p", LogOptions(container="c"))  # type: ignore[arg-type]
    data = b"".join(Follower(reader, lambda: Run(0, True), on_wait=told.append).pieces())
    assert data.endswith(b"b\n") and isinstance(told[0], NodeSilent)
    with pytest.raises(NodeSilent, match="the node where p runs does not answer"):
        read(node([b"a\n"], faults=[silent] * 9))


def test_one_endless_line_takes_linear_time_and_bounded_memory() -> None:
    """L5: 36 MB of a progress bar without a newline: 15 s."""
    size = 64 << 20
    text = b"\r%5d/100000 [loss=0.1234]" * (size // 24)
    api = Node([(b"2026-01-01T00:00:00.1Z", text + b"\n")])
    body = [text[at : at + 65536] for at in range(0, len(text), 65536)]
    api.stream = lambda *a, **k: FakeStream([b"2026-01-01T00:00:00.1Z ", *body, b"\n"], False)  # type: ignore[method-assign]
    for options in ({}, {"follow": True}, {"tail": 1}):
        tracemalloc.start()
        start, got = time.process_time(), 0
        for piece in stream(
            api,
            "ns",
            "p",
            LogOptions(container="c", **options),
            lambda: {"status": {"phase": "Succeeded"}},  # type: ignore[arg-type]
        ):
            assert len(piece) <= 2 * MAX_LINE + 100
            got += len(piece)
        took, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert got == len(text) + 1
        assert peak < 4 << 20 and took < 10, (options, peak, took)


def test_lines_and_times() -> None:
    lines = Lines(True)
    assert lines.feed(b"2026-01-01T00:00:00.1Z a\n2026-01-01T00:00:00.2Z b") == [(b"2026-01-01T00:00:00.1Z", b"2026-01-01T00:00:00.1Z a\n")]
    assert lines.waiting and lines.flush() == [(b"2026-01-01T00:00:00.2Z", b"2026-01-01T00:00:00.2Z b")]
    assert lines.feed(b"c\n") == [(b"2026-01-01T00:00:00.2Z", b"c\n")] and not lines.waiting
    assert stamp_at(b"2026-01-01T08:00:01.25+08:00 x") == b"2026-01-01T08:00:01.25+08:00" and stamp_at(b"words, not a time") == b""
    assert whole_seconds(b"2026-01-01T08:00:01.25+08:00") == "2026-01-01T08:00:01+08:00"
    assert order(b"2026-01-01T00:00:01.5Z") == order(b"2026-01-01T00:00:01.500Z") < order(b"2026-01-01T00:00:01.51Z")
    assert order(b"2026-01-01T00:00:01Z") < order(b"2026-01-01T00:00:01.000000001Z")


def test_a_position_knows_lines_that_the_node_itself_put_in() -> None:
    position = Position(cut=Rows())
    position.note(b"2026-01-01T00:00:00.1Z a\n2026-01-01T00:00:00.2Z b\nfailed to watch file\n")
    assert (position.time, position.lines, position.size, position.timeless) == (b"2026-01-01T00:00:00.2Z", 1, 0, False)
    skip = Skip(position)
    assert skip.feed(b"2026-01-01T00:00:00.1Z a\n2026-01-01T00:00:00.2Z b\n2026-01-01T00:00:00.3Z c\n") == b"2026-01-01T00:00:00.3Z c\n"
    assert not skip.gap


def test_which_run_is_the_last() -> None:
    def run(policy: str = "Never", state: Any = None, phase: str = "Running", deleted: bool = False, init: str | None = None) -> Run:
        metadata = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {}
        rows = [{"name": "c", "state": state or {}, "restartCount": 2}]
        spec: dict[str, Any] = {"restartPolicy": policy}
        if init is not None:
            spec["initContainers"] = [{"name": "c", "restartPolicy": init}]
        key = "containerStatuses" if init is None else "initContainerStatuses"
        return run_of({"metadata": metadata, "spec": spec, "status": {"phase": phase, key: rows}}, "c")

    failed, done = {"terminated": {"exitCode": 1}}, {"terminated": {"exitCode": 0}}
    assert run(state={"running": {}}) == Run(2, False)
    assert run(state=failed).over and run("OnFailure", done).over and run("Always", failed, deleted=True).over
    assert not run("OnFailure", failed).over and not run("Always", done).over and not run("OnFailure", {"waiting": {}}).over
    assert run("Always", {"waiting": {}}, phase="Failed").over
    assert run("Always", done, init="").over and not run("Never", done, init="Always").over and not run("Never", failed, init="").over
    assert run_of({"status": {"containerStatuses": [{"name": "c", "restartCount": "x", "state": []}]}}, "c") == Run(0, False)


def test_a_hole_that_the_local_cluster_names_is_no_success() -> None:
    """S11: a follower that lags is told in the log; the command must not end with 0."""
    hole = b"[arena] 1,204 lines are missing here: the container writes faster than this log was read; the node keeps the last 200 MiB\n"
    api = node([b"a\n", hole, b"b\n"])
    shown: list[bytes] = []
    pieces = stream(api, "ns", "p", LogOptions(container="c"), lambda: None)  # type: ignore[arg-type]
    with pytest.raises(Incomplete, match="is not complete"):
        shown.extend(pieces)
    assert b"".join(shown) == api.text()
    assert read(node([b"[arena] nothing of the kind\n"])) == b"[arena] nothing of the kind\n"
