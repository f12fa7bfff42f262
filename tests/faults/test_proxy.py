"""The proxy itself: it changes nothing by itself, and each fault is what its name says."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.faults import faults
from tests.faults.proxy import FaultProxy

BODY = b"".join(b"line %d\n" % n for n in range(200))


class _Plain(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def plain() -> Iterator[FaultProxy]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Plain)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    with FaultProxy(f"http://127.0.0.1:{server.server_address[1]}") as proxy:
        yield proxy
    server.shutdown()
    server.server_close()


def get(proxy: FaultProxy, path: str = "/x", timeout: float = 10) -> bytes:
    with urllib.request.urlopen(proxy.url + path, timeout=timeout) as answer:
        body: bytes = answer.read()
        return body


def test_without_a_rule_everything_passes(plain: FaultProxy) -> None:
    assert get(plain, "/a?b=c") == BODY
    with urllib.request.urlopen(urllib.request.Request(plain.url + "/p", b"data", method="POST")) as answer:
        assert (answer.status, answer.read()) == (201, b"data")
    assert [str(r) for r in plain.requests] == ["GET /a?b=c", "POST /p"]


def test_rules_choose_requests(plain: FaultProxy) -> None:
    plain.add(faults.answer(503), path="/log$", skip=1, times=1)
    assert get(plain, "/log") == BODY
    with pytest.raises(urllib.error.HTTPError, match="503"):
        get(plain, "/log")
    assert get(plain, "/log") == BODY and get(plain, "/other") == BODY
    assert [r.fault for r in plain.requests] == ["", "answer-503", "", ""]


@pytest.mark.parametrize("fault", ["refused", "lost", "cut", "cut-later", "truncated", "garbled", "bad-chunks"])
def test_broken_answers_are_broken(plain: FaultProxy, fault: str) -> None:
    plain.add(faults.EVERY[fault]())
    with pytest.raises((OSError, http.client.HTTPException)):
        get(plain)


@pytest.mark.parametrize("fault", ["late", "slow", "closing", "http10"])
def test_slow_and_odd_answers_are_whole(plain: FaultProxy, fault: str) -> None:
    plain.add(faults.EVERY[fault]())
    assert get(plain) == BODY


def test_an_answer_can_end_too_early_and_cleanly(plain: FaultProxy) -> None:
    plain.add(faults.ended(50))
    assert get(plain) == BODY[:50]


@pytest.mark.parametrize("fault", [faults.silent(), faults.stalled(5)])
def test_silence(plain: FaultProxy, fault: Any) -> None:
    plain.add(fault)
    with pytest.raises(TimeoutError):
        get(plain, timeout=0.2)


def test_a_head_may_come_in_pieces(plain: FaultProxy) -> None:
    """Nothing behind a head is taken with it, so that it is looked for in what is peeked at."""
    with socket.create_connection(("127.0.0.1", plain.port)) as client:
        for piece in (b"GET /version HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r", b"\n\r\n"):
            client.sendall(piece)
            threading.Event().wait(0.03)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert [str(request) for request in plain.requests] == ["GET /version"]
