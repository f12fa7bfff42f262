"""Jobs from end to end: submit to running, delete to gone, many pods, simulated pods, manifests."""

from __future__ import annotations

import json
import time

from arena_local.context import Options
from arena_local.testing import LocalCluster
from benchmarks.harness import table
from benchmarks.server import Client


def pod(name: str, command: list[str], annotations: dict[str, str] | None = None) -> dict[str, object]:
    """Return a pod of one container."""
    spec = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x", "command": command}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations or {}}, "spec": spec}


def phases(client: Client) -> dict[str, int]:
    """Return how many pods of namespace default are in each phase."""
    found: dict[str, int] = {}
    for item in json.loads(client.send("GET", "/api/v1/namespaces/default/pods"))["items"]:
        phase = item["status"]["phase"]
        found[phase] = found.get(phase, 0) + 1
    return found


def until(client: Client, phase: str, count: int, patience: float = 60.0) -> float:
    """Return the seconds until so many pods are in the phase."""
    begin = time.perf_counter()
    while phases(client).get(phase, 0) < count:
        if time.perf_counter() - begin > patience:
            raise SystemExit(f"only {phases(client)} after {patience} s")
        time.sleep(0.02)
    return time.perf_counter() - begin


def life_of_a_job() -> list[tuple[str, str, str]]:
    """Measure submit → both processes running, and delete → nothing left, with the library."""
    from arena_core.client import ArenaClient

    rows = []
    with LocalCluster.start() as cluster, ArenaClient(kubeconfig=str(cluster.kubeconfig)) as arena:
        client = Client(cluster.server)
        arena.submit("pytorchjob", {"name": "warm", "image": "x", "workers": 1, "command": "sleep 60"})
        until(client, "Running", 1)
        begin = time.perf_counter()
        arena.submit("pytorchjob", {"name": "a", "image": "x", "workers": 2, "command": "sleep 60"})
        until(client, "Running", 3)
        rows.append(("submit → both processes running", f"{time.perf_counter() - begin:.2f} s", "≤ 0.12 s"))
        begin = time.perf_counter()
        arena.delete("a", job_type="pytorchjob")
        while sum(phases(client).values()) > 1:
            time.sleep(0.02)
        rows.append(("delete → nothing left", f"{time.perf_counter() - begin:.2f} s", "< 1 s"))
    return rows


def many_pods() -> list[tuple[str, str, str]]:
    """Measure 50 process pods and 2,000 simulated ones."""
    rows = []
    with LocalCluster.start() as cluster:
        client = Client(cluster.server)
        begin = time.perf_counter()
        for n in range(50):
            client.send("POST", "/api/v1/namespaces/default/pods", pod(f"p-{n}", ["true"]))
        until(client, "Succeeded", 50)
        rows.append(("50 process pods created → all Succeeded", f"{time.perf_counter() - begin:.1f} s", "≤ 2.5 s"))
    with LocalCluster.start(Options(simulate=True, nodes=20)) as cluster:
        client = Client(cluster.server)
        begin = time.perf_counter()
        for n in range(2000):
            client.send("POST", "/api/v1/namespaces/default/pods", pod(f"p-{n}", ["sleep", "600"]))
        while sum(c for p, c in phases(client).items() if p != "Pending") < 2000:
            time.sleep(0.1)
        rows.append(("2,000 simulated pods created → scheduled", f"{time.perf_counter() - begin:.1f} s", "≤ 10 s"))
    return rows


def manifests() -> list[tuple[str, str, str]]:
    """Measure building and validating 1,000 AppWrappers around Volcano Jobs in one process."""
    from arena_core.args import parse
    from arena_core.registry import Registry

    handle = Registry().get("appwrapperjob")
    raw = {"image": "x", "inner_type": "volcano", "replicas": 4, "gpus": 1, "kueue_queue": "q", "command": "python train.py"}
    begin = time.perf_counter()
    for n in range(1000):
        args = parse(handle.args_model, {**raw, "name": f"job-{n}"})
        if handle.validate(args):
            raise SystemExit("the benchmark's arguments are not valid")
        handle.build_manifests(args)
    return [("AppWrapper(volcano) manifests, validated and built", f"{1000 / (time.perf_counter() - begin):.0f}/s", "≥ 500/s")]


def run() -> str:
    """Return the table."""
    return table(("what", "measured", "goal"), [*life_of_a_job(), *many_pods(), *manifests()])
