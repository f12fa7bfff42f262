"""The local cluster as an API server: start, creates, lists, watch latency, memory."""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.state import State
from arena_local.testing import LocalCluster
from benchmarks.harness import percentile, table

WATCHERS = 50
#: Kubernetes 1.36 with etcd (no fsync), measured on 2026-11-22 on a machine of this kind, with a Python client over TLS.
REAL = {
    "durable create, 1 connection": "160/s, p50 5.5 ms, p99 19",
    "watch latency, 1 watcher": "p50 6.6 ms, p99 38",
    f"watch latency, {WATCHERS} watchers": "p50 9.8 ms, p99 64 (the last of 16)",
    "list of 10,000": "627 ms",
    "memory idle / with 1,000 objects": "283 MiB idle (kube-apiserver alone)",
    "memory with 10,000 objects": "997 MiB (kube-apiserver, 12,000 more objects)",
}


class Client:
    """One keep-alive connection."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self.prefix = parts.path
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)

    def send(self, method: str, path: str, body: object = None) -> bytes:
        """Send one request and return the answer's body; anything but success ends the benchmark."""
        data = None if body is None else json.dumps(body)
        self.connection.request(method, self.prefix + path, data, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:200]!r}")
        return text

    def until(self, path: str, done: Callable[[Any], bool], patience: float = 60.0) -> None:
        """Read until it is as it should be; what is not there yet is waited for."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.connection.request("GET", self.prefix + path)
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.status == 200 and done(json.loads(text)):
                return
            time.sleep(0.05)
        raise SystemExit(f"{path} has not come to be as it should within {patience:g} s")


def config_map(n: int) -> dict[str, object]:
    """Return an object of about 1 kB as JSON."""
    return marked(f"c-{n:05}", {"n": str(n % 10)}, {"x": "y" * 600})


def marked(name: str, labels: dict[str, str], data: dict[str, str]) -> dict[str, object]:
    """Return a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": data}


def spread(times: list[float]) -> str:
    """Return median and tail of milliseconds."""
    return f"p50 {percentile(times, 0.5):.2f} ms, p99 {percentile(times, 0.99):.2f}"


def memory(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def idle_memory() -> float:
    """Return what a daemon takes that was started as a command starts it: those of tests are forked off one that has imported more."""
    with tempfile.TemporaryDirectory(prefix="arena-bench-") as folder:
        state = State(Path(folder) / "local")
        state.save_options(Options())
        daemon, _ = control.start(state)
        try:
            return memory(daemon.pid)
        finally:
            control.stop(state)


def run() -> str:
    """Return the table."""
    rows: list[tuple[str, str, str]] = []
    begin = time.perf_counter()
    with LocalCluster.start() as cluster:
        rows.append(("start to ready", f"{time.perf_counter() - begin:.2f} s", "≤ 1 s"))
        client, path = Client(cluster.server), "/api/v1/namespaces/default/configmaps"
        idle = idle_memory()
        begin = time.perf_counter()
        times = []
        for n in range(1000):
            before = time.perf_counter()
            client.send("POST", path, config_map(n))
            times.append((time.perf_counter() - before) * 1000)
        rate = 1000 / (time.perf_counter() - begin)
        rows.append(
            (
                "durable create, 1 connection",
                f"{rate:.0f}/s ({spread(times)})",
                "≥ 1,000/s",
            )
        )
        rows.append(("memory idle / with 1,000 objects", f"{idle:.0f} / {memory(cluster.pid):.0f} MiB", "≤ 50 MiB idle"))
        latency = watch_latency(cluster.server, path, 1)
        rows.append(("watch latency, 1 watcher", spread(latency), ""))
        latency = watch_latency(cluster.server, path, WATCHERS)
        rows.append(
            (
                f"watch latency, {WATCHERS} watchers",
                spread(latency),
                "p50 ≤ 3 ms",
            )
        )
        for n in range(1000, 10000):
            client.send("POST", path, config_map(n))
        client.send("GET", path)
        times = []
        for _ in range(7):
            before = time.perf_counter()
            size = len(client.send("GET", path))
            times.append((time.perf_counter() - before) * 1000)
        rows.append((f"list of 10,000 ({size / 1e6:.1f} MB)", f"{statistics.median(times):.0f} ms", "≤ 25 ms"))
        rows.append(("memory with 10,000 objects", f"{memory(cluster.pid):.0f} MiB", "≤ 200 MiB"))
    return table(
        ("what", "measured", "goal", "a real API server, recorded elsewhere"), [(*row, REAL.get(row[0].split(" (")[0], "")) for row in rows]
    )


def watch_latency(server: str, path: str, watchers: int) -> list[float]:
    """Return, for 100 changes, the milliseconds from sending a change until a watcher has read it (all watchers' times)."""
    return asyncio.run(_watch_latency(server, path, watchers))


async def _watch_latency(server: str, path: str, watchers: int) -> list[float]:
    sent: dict[str, float] = {}
    seen: list[float] = []
    name, labels = f"bench-{watchers}", {"bench": "yes"}

    async def watch(session: aiohttp.ClientSession) -> None:
        async with session.get(f"{server}{path}?watch=true&timeoutSeconds=30&labelSelector=bench=yes") as answer:
            async for line in answer.content:
                now = time.perf_counter()
                mark = json.loads(line)["object"].get("data", {}).get("mark", "")
                if mark in sent:
                    seen.append((now - sent[mark]) * 1000)
                if mark == "99":
                    return

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await session.post(server + path, json=marked(name, labels, {}))
        tasks = [asyncio.create_task(watch(session)) for _ in range(watchers)]
        await asyncio.sleep(0.5)
        for n in range(100):
            sent[str(n)] = time.perf_counter()
            await session.put(f"{server}{path}/{name}", json=marked(name, labels, {"mark": str(n)}))
            await asyncio.sleep(0.02)
        await asyncio.wait(tasks, timeout=10)
        await session.delete(f"{server}{path}/{name}")
    return seen
