"""NO_PROXY by Go's rules, and proxies that do not work, told as the proxy's failure (A5, A6)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, ClusterUnreachable
from arena_core.kube.noproxy import bypassed, from_environment
from arena_core.kube.resources import PODS


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "expected"),
    [
        # The table of golang.org/x/net/http/httpproxy, in our words.
        ("", "example.com", 443, False),
        ("*", "example.com", 443, True),
        ("example.com", "example.com", 443, True),
        ("example.com", "api.example.com", 443, True),
        ("example.com", "notexample.com", 443, False),
        (".example.com", "api.example.com", 443, True),
        (".example.com", "example.com", 443, False),
        ("*.example.com", "api.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("EXAMPLE.com", "Example.COM", 443, True),
        ("example.com:6443", "example.com", 6443, True),
        ("example.com:6443", "example.com", 443, False),
        ("10.0.0.1", "10.0.0.1", 443, True),
        ("10.0.0.1:80", "10.0.0.1", 443, False),
        ("10.0.0.1:443", "10.0.0.1", 443, True),
        ("10.0.0.0/8", "10.200.3.4", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.0.0.0/8", "ten.example", 443, False),
        ("10.0.0.0/99", "10.0.0.1", 443, False),
        ("fd00::/8", "fd00::1", 443, True),
        ("fd00::1", "fd00::1", 443, True),
        ("[fd00::1]:443", "fd00::1", 443, True),
        ("[fd00::1]:80", "fd00::1", 443, False),
        (" a.example , 10.0.0.0/8 ,", "10.1.1.1", 443, True),
        (",,", "example.com", 443, False),
    ],
)
def test_no_proxy_is_read_as_go_reads_it(no_proxy: str, host: str, port: int, expected: bool) -> None:
    assert bypassed(no_proxy, host, port) is expected


def test_which_variable_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://small:1")
    assert from_environment("http", "h.example", 80) == ("http://small:1", "http_proxy")
    monkeypatch.setenv("HTTP_PROXY", "http://large:1")
    assert from_environment("http", "h.example", 80) == ("http://large:1", "HTTP_PROXY")
    assert from_environment("https", "h.example", 443) == ("", "")
    assert from_environment("http", "127.0.0.1", 80) == ("", "")
    monkeypatch.setenv("no_proxy", "h.example:80")
    assert from_environment("http", "h.example", 80) == ("", "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "answers 407 .it wants a user and a password"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "answers 403"),
        (b"", "closes the connection"),
        (b"rubbish\r\n\r\n", "something odd"),
        (b"\xff\xfe\r\n\r\n", "something odd"),
    ],
)
def test_a_proxy_that_gives_no_way(listening: Any, fake_api: Any, answer: bytes, words: str) -> None:
    def act(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(answer)

    proxy = f"http://joe:s3cr3t@127.0.0.1:{listening(act)}"
    with pytest.raises(ClusterUnreachable, match=f"the proxy http://127.0.0.1.*{words}") as caught:
        fake_api.cluster(server="https://cluster.example:6443", proxy=proxy).list(PODS, "n")
    assert "s3cr3t" not in str(caught.value) + caught.value.hint and "proxy-url" in caught.value.hint


def socks(login: bytes | None, code: int, onward: int) -> Callable[[socket.socket], None]:
    """A SOCKS5 proxy that resolves every name to this machine."""

    def act(client: socket.socket) -> None:
        client.recv(64)
        client.sendall(b"\x05\x02" if login else b"\x05\x00")
        if login:
            good = client.recv(600) == login
            client.sendall(b"\x01\x00" if good else b"\x01\x01")
        request = client.recv(600)
        if not request:
            return  # who could not log in hangs up
        assert request[:5] == b"\x05\x01\x00\x03\x0f" and request[5:20] == b"cluster.example", request
        client.sendall(bytes([5, code, 0, 1]) + bytes(6))
        if code == 0:
            with socket.create_connection(("127.0.0.1", onward)) as far:
                far.sendall(client.recv(65536))
                while data := far.recv(65536):
                    client.sendall(data)

    return act


def test_a_socks_proxy(listening: Any, fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, {"kind": "PodList", "items": []}, {"Connection": "close"}))
    login = b"\x01\x03joe\x02pw"
    for user, act in (("", socks(None, 0, fake_api.port)), ("joe:pw@", socks(login, 0, fake_api.port))):
        cluster = fake_api.cluster(server="http://cluster.example:80", proxy=f"socks5://{user}127.0.0.1:{listening(act)}")
        assert cluster.list(PODS, "n").items == []
        cluster.close()
    for user, act, words in (
        ("", socks(None, 5, 0), "connection is refused there"),
        ("joe:no@", socks(login, 0, 0), "does not accept the user and password"),
        ("", socks(login, 0, 0), "another way to log in"),
        ("", lambda client: client.sendall(b"HTTP/1.1 400\r\n"), "not a SOCKS5 proxy"),
    ):
        with pytest.raises(ArenaError, match=words):
            fake_api.cluster(server="http://cluster.example:80", proxy=f"socks5://{user}127.0.0.1:{listening(act)}").list(PODS, "n")
