"""`arena what-if` in a cluster of 200 nodes with 1,000 Workloads of Kueue, of which 200 run. The API server answers from memory."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from arena_core.k8s import dig, selectors
from arena_core.testing.fakeapi import FakeApi, Reply, Request, write_kubeconfig
from benchmarks.harness import BIN, once, table

NODES, WORKLOADS, GOAL = 200, 1000, 2.0
GPU = "nvidia.com/gpu"
KUEUE = "kueue.x-k8s.io/v1beta2"
MADE = "2026-01-01T00:00:00Z"
Obj = dict[str, Any]


def _meta(name: str, namespace: str = "", **more: Any) -> Obj:
    return {"name": name, "uid": f"u-{name}", "creationTimestamp": MADE, **({"namespace": namespace} if namespace else {}), **more}


def _node(number: int) -> Obj:
    room = {"cpu": "64", "memory": "256Gi", "pods": "110", GPU: "8"}
    name = f"node-{number}"
    status = {"capacity": room, "allocatable": room, "conditions": [{"type": "Ready", "status": "True"}]}
    labels = {"kubernetes.io/hostname": name}
    return {"apiVersion": "v1", "kind": "Node", "metadata": _meta(name, labels=labels), "spec": {}, "status": status}


def _pod_spec() -> Obj:
    container = {"name": "c", "image": "x", "resources": {"requests": {GPU: "8", "cpu": "1"}, "limits": {GPU: "8"}}}
    return {"restartPolicy": "Never", "schedulerName": "default-scheduler", "containers": [container]}


def _owned(kind: str, name: str, version: str) -> list[Obj]:
    return [{"apiVersion": version, "kind": kind, "name": name, "uid": f"u-{name}", "controller": True}]


def _job(number: int) -> Obj:
    name = f"j-{number}"
    labels = {"kueue.x-k8s.io/queue-name": "queue"}
    spec = {"suspend": number >= NODES, "activeDeadlineSeconds": 3600 + 7 * number, "template": {"spec": _pod_spec()}}
    status = {} if number >= NODES else {"startTime": MADE, "active": 1}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _meta(name, "default", labels=labels), "spec": spec, "status": status}


def _workload(number: int) -> Obj:
    name = f"job-j-{number}"
    sets = [{"name": "main", "count": 1, "template": {"metadata": {}, "spec": _pod_spec()}}]
    spec = {"queueName": "queue", "active": True, "priority": 0, "podSets": sets}
    why = f"couldn't assign flavors to pod set main: insufficient unused quota for {GPU} in flavor flavor, 8 more needed"
    waits = {"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": why, "lastTransitionTime": MADE}
    status: Obj = {"conditions": [waits], "resourceRequests": [{"name": "main", "resources": {GPU: "8", "cpu": "1"}}]}
    if number < NODES:
        given = {"name": "main", "count": 1, "flavors": {GPU: "flavor", "cpu": "flavor"}, "resourceUsage": {GPU: "8", "cpu": "1"}}
        when = {"status": "True", "lastTransitionTime": MADE, "reason": "QuotaReserved", "message": ""}
        status = {
            "admission": {"clusterQueue": "cluster-queue", "podSetAssignments": [given]},
            "conditions": [{"type": kind, **when} for kind in ("QuotaReserved", "Admitted")],
        }
    owner = _owned("Job", f"j-{number}", "batch/v1")
    return {
        "apiVersion": KUEUE,
        "kind": "Workload",
        "metadata": _meta(name, "default", ownerReferences=owner),
        "spec": spec,
        "status": status,
    }


def _pod(number: int) -> Obj:
    meta = _meta(f"j-{number}-x", "default", ownerReferences=_owned("Job", f"j-{number}", "batch/v1"))
    spec = {**_pod_spec(), "nodeName": f"node-{number}", "priority": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running", "startTime": MADE}}


def _queues() -> dict[str, list[Obj]]:
    quota = [{"name": name, "nominalQuota": text} for name, text in ((GPU, str(8 * NODES)), ("cpu", "10000"))]
    groups = [{"coveredResources": [GPU, "cpu"], "flavors": [{"name": "flavor", "resources": quota}]}]
    whole = {"namespaceSelector": {}, "queueingStrategy": "BestEffortFIFO", "resourceGroups": groups}
    active = {"conditions": [{"type": "Active", "status": "True"}]}
    return {
        "clusterqueues": [
            {"apiVersion": KUEUE, "kind": "ClusterQueue", "metadata": _meta("cluster-queue"), "spec": whole, "status": active}
        ],
        "resourceflavors": [{"apiVersion": KUEUE, "kind": "ResourceFlavor", "metadata": _meta("flavor"), "spec": {}}],
        "localqueues": [
            {
                "apiVersion": KUEUE,
                "kind": "LocalQueue",
                "metadata": _meta("queue", "default"),
                "spec": {"clusterQueue": "cluster-queue"},
                "status": active,
            }
        ],
    }


def objects() -> dict[str, list[Obj]]:
    """Return the lists of the cluster by plural."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": _meta("default"), "status": {"phase": "Active"}}
    return {
        "namespaces": [space],
        "nodes": [_node(n) for n in range(NODES)],
        "pods": [_pod(n) for n in range(NODES)],
        "jobs": [_job(n) for n in range(WORKLOADS)],
        "workloads": [_workload(n) for n in range(WORKLOADS)],
        **_queues(),
    }


