"""Bad luck: a full disk, a killed process, a reader that is stuck, many writers at once, and nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_local.sdk.bundle import ApiError
from arena_local.server.server import ApiServer
from arena_local.store import Store, StoreError

MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


class Process:
    """The API in a process of its own."""

    def __init__(self, database: Path | None = None) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        words = [sys.executable, "-m", "arena_local.http", "--port", str(self.port), "--token", "secret", "--no-bundles"]
        words += ["--db", str(database)] if database else []
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                assert self.ask("GET", "/healthz")[0] == 200
                return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method: str, path: str, body: Any = None, connection: HTTPConnection | None = None) -> tuple[int, Any]:
        connection = connection or self.connection()
        headers = {"Authorization": "Bearer secret", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data[:1] == b"{" else data

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    made = Process()
    yield made
    made.end()


def test_full_disk_is_told_and_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    api = ApiServer(store)
    seen: list[str] = []
    api.subscribe(lambda kind, resource, new, old: seen.append(new["metadata"]["name"]) if resource == "configmaps" else None)
    api.create(config_map("before", a="1"), manager="t")
    store._disk.limit_pages(1)  # type: ignore[union-attr]
    revision = store.revision
    refusals: list[ApiError] = []
    for number in range(40):
        try:
            api.create(config_map(f"big{number}", a="x" * 100_000), manager="t")
        except ApiError as error:
            refusals.append(error)
    refused = len(refusals)
    assert refused > 30
    assert {error.code for error in refusals} == {500}
    assert all("full" in error.message for error in refusals)
    stored = {entry.key[1] for entry in store.entries("configmaps", "default")}
    assert stored == set(seen) | (stored & {"kube-root-ca.crt"})
    assert store.revision <= revision + 40 - refused + 1
    store.close()
    assert {entry.key[1] for entry in Store(tmp_path / "state.db").entries("configmaps", "default")} == stored


def test_newer_file_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store._disk._db.execute("UPDATE meta SET value = 99 WHERE key = 'schema'")  # type: ignore[union-attr]
    store.close()
    with pytest.raises(StoreError, match="newer version"):
        Store(tmp_path / "state.db")


def test_revision_never_goes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    api = ApiServer(store)
    api.create(config_map("a"), manager="t")
    api.delete("configmaps", "default", "a")
    last = store.revision
    store.close()
    assert Store(tmp_path / "state.db").revision == last


def test_killed_while_writing_loses_nothing_acknowledged(tmp_path: Path) -> None:
    server = Process(tmp_path / "state.db")
    acknowledged: list[str] = []

    def write() -> None:
        connection = server.connection()
        for number in range(100_000):
            try:
                code, _ = server.ask("POST", MAPS, config_map(f"m{number}", a="1"), connection)
            except OSError:
                return
            except Exception:
                return
            if code == 201:
                acknowledged.append(f"m{number}")

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 200:
        time.sleep(0.01)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    writer.join(20)
    stored = Store(tmp_path / "state.db")
    names = {entry.key[1] for entry in stored.entries("configmaps", "default")}
    assert set(acknowledged) <= names
    assert len(names - set(acknowledged) - {"kube-root-ca.crt"}) <= 1
    newest = max(entry.rev for entry in stored.entries("configmaps"))
    assert stored.revision >= newest


def test_a_stuck_watcher_does_not_delay_others(server: Process) -> None:
    def watch() -> socket.socket:
        made = socket.create_connection(("127.0.0.1", server.port))
        made.sendall(f"GET {MAPS}?watch=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer secret\r\n\r\n".encode())
        return made

    stuck = watch()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    others = [watch() for _ in range(199)]
    try:
        time.sleep(0.5)
        started = time.monotonic()
        for number in range(30):
            code, _ = server.ask("POST", MAPS, config_map(f"stuck{number}", a="x" * 20_000))
            assert code == 201
        for reader in (others[0], others[98], others[-1]):
            reader.settimeout(10)
            text = b""
            while b'"stuck29"' not in text:
                text = text[-200:] + reader.recv(1 << 16)
        assert time.monotonic() - started < 20
    finally:
        for one in [stuck, *others]:
            one.close()
    assert server.ask("GET", "/healthz")[0] == 200


def test_thousand_creates_at_once(server: Process) -> None:
    codes: list[int] = []

    def work(part: int) -> None:
        connection = server.connection()
        codes.extend(server.ask("POST", MAPS, config_map(f"t{number}"), connection)[0] for number in range(part * 50, part * 50 + 50))

    workers = [threading.Thread(target=work, args=(part,)) for part in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert codes == [201] * 1000
    code, found = server.ask("GET", MAPS)
    items = [item for item in found["items"] if item["metadata"]["name"].startswith("t")]
    assert code == 200
    assert len(items) == 1000
    assert len({item["metadata"]["resourceVersion"] for item in items}) == 1000


def test_one_of_racing_creates_of_one_name_wins(server: Process) -> None:
    codes: list[int] = []
    workers = [threading.Thread(target=lambda: codes.append(server.ask("POST", MAPS, config_map("race"))[0])) for _ in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sorted(codes) == [201] + [409] * 19


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    ["metadata", "spec", "status", "data", "name", "namespace", "labels", "containers", "template", "kind", "apiVersion", "ownerReferences"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.dictionaries(fields, values, max_size=6),
    path=st.sampled_from(
        [MAPS, "/api/v1/namespaces/default/pods", "/apis/batch/v1/namespaces/default/jobs", "/apis/apps/v1/namespaces/default/deployments"]
    ),
)
def test_any_body_gets_a_status(server: Process, body: dict[str, Any], path: str) -> None:
    code, found = server.ask("POST", path + "?dryRun=All", body)
    assert 200 <= code < 500, (body, found)
    assert isinstance(found, dict)
    assert found["kind"] == "Status" or code == 201


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.text(alphabet=st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=60), raw=st.binary(max_size=60))
def test_any_path_and_bytes_get_an_answer(server: Process, path: str, raw: bytes) -> None:
    connection = server.connection()
    connection.request("POST", "/" + path.replace("#", "%23"), raw, {"Authorization": "Bearer secret"})
    assert connection.getresponse().status < 500
    code, found = server.ask("PATCH", f"{MAPS}/kube-root-ca.crt")
    assert code == 415
    assert found["kind"] == "Status"


def test_foreign_hosts_origins_and_strangers_are_refused(server: Process) -> None:
    for headers, code in (
        ({"Host": "evil.example.com", "Authorization": "Bearer secret"}, 403),
        ({"Origin": "http://127.0.0.1", "Authorization": "Bearer secret"}, 403),
        ({"Authorization": "Bearer wrong"}, 401),
        ({}, 403),
    ):
        connection = server.connection()
        connection.putrequest("GET", "/api/v1/pods", skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == code, headers


def test_too_large_a_body_is_refused(server: Process) -> None:
    code, found = server.ask("POST", MAPS, config_map("big", a="x" * (4 << 20)))
    assert code == 413
    assert found["reason"] == "RequestEntityTooLarge"


def test_protobuf_of_an_unknown_kind_is_told_what_to_do_instead(server: Process) -> None:
    connection = server.connection()
    headers = {"Authorization": "Bearer secret", "Content-Type": "application/vnd.kubernetes.protobuf"}
    connection.request("POST", MAPS, b"k8s\0\x0a\x0b\x0a\x02v1\x12\x05Thing", headers)
    answer = connection.getresponse()
    assert answer.status == 415
    assert "kubectl apply -f -" in json.loads(answer.read())["message"]


def test_writes_inside_a_running_loop_are_published_in_order() -> None:
    async def run() -> list[str]:
        api = ApiServer(Store(None))
        seen: list[str] = []

        def react(kind: str, resource: str, new: dict[str, Any], old: dict[str, Any] | None) -> None:
            seen.append(f"{kind} {new['metadata']['name']}")
            if kind == "ADDED" and new["metadata"]["name"] == "first":
                api.create(config_map("second"), manager="t")

        await asyncio.sleep(0.05)
        api.subscribe(react)
        api.create(config_map("first"), manager="t")
        await asyncio.sleep(0.05)
        return seen

    assert asyncio.run(run()) == ["ADDED first", "ADDED second"]
