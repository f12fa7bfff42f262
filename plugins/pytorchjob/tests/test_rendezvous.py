"""Two real processes on the local cluster find each other by what the operator tells them."""

from __future__ import annotations

import shlex
import sys
import textwrap
import time

import pytest

from arena_core.args import parse
from arena_pytorchjob.args import PyTorchJobArgs
from arena_pytorchjob.manifests import build

PROGRAM = textwrap.dedent(
    """
    import os, socket, time
    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    if rank == 0:
        server = socket.create_server(("", address[1]))
        said = []
        for _ in range(world - 1):
            peer, _ = server.accept()
            said.append(peer.recv(100).decode())
            peer.sendall(b"welcome")
            peer.close()
        print("heard", sorted(said), flush=True)
    else:
        for _ in range(100):
            try:
                peer = socket.create_connection(address, timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        peer.sendall(f"rank {rank} of {world}".encode())
        print("answered", peer.recv(100).decode(), flush=True)
    """
)


def wait(cluster, path, until, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        code, found = cluster.request("GET", path)
        assert code == 200, found
        if until(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"not in time: {found.get('status')}")


def true(job):
    return {c["type"] for c in (job.get("status") or {}).get("conditions", []) if c["status"] == "True"}


@pytest.mark.parametrize("workers", [2, 3])
def test_processes_meet(local_cluster, workers):
    namespace = local_cluster.namespace("rendezvous")
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)}"
    args = parse(PyTorchJobArgs, {"name": "meet", "image": "any", "workers": workers, "command": command, "working_dir": "/tmp"})
    job = build(args)[0]
    job["metadata"]["namespace"] = namespace
    job["spec"]["runPolicy"]["cleanPodPolicy"] = "None"
    local_cluster.create(job)
    path = f"/apis/kubeflow.org/v1/namespaces/{namespace}/pytorchjobs/meet"
    done = wait(local_cluster, path, lambda found: true(found) & {"Succeeded", "Failed"})
    log = local_cluster.request("GET", f"/api/v1/namespaces/{namespace}/pods/meet-master-0/log")[1]
    assert "Succeeded" in true(done), log
    assert str([f"rank {n} of {workers}" for n in range(1, workers)]) in log
    for n in range(workers - 1):
        pod = f"/api/v1/namespaces/{namespace}/pods/meet-worker-{n}"
        wait(local_cluster, pod, lambda found: found["status"]["phase"] == "Succeeded")
        assert "answered welcome" in str(local_cluster.request("GET", f"{pod}/log")[1])
