"""`top` against an API server of a few lines: nodes of any vendor, both GPU exporters, and what may not be read."""

from __future__ import annotations

import json

import pytest

from arena_core.registry import Registry
from tests.cli.test_reading import JOBS, PODS, job, pod

ALL_PODS, NODES = "/api/v1/pods", "/api/v1/nodes"
SERVICES = "/api/v1/services"
PROMETHEUS = "/api/v1/namespaces/mon/services/prom:9090/proxy/api/v1/query"


def node(name, ready="True", taints=(), labels=None, **resources):
    sizes = {"cpu": "8", "memory": "32Gi", "pods": "110", **resources}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "uid": f"uid-{name}", "labels": labels or {}},
        "spec": {"taints": list(taints)},
        "status": {
            "capacity": sizes,
            "allocatable": sizes,
            "conditions": [{"type": "Ready", "status": ready, "message": "kubelet stopped posting" if ready != "True" else ""}],
            "addresses": [{"type": "InternalIP", "address": f"10.0.0.{len(name)}"}],
        },
    }


def plain_pod(name, node_name, namespace="other", **limits):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}"},
        "spec": {"nodeName": node_name, "containers": [{"name": "c", "resources": {"limits": limits}}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "c", "state": {"running": {}}}]},
    }


def samples(*rows):
    result = [{"metric": labels, "value": [1.0, str(value)]} for labels, value in rows]
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}


@pytest.fixture
def cluster(api):
    """One job of two pods with 2 GPUs each on node-1, which somebody else shares, and nodes of other vendors."""
    api.put(NODES, node("node-1", **{"nvidia.com/gpu": "8"}))
    api.put(NODES, node("npu-1", taints=[{"key": "npu", "value": "yes", "effect": "NoSchedule"}], **{"huawei.com/Ascend910": "16"}))
    mig = {"nvidia.com/mig-1g.5gb": "4", "nvidia.com/mig-2g.10gb": "2", "rdma/hca": "1", "hugepages-2Mi": "1Gi"}
    api.put(NODES, node("mig-1", ready="Unknown", **mig))
    api.put(NODES, node("share-1", **{"aliyun.com/gpu-mem": "64", "aliyun.com/gpu-count": "4", "aliyun.com/gpu-core.percentage": "400"}))
    api.put(NODES, node("cpu-1"))
    api.put(JOBS, job("mnist", gpus=2))
    both = [pod("mnist", "master", 0, gpus=2), pod("mnist", "worker", 0, gpus=2)]
    api.put(PODS, *both)
    # The job in Arena's namespace is found in all namespaces, too.
    api.put("/apis/kubeflow.org/v1/pytorchjobs", job("mnist", gpus=2))
    api.put(
        ALL_PODS,
        *both,
        plain_pod("web", "node-1", **{"nvidia.com/gpu": "1"}),
        plain_pod("shared", "share-1", **{"aliyun.com/gpu-mem": "8"}),
    )
    api.put(
        ALL_PODS,
        plain_pod("vision", "npu-1", **{"huawei.com/Ascend910": "4"}),
        plain_pod("part", "mig-1", **{"nvidia.com/mig-1g.5gb": "1"}),
    )
    return api


def test_every_vendors_accelerators_are_counted(arena, cluster):
    done = arena("top", "node")
    assert done.code == 0, done.err
    rows = {line.split()[0]: line.split() for line in done.out.splitlines() if line and line[0].isalpha()}
    assert rows["node-1"][4:8] == ["8", "5", "3", "nvidia.com/gpu"]
    assert "mnist(4)" in done.out and "web(1)" in done.out
    assert rows["npu-1"][3:8] == ["Ready,Tainted", "16", "4", "12", "huawei.com/Ascend910"]
    assert rows["mig-1"][3:8] == ["NotReady", "4", "1", "3", "nvidia.com/mig-1g.5gb"]
    assert rows["cpu-1"][4:7] == ["0", "0", "0"]
    assert "5/8 (62.5%)" in done.out and "4/16 (25.0%)" in done.out
    assert "metrics.k8s.io" in done.err and "Prometheus" in done.err, "what cannot be measured is told"


def test_details_name_taints_conditions_and_jobs(arena, cluster):
    done = arena("top", "node", "-d", "npu-1", "mig-1", "share-1")
    assert "npu=yes:NoSchedule" in done.out
    assert "Ready=Unknown: kubelet stopped posting" in done.out
    assert "aliyun.com/gpu-mem: 8/64 GiB" in done.out
    assert "rdma/hca" not in done.out
    assert "node-1" not in done.out.split()


