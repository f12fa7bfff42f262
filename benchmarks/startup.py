"""What commands cost beside a bare interpreter and kubectl, on the same server with 100 PyTorchJobs."""

from __future__ import annotations

import sys

from arena_local.testing import LocalCluster
from benchmarks.harness import BIN, Figure, compare, kubectl, table

ARENA = str(BIN / "arena")


def suspended_job(name: str) -> dict[str, object]:
    """Return a PyTorchJob of two pods that starts nothing."""
    template = {"spec": {"containers": [{"name": "pytorch", "image": "x", "command": ["true"]}]}}
    roles = {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 1, "template": template}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": roles},
    }


def run(rounds: int) -> str:
    """Return the table."""
    with LocalCluster.start() as cluster:
        for n in range(100):
            cluster.create(suspended_job(f"job-{n:03}"))
        submit = [ARENA, "submit", "pytorchjob", "--name", "x", "--image", "i", "--dry-run", "client", "-o", "yaml", "true x"]
        commands = {
            "python3 -c pass": [sys.executable, "-c", "pass"],
            "kubectl version --client": [kubectl(), "version", "--client"],
            "kubectl get pytorchjobs": [kubectl(), "get", "pytorchjobs"],
            "kubectl get pytorchjob NAME -o yaml": [kubectl(), "get", "pytorchjob", "job-000", "-o", "yaml"],
            "arena --help": [ARENA, "--help"],
            "arena version": [ARENA, "version"],
            "arena list": [ARENA, "list"],
            "arena list -T pytorchjob": [ARENA, "list", "-T", "pytorchjob"],
            "arena list -o json": [ARENA, "list", "-o", "json"],
            "arena get NAME -T pytorchjob": [ARENA, "get", "job-000", "-T", "pytorchjob"],
            "arena submit --dry-run client": submit,
        }
        found = compare(commands, cluster.environment(), rounds)
    return _table(found)


def _table(found: dict[str, Figure]) -> str:
    bare, get = found["python3 -c pass"], found["kubectl get pytorchjobs"]
    rows = [
        (
            f"`{name}`",
            f"{f.cpu:.0f}",
            f"{f.wall:.0f} ({f.low:.0f}..{f.high:.0f})",
            f"{f.rss:.0f}",
            f"{f.cpu / bare.cpu:.1f}",
            f"{f.cpu / get.cpu:.2f}",
            f"{f.wall / get.wall:.2f}",
        )
        for name, f in found.items()
    ]
    head = ("command", "CPU ms", "wall ms (min..max)", "MiB", "CPU / python3", "CPU / kubectl get", "wall / kubectl get")
    return table(head, rows)
