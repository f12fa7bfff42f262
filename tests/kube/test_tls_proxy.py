from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube import tls
from arena_core.kube.endpoint import Credentials
from arena_core.kube.resources import PODS

EMPTY = {"kind": "PodList", "items": []}


def message(cluster: Any) -> str:
    with pytest.raises(ClusterUnreachable) as caught:
        cluster.list(PODS, "default")
    return f"{caught.value.message} | {caught.value.hint}"


def test_a_good_certificate_and_every_bad_one(certificates: Any, tls_api: Any, reply: Any) -> None:
    api = tls_api(*certificates.sign("server"))
    api.script(reply(200, EMPTY))
    api.cluster(ca=str(certificates.ca)).list(PODS, "default")
    api.cluster(ca=certificates.ca.read_bytes()).list(PODS, "default")
    api.cluster(verify=False).list(PODS, "default")
    assert "signed by an authority that the kubeconfig does not name" in message(api.cluster())
    text = message(api.cluster(ca=str(certificates.ca), server_name="other.example"))
    assert "is for another name" in text and "tls-server-name" in text
    named = tls_api(*certificates.sign("named", host="DNS:api.internal"))
    named.script(reply(200, EMPTY))
    named.cluster(ca=str(certificates.ca), server_name="api.internal").list(PODS, "default")
    assert "is for another name" in message(named.cluster(ca=str(certificates.ca)))
    assert "certificate authority of the kubeconfig cannot be used" in message(api.cluster(ca=b"rubbish"))


def test_an_expired_certificate_of_the_server(certificates: Any, tls_api: Any) -> None:
    api = tls_api(*certificates.sign("expired", days="0"))
    time.sleep(1.1)
    assert "has expired" in message(api.cluster(ca=str(certificates.ca)))


def test_client_certificates(certificates: Any, tls_api: Any, reply: Any) -> None:
    cert, key = certificates.sign("me")
    late = certificates.sign("late", days="0")
    api = tls_api(*certificates.sign("server2"), client_ca=certificates.ca)
    api.script(reply(200, EMPTY))

    def with_certificate(one: Any, other: Any) -> Any:
        return api.cluster(ca=str(certificates.ca), credentials=Credentials(cert=one, key=other))

    with_certificate(str(cert), str(key)).list(PODS, "default")
    with_certificate(cert.read_bytes(), key.read_bytes()).list(PODS, "default")
    assert "client certificate and key of the user cannot be used" in message(with_certificate(str(cert), str(late[1])))
    time.sleep(1.1)
    assert "client certificate of the user expired on" in message(with_certificate(*map(str, late)))
    assert not list(Path("/tmp").glob("arena-*.pem"))


def test_connections_that_follow_take_up_the_session_of_the_first(certificates: Any, tls_api: Any, reply: Any) -> None:
    """A full handshake with a client certificate costs both sides two signatures; they are made once."""
    cert, key = certificates.sign("again")
    api = tls_api(*certificates.sign("server3"), client_ca=certificates.ca)
    api.script(*[reply(200, EMPTY) for _ in range(3)])
    cluster = api.cluster(ca=str(certificates.ca), credentials=Credentials(cert=str(cert), key=str(key)))
    wire, reused = cluster.transport.wire, []
    real = wire.open

    def opened(timeout: float | None) -> Any:
        connection = real(timeout)
        reused.append(connection.sock.session_reused)
        return connection

    wire.open = opened  # type: ignore[method-assign]
    for _ in range(2):
        cluster.list(PODS, "default")
        cluster.close()
    wire.renew(cluster.endpoint)
    cluster.list(PODS, "default")
    cluster.close()
    assert reused == [False, True, False]


def test_http_where_tls_is_meant_and_the_other_way_round(certificates: Any, tls_api: Any, fake_api: Any) -> None:
    assert "does not speak TLS" in message(fake_api.cluster(server=fake_api.url.replace("http:", "https:")))


@pytest.fixture
def tunnel(listening: Any) -> tuple[str, list[bytes]]:
    """A proxy that knows CONNECT and remembers what was asked of it."""
    seen: list[bytes] = []

    def pump(one: socket.socket, other: socket.socket) -> None:
        while data := one.recv(65536):
            other.sendall(data)

    def lead(client: socket.socket) -> None:
        head = client.recv(65536)
        seen.append(head)
        host, _, port = head.split(b" ")[1].partition(b":")
        with socket.create_connection((host.decode(), int(port))) as far:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=pump, args=(client, far), daemon=True).start()
            pump(far, client)

    return f"http://user:p%40ss@127.0.0.1:{listening(lead)}", seen


def test_https_through_a_proxy(certificates: Any, tls_api: Any, reply: Any, tunnel: Any) -> None:
    url, seen = tunnel
    api = tls_api(*certificates.sign("behind"))
    api.script(reply(200, EMPTY))
    api.cluster(ca=str(certificates.ca), proxy=url).list(PODS, "default")
    assert seen[0].startswith(f"CONNECT 127.0.0.1:{api.port}".encode()) and b"Proxy-Authorization: Basic" in seen[0]


def test_http_through_a_proxy(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, EMPTY))
    fake_api.cluster(server="http://cluster.example:8080/base", proxy=fake_api.url).list(PODS, "default")
    assert fake_api.requests[0].headers["absolute"] == "http://cluster.example:8080/base/api/v1/namespaces/default/pods?limit=500"