def test_the_json_has_arenas_classes_and_keys(arena, cluster):
    data = json.loads(arena("top", "node", "-o", "json").out)
    exclusive = {n["name"]: n for n in data["gpuExclusiveNodes"]}
    assert exclusive["node-1"]["totalGPUs"] == 8 and exclusive["node-1"]["allocatedGPUs"] == 5 and exclusive["node-1"]["unhealthyGPUs"] == 0
    assert {i["name"]: (i["requestGPUs"], i["job"]) for i in exclusive["node-1"]["instances"]} == {
        "mnist-master-0": (2, "pytorchjob/mnist"),
        "mnist-worker-0": (2, "pytorchjob/mnist"),
        "web": (1, ""),
    }
    share = data["gpuShareNodes"][0]
    assert (share["totalGPUMemory"], share["allocatedGPUMemory"], share["totalGPUCore"]) == (64, 8, 400)
    assert [n["name"] for n in data["normalNodes"]] == ["cpu-1"]


def test_modes_and_names_choose_nodes(arena, cluster):
    assert [n["name"] for n in json.loads(arena("top", "node", "-m", "s", "-o", "json").out)["gpuShareNodes"]] == ["share-1"]
    done = arena("top", "node", "node-9")
    assert (done.code, "no node named node-9" in done.err) == (3, True)
    assert arena("top", "node", "-m", "topology").code == 3


def test_without_rights_on_nodes_the_own_pods_tell(arena, cluster):
    cluster.forbidden |= {NODES, ALL_PODS, "/apis/kubeflow.org/v1/pytorchjobs", SERVICES}
    done = arena("top", "node")
    assert done.code == 0, done.err
    row = next(line for line in done.out.splitlines() if line.startswith("node-1")).split()
    assert row[3:7] == ["unknown", "N/A", "4+", "N/A"], "what others hold is not known, so nothing is said to be free"
    assert "no permission: nodes" in done.err and "only pods of namespace default" in done.err
    cluster.forbidden |= {PODS}
    assert arena("top", "node").code == 5


def test_one_page_of_requests_however_many_nodes(arena, cluster):
    for n in range(50):
        cluster.put(NODES, node(f"more-{n}", **{"nvidia.com/gpu": "8"}))
    cluster.seen.clear()
    assert arena("top", "node").code == 0
    reads = [r for r in cluster.requests if "services" not in r]
    # Nodes, pods, their metrics; what is served; then each kind of job once.
    registry = Registry()
    kinds = {registry.get(name).job_type.resource.key for name in registry.names()}
    assert len(reads) <= 3 + 1 + len(kinds), reads
    assert not [r for r in cluster.requests if "more-" in r]


GPU0 = {
    "UUID": "GPU-a",
    "gpu": "0",
    "Hostname": "node-1",
    "exported_namespace": "default",
    "exported_pod": "mnist-master-0",
    "pod": "exporter",
}
GPU1 = {"uuid": "GPU-b", "minor_number": "1", "node_name": "node-1", "namespace_name": "default", "pod_name": "mnist-worker-0"}


@pytest.fixture
def prometheus(cluster):
    """Prometheus behind a Service with Arena's label, which knows one GPU from each exporter."""
    service = {"metadata": {"name": "prom", "namespace": "mon", "labels": {"kubernetes.io/service-name": "prometheus-server"}}}
    cluster.put(SERVICES, {**service, "spec": {"ports": [{"port": 9090}]}})
    cluster.asked = []

    def page(query):
        text = query["query"]
        cluster.asked.append(text)
        if "max_over_time" in text:
            return samples((GPU1, 1.0))
        return samples(
            ({"__name__": "DCGM_FI_DEV_GPU_UTIL", **GPU0}, 90),
            ({"__name__": "DCGM_FI_DEV_FB_USED", **GPU0}, 1024),
            ({"__name__": "DCGM_FI_DEV_FB_FREE", **GPU0}, 3072),
            ({"__name__": "nvidia_gpu_duty_cycle", **GPU1}, 2),
            ({"__name__": "nvidia_gpu_memory_used_bytes", **GPU1}, 1 << 30),
            ({"__name__": "nvidia_gpu_memory_total_bytes", **GPU1}, 4 << 30),
        )

    cluster.pages[PROMETHEUS] = page
    return cluster


def test_both_exporters_say_what_gpus_do(arena, prometheus):
    done = arena("top", "job", "mnist")
    assert done.code == 0, done.err
    lines = {line.split()[0]: line.split() for line in done.out.splitlines() if line.startswith("  mnist-")}
    assert lines["mnist-master-0"][4:7] == ["0", "90.0%", "1Gi/4Gi"]
    assert lines["mnist-worker-0"][4:7] == ["1", "2.0%", "1Gi/4Gi"]
    assert lines["mnist-worker-0"][-1] == "idle" and lines["mnist-master-0"][-1] != "idle"
    metrics = {i["name"]: i["gpuMetrics"] for i in json.loads(arena("top", "job", "mnist", "-o", "json").out)[0]["instances"]}
    assert metrics["mnist-master-0"] == {"0": {"gpuDutyCycle": 90, "usedGPUMemory": 1 << 30, "totalGPUMemory": 4 << 30}}
    assert "46.0%" in arena("top", "job").out and "1 of 2" in arena("top", "job").out
    assert "46.0%" in arena("top", "node").out


