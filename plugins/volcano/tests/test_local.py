"""Pods of a Volcano Job as real processes: they find each other by name, in both ways in which the local cluster knows names."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from arena_core.args import parse
from arena_local.context import Options
from arena_local.testing import LocalCluster
from arena_volcano.args import VolcanoJobArgs
from arena_volcano.manifests import build

SCRIPT = """
import os, socket, time
host, port, rank = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), os.environ["RANK"]

def patiently(connect):
    for attempt in range(200):
        try:
            return connect((host, port))
        except OSError:
            time.sleep(0.1)

if rank == "0":
    server = patiently(socket.create_server)
    peers = [server.accept()[0] for _ in range(int(os.environ["WORLD_SIZE"]) - 1)]
    print("ranks", *sorted(peer.recv(9).decode() for peer in peers))
else:
    patiently(socket.create_connection).sendall(rank.encode())
"""
JOBS = "/apis/batch.volcano.sh/v1alpha1/namespaces/default/jobs"


def phase(cluster: LocalCluster, name: str) -> str:
    _, job = cluster.request("GET", f"{JOBS}/{name}")
    return str(((job.get("status") or {}).get("state") or {}).get("phase", ""))


@pytest.mark.parametrize("names", ["auto", "rewrite"])
def test_pods_meet_by_name(names: str) -> None:
    with LocalCluster.start(Options(names=names, delays={"volcano.session": 0.1})) as cluster:
        ways: dict[str, dict[str, Any]] = {"plugin": {}, "service": {"use_svc_plugin": False}}
        for name, more in ways.items():
            command = (sys.executable, "-c", SCRIPT)
            raw = {"name": name, "image": "x", "replicas": 3, "working_dir": "/tmp", "command": command, **more}
            for manifest in build(parse(VolcanoJobArgs, raw)):
                manifest["metadata"]["namespace"] = "default"
                cluster.create(manifest)
        for name in ways:
            cluster.until(lambda name=name: phase(cluster, name) in ("Completed", "Failed"), 40, f"the end of {name}")
            assert phase(cluster, name) == "Completed", [cluster.logs("default", f"{name}-task-{n}") for n in range(3)]
            assert cluster.logs("default", f"{name}-task-0") == "ranks 1 2\n"
