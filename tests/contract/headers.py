"""Single requests recorded from a real API server (Accept, content types, upgrades, queries, paths), sent to a local one."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from arena_local.testing import LocalCluster, make_pod
from tests.contract.places import CONFORMANCE, HERE

Row = dict[str, Any]
ROWS = CONFORMANCE / "headers.json"


def rows() -> list[Row]:
    """The recorded requests with their answers."""
    found: list[Row] = json.loads(ROWS.read_text(encoding="utf-8"))["rows"]
    return found


def known() -> dict[str, str]:
    """Row -> why it differs."""
    found: dict[str, str] = json.loads((HERE / "known_headers.json").read_text(encoding="utf-8"))
    return found


def ask(server: str, row: Row) -> tuple[int, Mapping[str, str], bytes]:
    """Send one request on a connection of its own; code, headers in lower case, the beginning of the body."""
    url = urlsplit(server)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    sent = row.get("body")
    try:
        connection.putrequest(row["method"], url.path + row["path"], skip_accept_encoding=True)
        for name, value in row["headers"].items():
            connection.putheader(name, value)
        if sent is not None:
            connection.putheader("Content-Length", str(len(sent.encode())))
        connection.endheaders(sent.encode() if sent is not None else None)
        if "Upgrade" in row["headers"]:
            return _upgraded(connection.sock)
        response = connection.getresponse()
        endless = "follow=" in row["path"] and response.status == 200
        body = b"" if endless else response.read(6000)
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body
    finally:
        connection.close()


def _upgraded(wire: socket.socket) -> tuple[int, Mapping[str, str], bytes]:
    data = b""
    while b"\r\n\r\n" not in data and (got := wire.recv(4096)):
        data += got
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while b"\r\n" not in rest and headers.get("content-length", "0") not in ("0", str(len(rest))) and (got := wire.recv(4096)):
        rest += got
    return int(first.split()[1]), headers, rest


def differs(server: str, namespace: str, port: str, row: Row) -> str:
    """Return what is otherwise than recorded, or nothing."""
    placed = {**row, "path": row["path"].replace("NS", namespace).replace("8080", port)}
    if row["id"].startswith("content/delete/"):
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "del"}}
        path, headers = f"/api/v1/namespaces/{namespace}/configmaps", {"Content-Type": "application/json"}
        ask(server, {"method": "POST", "path": path, "headers": headers, "body": json.dumps(config)})
    code, headers, body = ask(server, placed)
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = {}
    obj: Mapping[str, Any] = parsed if isinstance(parsed, dict) else {}
    reason = obj.get("reason", "") if obj.get("kind") == "Status" else ""
    if code == row["code"] and not obj:
        reason = row.get("reason", "")
    seen = (code, headers.get("sec-websocket-protocol", ""), reason)
    want = (row["code"], row.get("protocol", ""), row.get("reason", ""))
    return "" if seen == want else f"{row['id']}: {want} recorded, {seen} seen"


def prepare(cluster: LocalCluster) -> tuple[str, str]:
    """Make what the rows are about; returns the namespace and the port of its pod."""
    namespace = cluster.namespace("headers")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    pod = make_pod(namespace, "p", ["python3", "-m", "http.server", port])
    pod["spec"]["containers"][0]["name"] = "c"
    cluster.create(pod)
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}, "data": {"a": "1"}})
    template = {"spec": {"containers": [{"name": "pytorch", "image": "python:local", "command": ["true"]}]}}
    spec = {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}}}
    cluster.create({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "j", "namespace": namespace}, "spec": spec})
    cluster.wait_phase(namespace, "p", "Running", timeout=60)
    path = f"/api/v1/namespaces/{namespace}/pods/p:{port}/proxy/"
    cluster.until(lambda: cluster.request("GET", path)[0] == 200, 60, "the pod's server")
    return namespace, port


def play(cluster: LocalCluster) -> dict[str, str]:
    """Send all of them; returns row -> difference. Those of one kind are sent in order, as they were recorded."""
    namespace, port = prepare(cluster)
    reading, writing = [], []
    for row in rows():
        (reading if row["id"].startswith(("accept/", "websocket/", "list-query/", "log-query/")) else writing).append(row)

    def one(row: Row) -> tuple[str, str]:
        return row["id"], differs(cluster.server, namespace, port, row)

    started = time.monotonic()
    found = dict(map(one, writing))
    with ThreadPoolExecutor(24) as pool:
        found |= dict(pool.map(one, reading))
    assert time.monotonic() - started < 300
    return {name: text for name, text in found.items() if text}
