"""How a list grows: 100, 1,000 and 10,000 jobs, as a table and as a drawing; and a long log, followed to its end."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from arena_local.testing import LocalCluster
from benchmarks.harness import BIN, Figure, compare, kubectl, table
from benchmarks.server import Client

ARENA = str(BIN / "arena")
SIZES = (100, 1000, 10000)
GOALS = {100: "≤ 0.9", 1000: "≤ 0.5", 10000: "≤ 0.4, ≤ 150 MiB"}
LINES = 130_000
SVG = Path(__file__).resolve().parent / "growth.svg"
_TEMPLATE = {"spec": {"containers": [{"name": "pytorch", "image": "x", "command": ["true"]}]}}


def suspended_job(name: str, namespace: str = "default") -> dict[str, Any]:
    """Return a PyTorchJob of two pods that starts nothing."""
    roles = {role: {"replicas": 1, "template": copy.deepcopy(_TEMPLATE)} for role in ("Master", "Worker")}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": roles},
    }


def fill(client: Client, namespace: str, count: int) -> None:
    """Create so many jobs."""
    if namespace != "default":
        client.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    for n in range(count):
        client.send("POST", f"/apis/kubeflow.org/v1/namespaces/{namespace}/pytorchjobs", suspended_job(f"job-{n:03}", namespace))


def run(rounds: int) -> str:
    """Return the tables, and write the drawing."""
    found: dict[int, tuple[Figure, Figure]] = {}
    with LocalCluster.start() as cluster:
        client, env = Client(cluster.server), cluster.environment()
        for size in SIZES:
            fill(client, f"n-{size}", size)
            where = ["-n", f"n-{size}"]
            pair = {"ours": [ARENA, "list", *where], "theirs": [kubectl(), "get", "pytorchjobs", *where]}
            both = compare(pair, env, rounds if size < 10000 else max(3, rounds // 3))
            found[size] = both["ours"], both["theirs"]
        log = _log(client, env, max(3, rounds // 3))
    SVG.write_text(drawing(found), encoding="utf-8")
    rows = [
        (
            f"{size:,}",
            f"{ours.cpu:.0f}",
            f"{theirs.cpu:.0f}",
            f"{ours.cpu / theirs.cpu:.2f}",
            GOALS[size],
            f"{ours.wall:.0f}",
            f"{theirs.wall:.0f}",
            f"{ours.rss:.0f}",
            f"{theirs.rss:.0f}",
        )
        for size, (ours, theirs) in found.items()
    ]
    head = ("jobs", "`arena list`, CPU ms", "`kubectl get`", "ratio", "goal", "wall ms", "kubectl's", "MiB", "kubectl's")
    return table(head, rows) + "\n\n![CPU of a list by the number of jobs](growth.svg)\n\n" + log


def _log(client: Client, env: dict[str, str], rounds: int) -> str:
    """Follow the log of a job that has ended."""
    job = suspended_job("talker")
    job["spec"]["runPolicy"] = {"cleanPodPolicy": "None"}
    job["spec"]["pytorchReplicaSpecs"].pop("Worker")
    words = ["seq", "-f", "line %.0f of a log that has an end and is followed to it all the same", str(LINES)]
    job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["command"] = words
    client.send("POST", "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs", job)
    client.until("/api/v1/namespaces/default/pods/talker-master-0", lambda pod: pod["status"].get("phase") == "Succeeded")
    pair = {"ours": [ARENA, "logs", "-f", "talker"], "theirs": [kubectl(), "logs", "-f", "talker-master-0"]}
    both = compare(pair, env, rounds)
    ours, theirs = both["ours"], both["theirs"]
    cells = (f"{ours.cpu:.0f}", f"{theirs.cpu:.0f}", f"{ours.cpu / theirs.cpu:.2f}", "≤ 1")
    rows = [(f"`logs -f`, {LINES:,} lines", *cells, f"{ours.wall:.0f}", f"{theirs.wall:.0f}", f"{ours.wall / theirs.wall:.2f}")]
    return table(("command", "CPU ms", "kubectl's", "ratio", "goal", "wall ms", "kubectl's", "ratio"), rows)


def drawing(found: dict[int, tuple[Figure, Figure]]) -> str:
    """Return an SVG: CPU over the number of jobs, both axes in powers of ten, ours and kubectl's."""
    from math import log10

    def at(size: int, cpu: float) -> tuple[float, float]:
        return 70 + 250 * (log10(size) - 2), 250 - 90 * (log10(max(cpu, 10)) - 1)

    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 300" font-family="sans-serif" font-size="12">']
    parts.append('<rect width="640" height="300" fill="white"/>')
    for size in SIZES:
        x, _ = at(size, 10)
        parts.append(f'<path d="M{x:.0f} 20V250" stroke="#ddd"/><text x="{x:.0f}" y="268" text-anchor="middle">{size:,}</text>')
    for cpu in (10, 100, 1000):
        _, y = at(100, cpu)
        parts.append(f'<path d="M70 {y:.0f}H570" stroke="#ddd"/><text x="64" y="{y + 4:.0f}" text-anchor="end">{cpu:,} ms</text>')
    for place, (name, colour) in enumerate((("arena list", "#1565c0"), ("kubectl get", "#c62828"))):
        points = [at(size, both[place].cpu) for size, both in found.items()]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="84" y="{34 + 16 * place}" fill="{colour}">{name}</text>')
    parts.append('<text x="320" y="290" text-anchor="middle">jobs in the namespace</text></svg>')
    return "\n".join(parts) + "\n"
