"""Pods, PodGroups and plugin objects against those that the real Volcano made of the same jobs."""

from __future__ import annotations

import base64
import subprocess
from typing import Any

import pytest
from volcano_shared import SHARED, needs_shared, recording
from volcano_simulated import task, vcjob

from arena_local.sdk.bundle import Obj
from arena_local.testing import api_server
from arena_volcano.local import BUNDLE
from arena_volcano.localcluster import plugins
from arena_volcano.localcluster.jobs import group, pods
from arena_volcano.localcluster.plugins import ssh, svc
from arena_volcano.localcluster.plugins.rsakeys import make_pair

_VARIES = ("volcano.sh/job-version", "volcano.sh/job-retry-count")


def scenarios() -> list[str]:
    folder = SHARED / "recordings" / "volcano"
    return sorted(path.stem for path in folder.glob("vc-*.json")) if folder.is_dir() else []


def first(rec: dict[str, Any], kind: str) -> dict[str, Obj]:
    found: dict[str, Obj] = {}
    for entry in rec["timeline"]:
        if entry["kind"] == kind and entry["type"] == "ADDED":
            found.setdefault(entry["name"], entry["object"])
    return found


def named(items: Any) -> Any:
    return {item["name"]: item for item in items or ()}


def plain(pod: Obj) -> dict[str, Any]:
    """Return what Volcano decides of a pod, in a form in which order does not count."""
    spec = pod["spec"]
    volumes = {
        name: {**v, **{k: {x: y for x, y in v[k].items() if (x, y) != ("defaultMode", 420)} for k in v if k != "name"}}
        for name, v in named(spec.get("volumes")).items()
    }
    containers = {
        c["name"]: {
            "command": c.get("command"),
            "env": {n: _source(e) for n, e in named(c.get("env")).items()},
            "mounts": {(m["name"], m["mountPath"], m.get("subPath")) for m in c.get("volumeMounts") or ()},
            "ports": {(p.get("name"), p["containerPort"]) for p in c.get("ports") or ()},
        }
        for c in [*spec["containers"], *(spec.get("initContainers") or ())]
    }
    notes = {k: v for k, v in (pod["metadata"].get("annotations") or {}).items() if k not in _VARIES}
    keys = ("hostname", "subdomain", "schedulerName", "priorityClassName", "restartPolicy")
    labels = pod["metadata"].get("labels")
    rest = {"restartPolicy": "Always", **{k: spec[k] for k in keys if k in spec}}
    return {"volumes": volumes, "containers": containers, "notes": notes, "labels": labels, **rest}


def _source(entry: dict[str, Any]) -> Any:
    source = entry.get("valueFrom") or {}
    if "fieldRef" in source:
        return source["fieldRef"]["fieldPath"]
    return source or entry.get("value")


@needs_shared
@pytest.mark.parametrize("name", scenarios())
def test_pods_as_recorded(name: str) -> None:
    rec = recording(name)
    made = first(rec, "Pod")
    for job in first(rec, "VolcanoJob").values():
        if job["spec"].get("volumes"):
            continue  # their names are random
        for entry in job["spec"]["tasks"]:
            for index in range(entry.get("replicas", 0)):
                pod = pods.build(job, entry, index)
                recorded = made.get(pod["metadata"]["name"])
                if recorded is not None and recorded["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"]:
                    assert plain(pod) == plain(recorded)
                    assert pod["metadata"]["ownerReferences"] == recorded["metadata"]["ownerReferences"]


@needs_shared
@pytest.mark.parametrize("name", scenarios())
def test_pod_groups_as_recorded(name: str) -> None:
    rec = recording(name)
    groups = first(rec, "PodGroup")
    for job in first(rec, "VolcanoJob").values():
        recorded = groups.get(f"{job['metadata']['name']}-{job['metadata']['uid']}")
        if recorded is None:
            continue
        assert group.spec_of(api_server(), job) == recorded["spec"]


@needs_shared
@pytest.mark.parametrize("name", scenarios())
def test_hosts_as_recorded(name: str) -> None:
    rec = recording(name)
    jobs = first(rec, "VolcanoJob")
    for config_name, config in first(rec, "ConfigMap").items():
        job = jobs[config_name.removesuffix("-svc")]
        if config["metadata"]["ownerReferences"][0]["uid"] == job["metadata"]["uid"]:
            assert svc.host_data(job) == config["data"]


