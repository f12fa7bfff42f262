"""Real processes on the local cluster find each other by the TF_CONFIG that the operator writes."""

from __future__ import annotations

import shlex
import sys
import textwrap

from arena_core.args import parse
from arena_tfjob.args import TFJobArgs
from arena_tfjob.manifests import build

PROGRAM = textwrap.dedent(
    """
    import json, os, socket, time
    config = json.loads(os.environ["TF_CONFIG"])
    cluster, task = config["cluster"], config["task"]

    def place(kind, index):
        host, port = cluster[kind][index].rsplit(":", 1)
        return host, int(port)

    if task["type"] == "ps":
        server = socket.create_server(("", place("ps", task["index"])[1]))
        while True:
            peer, _ = server.accept()
            peer.sendall(b"weights for " + peer.recv(100))
            peer.close()
    for index in range(len(cluster["ps"])):
        for _ in range(100):
            try:
                peer = socket.create_connection(place("ps", index), timeout=5)
                break
            except OSError:
                time.sleep(0.1)
        peer.sendall(f"{task['type']} {task['index']}".encode())
        print(f"ps {index}:", peer.recv(100).decode(), flush=True)
    """
)


def test_workers_meet_parameter_servers(local_cluster):
    namespace = local_cluster.namespace("tfmeet")
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)}"
    raw = {"name": "meet", "image": "any", "ps": 2, "workers": 2, "command": command, "working_dir": "/tmp"}
    job = build(parse(TFJobArgs, {**raw, "success_policy": "AllWorkers"}))[0]
    job["metadata"]["namespace"] = namespace
    local_cluster.create(job)
    path = f"/apis/kubeflow.org/v1/namespaces/{namespace}/tfjobs/meet"

    def over():
        conditions = (local_cluster.request("GET", path)[1].get("status") or {}).get("conditions", [])
        return {c["type"] for c in conditions if c["status"] == "True"} & {"Succeeded", "Failed"}

    assert local_cluster.until(over, 40) == {"Succeeded"}
    for index in (0, 1):
        log = local_cluster.logs(namespace, f"meet-worker-{index}")
        assert log.splitlines() == [f"ps {n}: weights for worker {index}" for n in (0, 1)]
    # The parameter servers would run for ever: what runs at the end is deleted.
    local_cluster.until(
        lambda: (local_cluster.pod(namespace, "meet-ps-0") or {"metadata": {"deletionTimestamp": "gone"}})["metadata"].get(
            "deletionTimestamp"
        )
    )
