"""L4: logs of pods that are gone stay readable as long as their job is there, for finished jobs a week longer, within a limit."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from arena_local.kubelet.kept import Kept
from arena_local.sdk.clock import Clock
from arena_local.testing import LocalCluster


def job(namespace: str, name: str, command: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "local", "command": ["sh", "-c", command]}
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]} | spec
    body = {"backoffLimit": 0, "template": {"spec": pod}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": namespace}, "spec": body}


def kept(cluster: LocalCluster, ns: str, uid: str) -> list[dict[str, Any]]:
    code, answer = cluster.request("GET", f"/arena/v1/namespaces/{ns}/keptlogs?owner={uid}")
    assert code == 200
    return list(answer["items"])


def text(cluster: LocalCluster, ns: str, item: dict[str, Any]) -> str:
    return str(cluster.request("GET", f"/arena/v1/namespaces/{ns}/keptlogs/{item['podUid']}/{item['container']}/{item['attempt']}")[1])


def the_pod(cluster: LocalCluster, ns: str, name: str, *phases: str) -> dict[str, Any]:
    path = f"/api/v1/namespaces/{ns}/pods?labelSelector=job-name={name}"

    def found() -> Any:
        items = cluster.request("GET", path)[1]["items"]
        return next((p for p in items if p["status"].get("phase") in phases), None)

    return dict(cluster.until(found, 30))


def test_the_log_of_a_removed_pod_goes_with_its_job(tmp_path: Path) -> None:
    with LocalCluster.start(folder=tmp_path / "local") as cluster:
        made = cluster.create(job("default", "a", "echo crashed here >&2; exit 3"))
        uid = made["metadata"]["uid"]
        pod = the_pod(cluster, "default", "a", "Failed")
        assert kept(cluster, "default", uid) == []
        cluster.request("DELETE", f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}")
        [item] = cluster.until(lambda: kept(cluster, "default", uid))
        assert (item["pod"], item["exitCode"], item["attempt"], item["owners"]) == (pod["metadata"]["name"], 3, 0, [uid])
        assert item["labels"]["job-name"] == "a" and item["started"] < item["finished"] and item["size"] > 0
        again = cluster
        again.kill()
        again = again.restart()
        assert text(again, "default", item) == "crashed here\n"
        assert kept(again, "default", "another") == []
        assert again.request("GET", f"/arena/v1/namespaces/default/keptlogs/..%2f..%2f/{item['container']}/0")[0] == 404


def test_a_running_job_takes_its_logs_along_and_a_finished_one_leaves_them(local_cluster: LocalCluster) -> None:
    ns = local_cluster.namespace("kept")
    runs = local_cluster.create(job(ns, "runs", "echo runs; sleep 600"))["metadata"]["uid"]
    done = local_cluster.create(job(ns, "done", "echo done"))["metadata"]["uid"]
    the_pod(local_cluster, ns, "runs", "Running")
    the_pod(local_cluster, ns, "done", "Succeeded")
    local_cluster.until(lambda: local_cluster.request("GET", f"/apis/batch/v1/namespaces/{ns}/jobs/done")[1]["status"].get("conditions"))
    for name in ("runs", "done"):
        local_cluster.request("DELETE", f"/apis/batch/v1/namespaces/{ns}/jobs/{name}?propagationPolicy=Background")
    local_cluster.until(lambda: local_cluster.request("GET", f"/api/v1/namespaces/{ns}/pods")[1]["items"] == [], 30)
    [item] = local_cluster.until(lambda: kept(local_cluster, ns, done))
    assert text(local_cluster, ns, item) == "done\n"
    assert kept(local_cluster, ns, runs) == []


class Owners:
    """An API in which the owners are what the test says."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.registry = SimpleNamespace(by_kind=lambda *_: SimpleNamespace(storage_id="jobs", namespaced=True))
        self.age = 100.0
        self.now = Clock()

    def find(self, resource: str, namespace: str, name: str) -> Any:
        return {"metadata": {"uid": name}} if name in self.there else None

    def setting(self, name: str, default: float) -> float:
        return self.age


def pod_folder(tmp_path: Path, kept: Kept, number: int, owner: str, size: int = 100) -> Path:
    folder = tmp_path / "pods" / f"u{number}"
    (folder / "c").mkdir(parents=True)
    refs = [{"apiVersion": "batch/v1", "kind": "Job", "name": owner, "uid": owner, "controller": True}]
    kept.remember({"metadata": {"name": f"p{number}", "namespace": "ns", "uid": f"u{number}", "ownerReferences": refs}}, folder)
    (folder / "c" / "0.log").write_bytes(b"x" * size)
    (folder / "c" / "0.exit.json").write_text(json.dumps({"exitCode": 0, "finishedAt": f"2026-01-01T00:00:{number:02d}Z"}))
    return folder


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    api: Any = Owners()
    api.there = {"job"}
    kept = Kept(api, tmp_path / "kept", limit=250)
    kept.load()
    for number in range(4):
        kept.keep(pod_folder(tmp_path, kept, number, "job"))
    assert [item["pod"] for item in kept.items("ns", "job")] == ["p2", "p3"]
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == ["u2", "u3"]
    assert list((tmp_path / "pods").iterdir()) == []


@pytest.mark.parametrize(("status", "left"), [({"conditions": [{"type": "Failed", "status": "True"}]}, 1), ({"active": 1}, 0)])
def test_a_week_after_a_finished_job(tmp_path: Path, status: dict[str, Any], left: int) -> None:
    api: Any = Owners()
    api.there = {"job"}
    kept = Kept(api, tmp_path / "kept")
    kept.load()
    kept.keep(pod_folder(tmp_path, kept, 0, "job"))
    api.there = set()
    kept.owner_gone({"metadata": {"uid": "job"}, "status": status})
    again = Kept(api, tmp_path / "kept")
    again.load()
    assert len(list(again.items("ns", "job"))) == left
    api.now.leap(101)
    again.clean()
    assert list(again.items("ns", "job")) == []
    assert list((tmp_path / "kept").iterdir()) == []
