"""A13: clients inside a pod reach the cluster that runs it, and `arena` there never starts a second one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_local.context import Options
from arena_local.kubelet.isolation import probe
from arena_local.testing import LocalCluster, make_pod

#: What the official client's ``load_incluster_config`` does, without it.
CLIENT = """
import json, os, ssl, urllib.request
base = "/var/run/secrets/kubernetes.io/serviceaccount/"
namespace = open(base + "namespace").read()
context = ssl.create_default_context(cafile=base + "ca.crt")
url = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}/api/v1/namespaces/{namespace}/pods"
head = {"Authorization": "Bearer " + open(base + "token").read()}
print([p["metadata"]["name"] for p in json.load(urllib.request.urlopen(urllib.request.Request(url, headers=head), context=context))["items"]])
"""
ARENA = f"{sys.executable} -c 'from arena_core.cli.start import start; start()'"


@pytest.fixture(scope="module", params=["auto", "rewrite"])
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    with LocalCluster.start(Options(names=request.param)) as found:
        yield found


def run(cluster: LocalCluster, command: list[str] | str, **spec: Any) -> tuple[str, str, str]:
    ns = cluster.namespace("inside")
    cluster.create(make_pod(ns, "p", command, **spec))
    pod = cluster.wait_phase(ns, "p", "Succeeded", "Failed", timeout=60)
    return ns, str(pod["status"]["phase"]), cluster.logs(ns, "p")


@pytest.mark.skipif(not probe().mount, reason="the kernel allows no mount name space")
def test_an_in_cluster_client_works() -> None:
    with LocalCluster.start() as cluster:
        _, phase, log = run(cluster, [sys.executable, "-c", CLIENT])
        assert (phase, log) == ("Succeeded", "['p']\n"), log


def test_arena_inside_a_pod_works_against_the_cluster_that_runs_it(cluster: LocalCluster) -> None:
    out = cluster.state.folder / "daemon.out"
    out.write_text("kept\n")
    ns, phase, log = run(
        cluster, f"{ARENA} list -o name; {ARENA} local status | head -1; {ARENA} local down; {ARENA} local up; {ARENA} whoami"
    )
    assert f"local cluster is running: pid {cluster.pid}" in log
    assert log.count("this is a pod of the local cluster") == 2
    assert "started" not in log
    assert "arena-local" in log
    assert phase == "Succeeded", log
    assert out.read_text() == "kept\n"
    assert cluster.request("GET", f"/api/v1/namespaces/{ns}/pods")[0] == 200


def test_a_pod_that_wants_no_token_gets_none(cluster: LocalCluster) -> None:
    _, phase, log = run(cluster, "env | grep -c -e KUBERNETES -e KUBECONFIG -e ARENA_HOME", automountServiceAccountToken=False)
    assert (phase, log.strip()) == ("Failed", "0")


def test_a_pod_without_a_cluster_starts_none(cluster: LocalCluster, tmp_path: Path) -> None:
    nowhere = f"unset KUBECONFIG KUBERNETES_SERVICE_HOST; HOME={tmp_path} ARENA_HOME={tmp_path}"
    _, _, log = run(cluster, f"{nowhere} {ARENA} submit job --name x --image x true 2>&1; echo $?")
    assert log.endswith("6\n")
    assert "a pod starts no second one" in log
    assert not (tmp_path / "local" / "daemon.json").exists()
