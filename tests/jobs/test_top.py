"""`top` over the local cluster with real processes, and over a real Prometheus that scrapes both GPU exporters' names."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from arena_core.testing.fakeapi import FakeApi, Reply
from arena_local.testing import make_pod

BUSY = "exec python3 -c 'x = bytearray(64 << 20)\nwhile True: pass'"


def running(arena: Any, name: str, **more: Any) -> Any:
    arena.direct.submit("pytorchjob", {"name": name, "image": "i", "command": BUSY, **more})
    return arena.direct.wait(name, "running", timeout=60)


def until(check: Any, what: str) -> None:
    end = time.monotonic() + 30
    while not check():
        assert time.monotonic() < end, f"waiting for {what}"
        time.sleep(0.05)


def test_the_local_cluster_measures_its_processes(arena: Any) -> None:
    running(arena, "busy", gpus=1)
    until(lambda: (used := arena.top_jobs().jobs[0].used) and used.memory > 64 << 20, "python to be up")
    arena.calls()
    board = arena.top_jobs()
    use = board.jobs[0].used
    assert use is not None and 20 < use.cpu <= 1000 * (os.cpu_count() or 1) + 200, use
    assert 64 << 20 < use.memory < 300 << 20, use
    calls = arena.calls()
    figures = [call.rpartition("/")[2] for call in calls if "metrics.k8s.io" in call]
    assert sorted(figures) == ["nodes", "pods"], "each once; the nodes' name what their devices do"
    nodes = arena.top_nodes()
    node = nodes.nodes[0]
    assert node.cpu.used and node.memory.used and node.memory.total and node.memory.used < node.memory.total
    assert any(holder.owner == "pytorchjob/busy" for holder in node.holders)
    assert len([c for c in arena.calls() if "/services" not in c and "/apis/" not in c]) <= 2, "nodes and pods, each once"


def test_own_rights_are_enough_for_top(arena: Any, rights: Any) -> None:
    running(arena, "mine", gpus=1)
    arena.gate.allowed = rights(arena.namespace, "pytorchjob")
    board = arena.top_jobs()
    assert [use.job.name for use in board.jobs] == ["mine"]
    assert any("metrics.k8s.io (forbidden)" in note for note in board.notes), board.notes
    nodes = arena.top_nodes()
    assert not nodes.everywhere and [d.allocated for d in nodes.nodes[0].devices] == [1]


@pytest.fixture
def prometheus() -> str:
    """The path of a real Prometheus. CI says that there must be one; elsewhere its absence is told."""
    found = shutil.which("prometheus")
    if found is None:
        assert not os.environ.get("ARENA_TEST_NEEDS_PROMETHEUS"), "prometheus is missing (Debian, Ubuntu: the package prometheus)"
        pytest.skip("prometheus is not installed: `top` is not tested against a real one (Debian, Ubuntu: the package prometheus)")
    return found


class Exporter(FakeApi):
    """Serves figures of GPUs in the text format of Prometheus: ``arena`` and ``dcgm`` are the two pages."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        kind = {"Content-Type": "text/plain; version=0.0.4"}
        super().__init__(lambda request: Reply(200, self.pages.get(request.path, ""), kind))
        self.start()


def labels(**pairs: str) -> str:
    return "{" + ",".join(f'{key}="{value}"' for key, value in pairs.items()) + "}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def backfilled(folder: Path, exporter: int, row: str) -> None:
    """Put 20 minutes of a metric into Prometheus's data, as if it had been running: only who was idle for long is idle."""
    end = int(time.time()) - 5
    lines = ["# TYPE nvidia_gpu_duty_cycle gauge", *(f"nvidia_gpu_duty_cycle{row} 1 {t}" for t in range(end - 1200, end, 15)), "# EOF"]
    text = folder / "past.txt"
    text.write_text("\n".join(lines) + "\n")
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", text, folder / "data"], check=True, capture_output=True)


def test_a_real_prometheus_is_found_through_the_api_server(arena: Any, prometheus: str, tmp_path: Path, local_cluster: Any) -> None:
    running(arena, "train", gpus=1, workers=2)
    namespace, exporter, port = arena.namespace, Exporter(), free_port()
    arenas = {"pod_name": "train-master-0", "namespace_name": namespace, "node_name": "node-1", "minor_number": "3", "uuid": "GPU-3"}
    exporter.pages["/arena"] = "".join(
        f"# TYPE nvidia_gpu_{name} gauge\nnvidia_gpu_{name}{labels(**arenas)} {value}\n"
        for name, value in (("duty_cycle", 1), ("memory_used_bytes", 2 << 30), ("memory_total_bytes", 8 << 30))
    )
    dcgm = {"gpu": "5", "UUID": "GPU-5", "Hostname": "node-1", "pod": "train-worker-0", "namespace": namespace, "container": "pytorch"}
    exporter.pages["/dcgm"] = "".join(
        f"# TYPE DCGM_FI_DEV_{name} gauge\nDCGM_FI_DEV_{name}{labels(**dcgm)} {value}\n"
        for name, value in (("GPU_UTIL", 97), ("FB_USED", 4096), ("FB_FREE", 4000), ("FB_RESERVED", 96))
    )
    target = f"127.0.0.1:{exporter.port}"
    jobs = [
        {"job_name": "arena", "metrics_path": "/arena", "static_configs": [{"targets": [target]}]},
        # As a pod that a ServiceMonitor finds: its own labels displace those of the GPU's user (exported_pod).
        {
            "job_name": "dcgm",
            "metrics_path": "/dcgm",
            "static_configs": [{"targets": [target], "labels": {"pod": "dcgm-exporter-x", "namespace": "gpu"}}],
        },
    ]
    (tmp_path / "prometheus.yml").write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
    backfilled(tmp_path, exporter.port, labels(**arenas, job="arena", instance=target))
    command = f"exec {prometheus} --config.file={tmp_path}/prometheus.yml --storage.tsdb.path={tmp_path}/data --web.listen-address=127.0.0.1:{port}"
    local_cluster.create(
        make_pod(namespace, "prometheus", command)
        | {"metadata": {"name": "prometheus", "namespace": namespace, "labels": {"app": "prometheus"}}}
    )
    spec = {"selector": {"app": "prometheus"}, "ports": [{"port": 9090, "targetPort": port}]}
    marked = {"name": "prometheus", "namespace": namespace, "labels": {"kubernetes.io/service-name": "prometheus-server"}}
    try:
        local_cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": marked, "spec": spec})
        board = _until(lambda: arena.top_jobs("train"), lambda b: sum(bool(gpu.total) for gpu in b.jobs[0].gpus) == 2)
        rows = {one.instance.name: one for one in board.jobs[0].instances}
        master, worker = rows["train-master-0"].gpus[0], rows["train-worker-0"].gpus[0]
        assert (master.id, master.duty, master.used, master.total, master.idle) == ("3", 1, 2 << 30, 8 << 30, True)
        assert (worker.id, worker.duty, worker.used, worker.total, worker.idle) == ("5", 97, 4 << 30, 8 << 30, False)
        assert board.jobs[0].idle() == 0, "a pod of a moment ago has not been idle for 15 minutes, whatever its GPU did before"
        assert len(arena.top_nodes().nodes[0].gpus) == 2
        named = arena.top_jobs(prometheus=f"127.0.0.1:{port}")
        assert named.jobs[0].duty == pytest.approx(49)
    finally:
        local_cluster.request("DELETE", f"/api/v1/namespaces/{namespace}/services/prometheus")
        exporter.close()


def _until(look: Any, good: Any) -> Any:
    end = time.monotonic() + 60
    while not good(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.3)
    return found