def test_two_questions_whatever_the_number_of_gpus(arena, prometheus):
    prometheus.asked.clear()
    prometheus.put("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods")
    assert arena("top", "job").code == 0
    assert len(prometheus.asked) == 2
    assert all('"default"' in text for text in prometheus.asked), "only the own namespace is asked for"


def test_a_prometheus_that_refuses_is_told_and_the_table_is_there(arena, prometheus):
    prometheus.pages[PROMETHEUS] = lambda query: (422, {"status": "error", "error": "found duplicate series"})
    done = arena("top", "job")
    assert done.code == 0 and "mnist" in done.out
    assert "Service mon/prom" in done.err and "found duplicate series" in done.err
    prometheus.pages[PROMETHEUS] = lambda query: (200, {"status": "success", "data": {"result": []}})
    assert "no figures of GPUs of namespace default" in arena("top", "job").err


def test_the_configuration_names_prometheus(arena, prometheus, home, monkeypatch):
    (home / ".arena").mkdir(exist_ok=True)
    (home / ".arena" / "config").write_text(f"prometheus_address={prometheus.url}\n")
    prometheus.pages["/api/v1/query"] = prometheus.pages.pop(PROMETHEUS)
    assert "90.0%" in arena("top", "job", "mnist").out
    monkeypatch.setenv("PROMETHEUS_ADDRESS", "127.0.0.1:9")
    done = arena("top", "job", "mnist")
    assert done.code == 0 and "Prometheus at http://127.0.0.1:9 cannot be reached" in done.err
    monkeypatch.setenv("PROMETHEUS_ADDRESS", "nfs://x")
    assert arena("top", "job", "mnist").code == 2


def test_wrong_words_are_told(arena, api):
    assert arena("top").code == 2
    assert "`arena top job mnist`?" in arena("top", "mnist").err
    assert arena("top", "job", "-r").code == 2
    assert arena("top", "job", "-w", "-o", "json").code == 2
    assert "top node" in arena("top", "--help").out


def test_check_says_what_is_missing_and_how_to_mend_it(arena, cluster):
    cluster.put(SERVICES)
    done = arena("check", "monitoring")
    assert done.code == 1
    assert "metrics.k8s.io is not served" in done.out and "no Prometheus was found" in done.out
    assert "install the metrics server" in done.err and "docs/monitoring.md" in done.err


def test_check_knows_both_exporters_and_what_it_may_not_see(arena, prometheus):
    def page(query):
        text = query["query"]
        if text.startswith("count by"):
            return samples(({"__name__": "DCGM_FI_DEV_GPU_UTIL"}, 2))
        return samples(({"__name__": "DCGM_FI_DEV_GPU_UTIL", **GPU0}, 90)) if "offset" not in text else samples()

    prometheus.pages[PROMETHEUS] = page
    prometheus.put("/apis/metrics.k8s.io/v1beta1/nodes")
    prometheus.put("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods")
    prometheus.forbidden |= {NODES}
    found = {row["what"]: row for row in json.loads(arena("check", "monitoring", "-o", "json").out)}
    states = {what: row["state"] for what, row in found.items()}
    assert states == {
        "nodes": "unknown",
        "metrics API: nodes": "ok",
        "metrics API: pods": "ok",
        "Prometheus": "ok",
        "GPU figures": "ok",
        "GPUs by pod": "ok",
        "GPU history": "missing",
    }
    assert found["GPU history"]["costs"] == "idle GPUs are not marked yet"
    prometheus.forbidden |= {SERVICES}
    found = {row["what"]: row["state"] for row in json.loads(arena("check", "monitoring", "-o", "json").out)}
    assert found["Prometheus"] == "unknown"


def test_check_knows_its_topics(arena, api):
    assert arena("check", "weather").code == 2 and arena("check", "monitoring", "-T", "pytorchjob").code == 2


def test_cpu_and_memory_come_from_prometheus_where_there_is_no_metrics_api(arena, prometheus):
    gpus = prometheus.pages[PROMETHEUS]

    def page(query):
        text = query["query"]
        where = {"namespace": "default", "pod": "mnist-master-0"} if "namespace, pod" in text else {"node": "node-1"}
        if "container_cpu_usage" in text:
            return samples((where, 1.5))
        return samples((where, 3 << 30)) if "container_memory" in text else gpus(query)

    prometheus.pages[PROMETHEUS] = page
    row = next(line.split() for line in arena("top", "job", "mnist").out.splitlines() if line.startswith("  mnist-master-0"))
    assert row[7:9] == ["1.5", "3Gi"]
    done = arena("top", "node")
    assert "1.5" in done.out and "metrics.k8s.io" not in done.err


@pytest.mark.parametrize("words", [("top", "node"), ("top", "job"), ("queue",)])
def test_where_nothing_is_yet_the_data_is_empty(arena, home, words):
    done = arena(*words, "-o", "json")
    assert done.code == 0 and not [item for rows in json.loads(done.out) or [] for item in rows if isinstance(rows, list)]
