"""Our reader of HTTP/1.1, held against ``http.client`` on what is well formed, and against a table of what is damaged."""

from __future__ import annotations

import http.client
import io
import itertools
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.kube.http1 import MAX_HEAD, Connection, HttpError, IncompleteRead, RemoteDisconnected, Response


class Script:
    """A socket that hands out these pieces, then the end; an exception among them is raised."""

    def __init__(self, pieces: Sequence[bytes | Exception]) -> None:
        self.pieces = list(pieces)
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def recv(self, limit: int) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        if len(piece) > limit:
            self.pieces.insert(0, piece[limit:])
        return piece[:limit]

    def close(self) -> None:
        pass


def asked(*pieces: bytes | Exception) -> tuple[Response, Connection]:
    connection = Connection(Script(pieces), "h:1")  # type: ignore[arg-type]
    return connection.ask("GET", "/", []), connection


def whole(response: Response) -> bytes:
    return b"".join(iter(response.read, b""))


def by_the_book(data: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    class Far:
        def makefile(self, mode: str) -> io.BytesIO:
            return io.BytesIO(data)

    response = http.client.HTTPResponse(Far(), method="GET")  # type: ignore[arg-type]
    response.begin()
    return response.status, response.getheaders(), response.read()


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(p % (len(data) + 1) for p in places)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


bodies = st.lists(st.binary(min_size=1, max_size=300), max_size=6)
names = st.from_regex(r"\AX-[A-Za-z0-9-]{1,12}\Z")
values = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=30)


@st.composite
def answers(draw: Any) -> tuple[bytes, bytes]:
    """A well-formed answer and its body."""
    pieces = draw(bodies)
    body = b"".join(pieces)
    lines = [f"HTTP/1.1 {draw(st.integers(200, 599).filter(lambda c: c not in (204, 304)))} Word and word"]
    lines += [f"{name}: {value}" for name, value in draw(st.lists(st.tuples(names, values), max_size=5))]
    if draw(st.booleans()):
        lines.append("Transfer-Encoding: chunked")
        chunks = [f"{len(p):x}{draw(st.sampled_from(['', ';a=b', ' ']))}\r\n".encode() + p + b"\r\n" for p in pieces]
        raw = b"".join(chunks) + b"0\r\n" + draw(st.sampled_from([b"", b"X-Trailer: 1\r\n"])) + b"\r\n"
    else:
        lines.append(f"content-length:{len(body)}")
        raw = body
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + raw, body


@given(answers(), st.lists(st.integers(0, 5000), max_size=12), st.integers(1, 400))
def test_what_is_well_formed_is_read_as_http_client_reads_it(answer: tuple[bytes, bytes], places: list[int], limit: int) -> None:
    data, body = answer
    status, headers, expected = by_the_book(data)
    response, connection = asked(*cut(data, places))
    assert b"".join(iter(lambda: response.read(limit), b"")) == expected == body
    assert response.status == status and not response.will_close and connection.clean
    merged: dict[str, str] = {}
    for name, value in headers:
        merged[name.lower()] = f"{merged[name.lower()]}\n{value}" if name.lower() in merged else value
    assert response.headers == merged


@given(answers(), st.integers(0, 5000), st.lists(st.integers(0, 5000), max_size=5))
def test_what_is_cut_anywhere_is_never_taken_for_whole(answer: tuple[bytes, bytes], end: int, places: list[int]) -> None:
    data, _ = answer
    data = data[: end % len(data)]
    with pytest.raises(RemoteDisconnected if not data else IncompleteRead):
        whole(asked(*cut(data, places))[0])