def api() -> FakeApi:
    """Return a server that answers lists, single objects and discovery."""
    there = objects()
    groups = {
        "batch": ("v1", ["jobs", "cronjobs"]),
        "kueue.x-k8s.io": ("v1beta2", ["workloads", *_queues(), "cohorts", "workloadpriorityclasses"]),
    }

    def answer(request: Request) -> Reply:
        head = {"Content-Type": "application/json"}
        if request.path == "/apis":
            items = [
                {"metadata": {"name": name}, "versions": [{"version": version, "resources": [{"resource": one} for one in names]}]}
                for name, (version, names) in groups.items()
            ]
            kind = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}
            return Reply(200, kind, {"Content-Type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"})
        parts = request.path.strip("/").split("/")
        group = parts[1] if parts[0] == "apis" else ""
        if group and group not in groups:
            return Reply(404, "404 page not found\n")
        plural, name = (parts[-1], "") if parts[-1] in there else (parts[-2], parts[-1])
        wanted = selectors.parse(request.query.get("labelSelector", ""))
        found = [o for o in there.get(plural, ()) if name in ("", o["metadata"]["name"]) and selectors.matches(wanted, dig.labels(o))]
        if name and plural in there:
            missing = {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": f'{plural} "{name}" not found'}
            return Reply(200, found[0], head) if found else Reply(404, missing, head)
        return Reply(200, {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": found}, head)

    return FakeApi(answer)


def run(rounds: int = 3) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as name, api().start() as server:
        config = Path(name) / "kubeconfig"
        write_kubeconfig(config, server.url)
        env = {**os.environ, "KUBECONFIG": str(config), "HOME": name, "ARENA_HOME": name}
        queued = ("--image", "x", "--gpus", "8", "--kueue-queue", "queue", "--what-if", "sleep 1")
        asked = {
            "`arena submit job --what-if`": ("submit", "job", "--name", "n", *queued),
            "`arena submit job --what-if`, 32 GPUs in 4 pods": ("submit", "job", "--name", "n", "--workers", "4", *queued),
            "`arena what-if JOB`, the last in the queue": ("what-if", "j-999"),
        }
        rows = []
        for title, words in asked.items():
            seen = [once([str(BIN / "arena"), *words], env) for _ in range(rounds)]
            if any(one[3] for one in seen):
                raise SystemExit(f"{title}: exit code {seen[0][3]}")
            cpu, wall = (min(one[at] for one in seen) / 1000 for at in (0, 1))
            rows.append((title, f"{cpu:.2f}", f"{wall:.2f}", f"{statistics.median(one[1] for one in seen) / 1000:.2f}", f"≤ {GOAL:.0f} s"))
    return f"{NODES} nodes, {WORKLOADS} Workloads of which {NODES} run:\n\n" + table(
        ("command", "CPU s", "wall s, least", "median", "goal"), rows
    )