def job_with(*tasks: Obj, **plugin: Any) -> Obj:
    job = vcjob(*tasks, plugins=plugin)
    job["metadata"]["uid"] = "u"
    return job


def test_a_worker_can_wait_for_its_master() -> None:
    job = job_with(task("master"), task("worker"), pytorch=["--wait-master-enabled=true", "--wait-master-timeout=7"])
    waiter = pods.build(job, job["spec"]["tasks"][1], 0)["spec"]["initContainers"][0]
    assert {e["name"]: e["value"] for e in waiter["env"]} == {"MASTER_ADDR": "j-master-0.j", "MASTER_PORT": "23456", "WAIT_TIMEOUT": "7"}
    assert "initContainers" not in pods.build(job, job["spec"]["tasks"][0], 0)["spec"]


def test_init_containers_get_names_and_index_too() -> None:
    job = job_with(task("a", pod={"initContainers": [{"name": "i", "image": "x"}]}), svc=[], env=[])
    container = pods.build(job, job["spec"]["tasks"][0], 0)["spec"]["initContainers"][0]
    assert {"VC_TASK_INDEX", "VC_A_HOSTS"} <= {entry["name"] for entry in container["env"]}
    assert container["volumeMounts"] == [{"name": "j-svc", "mountPath": "/etc/volcano"}]


def test_ray_replaces_the_commands() -> None:
    both = {"containers": [{"name": name, "image": "i", "command": ["mine"]} for name in ("head", "worker")]}
    job = job_with(task("head", pod=both), task("worker", 2, pod=both), task("other", pod=both), ray=[])
    built = [[c["command"] for c in pods.build(job, entry, 0)["spec"]["containers"]] for entry in job["spec"]["tasks"]]
    start = "ray start --head --block --dashboard-host=0.0.0.0 --port=6379 --dashboard-port=8265 --ray-client-server-port=10001"
    assert built == [
        [["sh", "-c", start], ["mine"]],
        [["mine"], ["sh", "-c", "ray start --block --address=j-head-0.j:6379"]],
        [["mine"], ["mine"]],
    ]
    named = job_with(task("boss", pod=both), ray=["--head=boss", "--headContainer=worker", "--port=7"])
    mine, head = pods.build(named, named["spec"]["tasks"][0], 0)["spec"]["containers"]
    assert (mine["command"], "ports" in mine) == (["mine"], False)
    assert [(port["name"], port["containerPort"]) for port in head["ports"]] == [("gcs", 7), ("dashboard", 8265), ("client-server", 10001)]


def test_a_single_task_of_one_needs_no_tf_config() -> None:
    job = job_with(task("worker"), tensorflow=[])
    assert "env" not in pods.build(job, job["spec"]["tasks"][0], 0)["spec"]["containers"][0]


def test_a_rank_that_is_given_names_the_ascend_rank() -> None:
    entry = task("worker", 2)
    entry["template"]["spec"]["containers"][0]["env"] = [{"name": "RANK", "value": "5"}]
    job = job_with(task("master"), entry, hcclrank=[])
    assert pods.build(job, job["spec"]["tasks"][1], 1)["metadata"]["annotations"]["hccl/rankIndex"] == "5"


def test_plugin_objects_of_others_are_left_alone() -> None:
    api = api_server((BUNDLE,))
    head = {"name": "j", "namespace": "default"}
    api.create({"apiVersion": "v1", "kind": "Service", "metadata": head, "spec": {"clusterIP": "None"}}, manager="t")
    plugins.stop(api, job_with(task(), svc=[]))
    assert api.find("services", "default", "j")


def test_keys_are_what_ssh_reads(tmp_path: Any) -> None:
    pair = make_pair(1024)
    assert pair.private.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    body = base64.b64decode("".join(pair.private.splitlines()[1:-1]))
    assert body[0] == 0x30
    path = tmp_path / "key"
    path.write_text(pair.private)
    path.chmod(0o600)
    try:
        done = subprocess.run(["ssh-keygen", "-y", "-f", str(path)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return
    assert done.stdout.split()[:2] == pair.public.split()[:2], done.stderr


def test_other_paths_of_the_key_are_readable() -> None:
    job = job_with(task(), ssh=["--ssh-key-file-path=/home/me/.ssh"])
    pod = pods.build(job, job["spec"]["tasks"][0], 0)
    assert pod["spec"]["volumes"][0]["secret"]["defaultMode"] == 0o644
    assert "Port 2222" in ssh.client_config(job, 2222)
