"""TLS without the module ``ssl``, held against it: the same context, the same connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from arena_core.kube import tlssocket


def test_a_context_is_the_one_that_ssl_makes() -> None:
    ours, theirs = tlssocket.new_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in ("check_hostname", "verify_mode", "options", "minimum_version", "maximum_version", "security_level", "post_handshake_auth"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert [one["name"] for one in ours.get_ciphers()] == [one["name"] for one in theirs.get_ciphers()]
    theirs.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    theirs.hostname_checks_common_name = False
    assert ours.verify_flags == theirs.verify_flags
    assert vars_of(ours) == vars_of(theirs)
    tlssocket.trust_all(ours)
    assert (ours.check_hostname, ours.verify_mode) == (False, ssl.CERT_NONE)


def vars_of(context: Any) -> int:
    return int(context._host_flags)


@contextmanager
def connected(certificates: Any, serve: Any) -> Iterator[tlssocket.TlsSocket]:
    """Give a connection to a server that does ``serve`` with the other end of it."""
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    there.load_cert_chain(*certificates.sign("peer"))
    here = tlssocket.new_context()
    here.load_verify_locations(str(certificates.ca))
    near, far = socket.socketpair()

    def run() -> None:
        with there.wrap_socket(far, server_side=True) as peer:
            serve(peer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    near.settimeout(20)
    found = tlssocket.TlsSocket(near, here, "127.0.0.1")
    try:
        yield found
    finally:
        found.close()
        thread.join(20)


def test_what_is_sent_arrives_whole_and_an_end_without_a_farewell_is_an_end(certificates: Any) -> None:
    """More than fits a record or the buffers between; then the other side drops the connection."""
    sent, got = bytes(range(256)) * 4096, bytearray()

    def serve(peer: ssl.SSLSocket) -> None:
        while len(got) < len(sent):
            got.extend(peer.recv(1 << 16))
        peer.sendall(b"thanks")
        peer.detach()

    with connected(certificates, serve) as connection:
        connection.sendall(sent)
        assert connection.recv(100) == b"thanks"
        connection.shutdown(socket.SHUT_RDWR)
        assert connection.recv(100) == b""
        assert got == sent


def test_a_read_waits_no_longer_than_it_may_and_a_closed_connection_is_one(certificates: Any) -> None:
    over = threading.Event()
    with connected(certificates, lambda peer: over.wait(20)) as connection:
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        over.set()
        connection.close()
        with pytest.raises(OSError, match="closed"):
            connection.recv(1)
        with pytest.raises(OSError, match="closed"):
            connection.sendall(b"x")
        assert connection.session is None and not connection.session_reused


def test_nothing_goes_past_the_encryption(certificates: Any) -> None:
    """What the socket beneath could do by itself and TLS has no word for is refused."""
    over = threading.Event()
    with connected(certificates, lambda peer: over.wait(20)) as connection:
        for name in ("recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "sendto", "sendmsg"):
            with pytest.raises(OSError, match="past TLS"):
                getattr(connection, name)(b"x")
        plain = {name for name in dir(connection) if name.startswith(("send", "recv"))}
        assert all(getattr(tlssocket.TlsSocket, name) is not getattr(socket.socket, name, None) for name in plain - {"sendmsg_afalg"})
        over.set()