@given(st.lists(answers(), min_size=2, max_size=4), st.lists(st.integers(0, 9000), max_size=9))
def test_one_answer_follows_the_other(several: list[tuple[bytes, bytes]], places: list[int]) -> None:
    connection = Connection(Script(cut(b"".join(data for data, _ in several), places)), "h:1")  # type: ignore[arg-type]
    for _, body in several:
        assert whole(connection.ask("GET", "/", [])) == body


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=5), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n"]))
def test_whatever_comes_is_an_answer_or_an_http_error(data: bytes, places: list[int], before: bytes) -> None:
    try:
        whole(asked(*cut(before + data, places))[0])
    except HttpError:
        pass


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", RemoteDisconnected),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n", IncompleteRead),
        (b"SSH-2.0-OpenSSH_9.6\r\n", HttpError),
        (b"HTTP/2 200\r\n\r\n", HttpError),
        (b"HTTP/0.9 200\r\n\r\n", HttpError),
        (b"HTTP/1.1 20 OK\r\n\r\n", HttpError),
        (b"HTTP/1.1 2000 OK\r\n\r\n", HttpError),
        (b"HTTP/1.1 OK\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\n: x\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\n folded first\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc", HttpError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", HttpError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc", HttpError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", HttpError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", IncompleteRead),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000, HttpError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (MAX_HEAD + 70000), HttpError),
    ],
)
def test_what_is_damaged_is_an_error(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(HttpError) as caught:
        whole(asked(data)[0])
    assert type(caught.value) is error


def test_preliminary_answers_are_passed_over_and_an_upgrade_is_final() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    response, _ = asked(early + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert response.status == 200 and whole(response) == b"ok" and "link" not in response.headers
    response, connection = asked(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00")
    assert response.status == 101 and response.will_close and connection.receive() == b"\x81\x00"


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(status: int) -> None:
    response, _ = asked(f"HTTP/1.1 {status} x\r\nContent-Length: 5\r\n\r\n".encode())
    assert whole(response) == b""


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Close", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x, close", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive", False),
        (b"HTTP/1.1 200 OK", True),
    ],
)
def test_whether_the_connection_can_be_used_again(head: bytes, closes: bool) -> None:
    response, _ = asked(head + b"\r\n\r\n1")
    assert whole(response) == b"1" and response.will_close is closes


def test_what_nobody_asked_for_makes_the_connection_unfit() -> None:
    response, connection = asked(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    assert whole(response) == b"1" and not connection.clean
    response, connection = asked(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\nHTTP/1.1 200")
    assert whole(response) == b"1" and not connection.clean


def test_folded_lines_big_heads_and_bare_newlines() -> None:
    big = b"x" * 300_000
    data = b"HTTP/1.1 200 OK\nBig: " + big + b"\nA: 1\n\t2\nContent-Length: 2\n\nok"
    response, _ = asked(*cut(data, range(0, len(data), 50_000)))
    assert response.headers["a"] == "1 2" and response.headers["big"] == big.decode() and whole(response) == b"ok"


@pytest.mark.parametrize("coding", [b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", b"Content-Length: 4\r\n\r\nab", b"A: b\r\n\r\nab"])
def test_a_read_goes_on_after_a_time_out(coding: bytes) -> None:
    rest = b"2\r\ncd\r\n0\r\n\r\n" if b"chunked" in coding else b"cd"
    response, _ = asked(b"HTTP/1.1 200 OK\r\n" + coding, TimeoutError(), rest)
    assert response.read() == b"ab"
    with pytest.raises(TimeoutError):
        response.read()
    assert whole(response) == b"cd"


def test_the_request_as_it_goes_over_the_wire() -> None:
    script = Script([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"] * 2)
    connection = Connection(script, "h:1")  # type: ignore[arg-type]
    connection.ask("POST", "/a?b=c", [("A", "b"), ("C", b"\xc3\xbc")], b"{}")
    assert script.sent == b"POST /a?b=c HTTP/1.1\r\nHost: h:1\r\nA: b\r\nC: \xc3\xbc\r\nContent-Length: 2\r\n\r\n{}"
    script.sent = b""
    connection.ask("GET", "/", [])
    assert script.sent == b"GET / HTTP/1.1\r\nHost: h:1\r\n\r\n"


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\nb", b"a\r\nB: c", b"a\0"])
def test_no_header_ends_its_line(value: str | bytes) -> None:
    script = Script([])
    with pytest.raises(ValueError, match="would end its line"):
        Connection(script, "h").ask("GET", "/", [("A", value)])  # type: ignore[arg-type]
    assert not script.sent


@contextmanager
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(30)
        yield Connection(near, "h"), far


def test_a_reader_in_another_thread_wakes_up_when_the_socket_is_shut() -> None:
    with pair() as (connection, far):
        far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        response, caught = connection.ask("GET", "/", []), list[BaseException]()

        def read() -> None:
            try:
                whole(response)
            except IncompleteRead as error:
                caught.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        connection.sock.shutdown(socket.SHUT_RDWR)
        reader.join(10)
        assert not reader.is_alive() and caught


def test_a_piece_of_a_stream_comes_when_it_is_there() -> None:
    with pair() as (connection, far):
        far.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\nde")
        response = connection.ask("GET", "/", [])
        assert response.read() == b"abcde"
        far.sendall(b"fg\r\n0\r\n\r\n")
        assert response.read() == b"fg" and response.read() == b"" and connection.clean


def test_closing_leaves_the_socket_to_the_thread_that_reads_from_it() -> None:
    """Or its number may belong to another connection by the time that the reader looks at it."""
    with pair() as (connection, far):
        far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        response = connection.ask("GET", "/", [])

        def read() -> None:
            with pytest.raises(IncompleteRead):
                response.read()

        reader = threading.Thread(target=read)
        reader.start()
        while not connection._reading:
            time.sleep(0.001)
        connection.close()
        reader.join(10)
        assert not reader.is_alive() and connection.sock.fileno() == -1
        connection.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            connection.receive()
