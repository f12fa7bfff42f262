"""exec and attach through the API's websockets, and logs of a pod's life."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from arena_local.kubelet.runtime import marked
from arena_local.testing import LocalCluster, make_pod


@pytest.fixture
def ns(local_cluster: LocalCluster) -> str:
    return local_cluster.namespace()


async def session(  # noqa: PLR0917
    cluster: LocalCluster, path: str, query: Sequence[tuple[str, str]], sent: Sequence[bytes] = (), protocol: str = "v5.channel.k8s.io"
) -> dict[int, bytes]:
    """Talk over one websocket; returns channel → bytes."""
    got: dict[int, bytes] = {}
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(f"{cluster.server}{path}?{urlencode(query)}", protocols=[protocol]) as socket,
    ):
        assert socket.protocol == protocol
        for frame in sent:
            await socket.send_bytes(frame)
        async for message in socket:
            data = message.data
            got[data[0]] = got.get(data[0], b"") + data[1:]
    return got


def run(cluster: LocalCluster, ns: str, command: Sequence[str], sent: Sequence[bytes] = (), **more: Any) -> dict[int, bytes]:
    protocol = more.pop("protocol", "v5.channel.k8s.io")
    query = [("command", word) for word in command] + [("stdout", "1"), ("stderr", "1"), *((k, str(v)) for k, v in more.items())]
    return asyncio.run(session(cluster, f"/api/v1/namespaces/{ns}/pods/p/exec", query, sent, protocol))


@pytest.mark.parametrize("protocol", ["v4.channel.k8s.io", "v5.channel.k8s.io"])
def test_exec_keeps_streams_apart_and_tells_the_exit_code(local_cluster: LocalCluster, ns: str, protocol: str) -> None:
    local_cluster.create(make_pod(ns, "p", "sleep 30"))
    local_cluster.wait_phase(ns, "p", "Running")
    got = run(local_cluster, ns, ["sh", "-c", "echo out; echo err >&2; exit 7"], protocol=protocol)
    assert (got[1], got[2]) == (b"out\n", b"err\n")
    status = json.loads(got[3])
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]


def test_exec_reads_standard_input_to_its_end(local_cluster: LocalCluster, ns: str) -> None:
    local_cluster.create(make_pod(ns, "p", "sleep 30"))
    local_cluster.wait_phase(ns, "p", "Running")
    big = b"\x00" + b"x" * 300_000
    got = run(local_cluster, ns, ["wc", "-c"], [big, b"\x00" + b"end", b"\xff\x00"], stdin=1)
    assert got[1].split() == [b"300003"]
    assert json.loads(got[3])["status"] == "Success"


def test_exec_sees_what_the_container_sees(local_cluster: LocalCluster, ns: str) -> None:
    local_cluster.create(make_pod(ns, "p", "echo x > /tmp/only-here; sleep 30"))
    local_cluster.wait_phase(ns, "p", "Running")
    local_cluster.until(lambda: run(local_cluster, ns, ["cat", "/tmp/only-here"]).get(1) == b"x\n", 5)
    assert run(local_cluster, ns, ["hostname"])[1] == b"p\n"


def test_exec_with_a_terminal(local_cluster: LocalCluster, ns: str) -> None:
    local_cluster.create(make_pod(ns, "p", "sleep 30"))
    local_cluster.wait_phase(ns, "p", "Running")
    size = b"\x04" + json.dumps({"Width": 77, "Height": 33}).encode()
    got = run(local_cluster, ns, ["sh", "-c", "sleep 0.3; tty >/dev/null && stty size"], [size], tty=1, stdin=1)
    assert got[1].split() == [b"33", b"77"]


def test_a_command_that_does_not_exist(local_cluster: LocalCluster, ns: str) -> None:
    local_cluster.create(make_pod(ns, "p", "sleep 30"))
    local_cluster.wait_phase(ns, "p", "Running")
    status = json.loads(run(local_cluster, ns, ["no-such-program"])[3])
    assert status["status"] == "Failure"
    assert "executable file not found in $PATH" in status["message"]
    assert status["details"]["causes"][0]["message"]


def test_exec_is_ended_when_the_client_leaves(local_cluster: LocalCluster, ns: str) -> None:
    local_cluster.create(make_pod(ns, "p", "sleep 30"))
    uid = local_cluster.wait_phase(ns, "p", "Running")["metadata"]["uid"]
    before = len(list(marked(uid)))

    async def leave() -> None:
        query = urlencode([("command", "sleep"), ("command", "600"), ("stdout", "1")])
        url = f"{local_cluster.server}/api/v1/namespaces/{ns}/pods/p/exec?{query}"
        async with aiohttp.ClientSession() as client, client.ws_connect(url, protocols=["v5.channel.k8s.io"]):
            while len(list(marked(uid))) <= before:
                await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(leave(), 10))
    local_cluster.until(lambda: len(list(marked(uid))) == before, 5)


def test_attach_joins_standard_input_and_output(local_cluster: LocalCluster, ns: str) -> None:
    local_cluster.create(
        make_pod(ns, "p", "while read line; do echo got $line; done; echo over", container={"stdin": True, "stdinOnce": True})
    )
    local_cluster.wait_phase(ns, "p", "Running")
    query = [("stdin", "1"), ("stdout", "1"), ("stderr", "1"), ("container", "c")]
    got = asyncio.run(session(local_cluster, f"/api/v1/namespaces/{ns}/pods/p/attach", query, [b"\x00one\n", b"\x00two\n", b"\xff\x00"]))
    assert got[1] == b"got one\ngot two\nover\n"
    local_cluster.wait_phase(ns, "p", "Succeeded")
    assert local_cluster.logs(ns, "p") == "got one\ngot two\nover\n"


def test_follow_ends_with_the_container_and_loses_nothing(local_cluster: LocalCluster, ns: str) -> None:
    count = 30_000
    command = f"import time\nfor i in range({count}):\n print(i)\n if i % 5000 == 0: time.sleep(0.05)"
    local_cluster.create(make_pod(ns, "p", ["python3", "-u", "-c", command]))
    local_cluster.wait_phase(ns, "p", "Running", "Succeeded")
    text = local_cluster.logs(ns, "p", "?follow=true")
    assert text.split() == [str(i) for i in range(count)]


def test_logs_of_a_container_that_has_not_started(local_cluster: LocalCluster, ns: str) -> None:
    env = {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "gone", "key": "a"}}}]}
    local_cluster.create(make_pod(ns, "p", "true", container=env))

    def waiting() -> Any:
        states = local_cluster.pod(ns, "p")["status"].get("containerStatuses") or [{"state": {}}]
        return states[0]["state"].get("waiting", {}).get("reason") == "CreateContainerConfigError"

    local_cluster.until(waiting)
    code, answer = local_cluster.request("GET", f"/api/v1/namespaces/{ns}/pods/p/log")
    assert code == 400
    assert answer["message"] == 'container "c" in pod "p" is waiting to start: CreateContainerConfigError'
    code, answer = local_cluster.request("GET", f"/api/v1/namespaces/{ns}/pods/p/log?previous=true")
    assert answer["message"] == 'previous terminated container "c" in pod "p" not found'