def test_the_proxy_of_the_environment(fake_api: Any, reply: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_api.script(reply(200, EMPTY))
    monkeypatch.setenv("http_proxy", fake_api.url)
    fake_api.cluster(server="http://cluster.example").list(PODS, "default")
    monkeypatch.setenv("no_proxy", "cluster.example")
    assert "cannot be resolved" in message(fake_api.cluster(server="http://cluster.example"))
    fake_api.cluster().list(PODS, "default")  # loopback never goes through a proxy
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert "the proxy http://127.0.0.1:1 (http_proxy) refuses the connection" in message(fake_api.cluster(server="http://cluster.example"))


def test_inside_a_pod_the_service_account_is_enough(
    certificates: Any, tls_api: Any, reply: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A13: no kubeconfig, but the files and variables that every pod has."""
    import sys

    from arena_core.kube.connect import ConnectOptions, connect

    api = tls_api(*certificates.sign("apiserver"))
    api.script(reply(200, EMPTY))
    (tmp_path / "token").write_text("first\n")
    (tmp_path / "namespace").write_text("team")
    (tmp_path / "ca.crt").write_bytes(certificates.ca.read_bytes())
    monkeypatch.setattr(sys.modules["arena_core.kube.connect"], "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(api.port))
    cluster = connect()
    assert (cluster.namespace, cluster.started_local) == ("team", False)
    cluster.list(PODS, "team")
    (tmp_path / "token").write_text("rotated")
    cluster.list(PODS, "team")
    assert [r.headers["Authorization"] for r in api.requests] == ["Bearer first", "Bearer rotated"]
    for odd, words in (("1" * 70, "KUBERNETES_SERVICE_HOST"), ("abc", "KUBERNETES_SERVICE_HOST")):
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", odd)
        with pytest.raises(ClusterUnreachable, match=words):
            connect()
    with pytest.raises(ClusterUnreachable, match="there are no contexts"):
        connect(ConnectOptions(context="x"))


@pytest.mark.parametrize(
    "text", ["Jun 26 21:41:46 2031 GMT", "Jan  1 00:00:00 1999 GMT", "Feb 29 23:59:59 2028 GMT", "Dec 31 12:00:00 9999 GMT"]
)
def test_the_time_of_a_certificate_is_read_as_ssl_reads_it(text: str) -> None:
    assert tls._seconds(text) == ssl.cert_time_to_seconds(text)


def test_a_client_s_key_is_on_no_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with tls._as_file(b"secret") as path:
        assert Path(path).read_bytes() == b"secret" and list(tmp_path.iterdir()) == []
    assert not Path(path).exists()
    monkeypatch.delattr("os.memfd_create")
    with tls._as_file(b"secret") as path:
        assert Path(path).read_bytes() == b"secret" and Path(path).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def _tunnel(cert: Path, key: Path, onward: int, heads: list[bytes]) -> Callable[[socket.socket], None]:
    """Return what leads every CONNECT to one port of this machine, for a proxy that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def carry(client: socket.socket) -> None:
        try:
            near = context.wrap_socket(client, server_side=True)
        except OSError:
            return  # who does not trust it hangs up
        with near, socket.create_connection(("127.0.0.1", onward)) as far:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := near.recv(1)):
                    return  # who does not trust it may hang up after the handshake, too
                head += more
            heads.append(head)
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while True:
                for source, target in ((near, far), (far, near)):
                    source.settimeout(0.01)
                    try:
                        data = source.recv(65536)
                    except TimeoutError:
                        continue
                    finally:
                        source.settimeout(10)  # to send may take longer
                    if not data:
                        return
                    target.sendall(data)

    return carry


def test_a_proxy_that_speaks_tls_itself(certificates: Any, tls_api: Any, reply: Any, listening: Any) -> None:
    """A5: TLS to the server inside of TLS to the proxy, with an answer that comes in many pieces."""
    api = tls_api(*certificates.sign("far"))
    items = [{"metadata": {"name": f"p{i}", "labels": {"x": "y" * 500}}} for i in range(2000)]
    api.script(reply(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}))
    heads: list[bytes] = []
    port = listening(_tunnel(*certificates.sign("near"), api.port, heads))
    cluster = api.cluster(ca=str(certificates.ca), proxy=f"https://joe:s3cr3t@127.0.0.1:{port}")
    assert len(cluster.list(PODS, "default").items) == 2000
    assert heads[0].startswith(f"CONNECT 127.0.0.1:{api.port} HTTP/1.1".encode())
    assert b"Proxy-Authorization: Basic " in heads[0]
    cluster.close()
    told = message(api.cluster(proxy=f"https://joe:s3cr3t@127.0.0.1:{port}"))
    assert "the proxy https://127.0.0.1" in told
    assert "certificate that is not accepted" in told
    assert "s3cr3t" not in told


def test_who_never_shakes_hands_keeps_nobody_waiting(certificates: Any, tls_api: Any, reply: Any) -> None:
    api = tls_api(*certificates.sign("server"))
    api.script(reply(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}))
    with socket.create_connection(("127.0.0.1", api.port)):
        assert api.cluster(ca=str(certificates.ca)).list(PODS, "default").items == []
