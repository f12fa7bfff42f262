"""Our own contract suite: the rows, side by side, on a cluster of one's choice."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from arena_core.kube.cluster import Cluster
from arena_core.kube.connect import ConnectOptions, connect
from arena_local.testing import LocalCluster
from tests.contract.rows import ROWS, Case, Row, crd, random_name, reading, running, writing

__all__ = ["main", "reading", "running", "writing"]
#: What is not asked here, and where it is.
ELSEWHERE = {
    "4, 43, 44": "aggregated discovery, tables and partial objects: the recorded answers (--conformance)",
    "9": "credentials, Host and Origin: plugins/local/tests/faults/test_security.py",
    "30, 31, 51, 65": "the recorded answers (--conformance)",
    "88, 89, 117, 121": "crash, slow readers, full disk: plugins/local/tests/faults",
    "107, 118-120, 122": "adoption, restart of the machine, one daemon, stop: plugins/local/tests/daemon",
    "109": "kubectl cp: tests/clients/test_kubectl.py",
    "113-116": "the job types: --recordings, and the tests of each plugin",
}
_lock = threading.Lock()


@contextlib.contextmanager
def custom_resource(cluster: Cluster) -> Iterator[str]:
    """Install the rows' CRD under a random group; yields the group."""
    group, base = f"{random_name()}.example.com", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    made = cluster.request("POST", base, None, crd(group))
    assert made.ok, made.body
    try:
        end = time.monotonic() + 30
        while not cluster.request("GET", f"/apis/{group}/v1/widgets").ok:
            assert time.monotonic() < end, "the CRD is not served"
            time.sleep(0.1)
        yield group
    finally:
        cluster.request("DELETE", f"{base}/widgets.{group}")


def run(entry: Row, cluster: Cluster, group: str, image: str) -> None:
    """Check a row in a fresh namespace; raises where the cluster differs."""
    namespace = f"contract-{random_name()}"
    made = cluster.request("POST", "/api/v1/namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    assert made.ok, made.body
    case = Case(cluster, namespace, group, image)
    try:
        if entry.needs:
            case.until(lambda: cluster.request("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/default").ok, 20)
        entry.check(case)
    finally:
        cluster.request("DELETE", f"/api/v1/namespaces/{namespace}")


def judge(entry: Row, cluster: Cluster, group: str, image: str) -> bool:
    """Run a row, print what came of it; whether the cluster agrees."""
    started, problem = time.monotonic(), ""
    try:
        run(entry, cluster, group, image)
    except Exception:
        problem = traceback.format_exc(limit=-2)
    with _lock:
        print(f"{'differs' if problem else 'ok':8} {entry.number:14} {entry.title} ({time.monotonic() - started:.1f} s)", flush=True)
        if problem:
            print("         " + problem.strip().replace("\n", "\n         "), flush=True)
    return not problem


def _all(cluster: Cluster, chosen: Sequence[Row], image: str, jobs: int) -> int:
    with custom_resource(cluster) as group, ThreadPoolExecutor(jobs) as pool:
        good = sum(pool.map(lambda entry: judge(entry, cluster, group, image), chosen))
    print(f"\n{good} of {len(chosen)} rows agree with {cluster.server}")
    for numbers, where in ELSEWHERE.items():
        print(f"not here: {numbers}: {where}")
    return 0 if good == len(chosen) else 1


def main(kubeconfig: str, context: str, names: Sequence[str], image: str = "busybox:stable", jobs: int = 6) -> int:
    """``dev.py contract``: on the cluster that is named, or on a local one that is started for it."""
    rows = dict(sorted(ROWS.items(), key=lambda item: (int(re.findall(r"\d+", item[0])[0]), item[0])))
    unknown = [n for n in names if n not in rows]
    if unknown:
        print(f"no such row: {', '.join(unknown)} (there are {'; '.join(rows)})", file=sys.stderr)
        return 2
    chosen = [r for r in rows.values() if not names or r.number in names]
    if kubeconfig or context:
        return _all(connect(ConnectOptions(kubeconfig=kubeconfig, context=context)), chosen, image, jobs)
    with LocalCluster.start() as local:
        return _all(connect(ConnectOptions(kubeconfig=str(local.kubeconfig))), chosen, image, jobs)
