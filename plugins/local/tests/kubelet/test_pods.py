"""Pods as processes, through the API, in both modes: namespaces where the kernel has them, rewriting everywhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.k8s import time
from arena_local.context import Options
from arena_local.kubelet.isolation import probe
from arena_local.kubelet.ports import is_free
from arena_local.kubelet.runtime import marked
from arena_local.testing import LocalCluster, make_pod


@pytest.fixture(scope="module", params=["auto", "rewrite"])
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    options = Options(names=request.param, resources={"nvidia.com/gpu": "8"}, movable_clock=True)
    with LocalCluster.start(options) as found:
        yield found


@pytest.fixture
def ns(cluster: LocalCluster) -> str:
    return cluster.namespace()


def state(pod: dict[str, Any], name: str = "c", where: str = "containerStatuses") -> dict[str, Any]:
    return next(s for s in pod["status"][where] if s["name"] == name)["state"]


def run(cluster: LocalCluster, ns: str, command: list[str] | str, name: str = "p", **spec: Any) -> tuple[dict[str, Any], str]:
    """Run a pod to its end; returns it and its log."""
    cluster.create(make_pod(ns, name, command, **spec))
    pod = cluster.wait_phase(ns, name, "Succeeded", "Failed")
    return pod, cluster.logs(ns, name)


def test_exit_code_log_and_times(cluster: LocalCluster, ns: str) -> None:
    pod, log = run(cluster, ns, "echo out; echo err >&2; exit 3")
    assert pod["status"]["phase"] == "Failed"
    terminated = state(pod)["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (3, "Error")
    assert sorted(log.split()) == ["err", "out"]


def test_environment_of_a_pod(cluster: LocalCluster, ns: str) -> None:
    env = [
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "BOTH", "value": "$(NAME)@$(IP)"},
    ]
    pod, log = run(cluster, ns, "echo $BOTH; hostname; env | grep -c SECRET_OF_THE_DAEMON", container={"env": env})
    first, _, leaked = log.splitlines()[0], log, log.splitlines()[-1]
    assert first == f"p@{pod['status']['podIP']}"
    assert leaked == "0"


def test_init_containers_run_in_order_and_share_a_volume(cluster: LocalCluster, ns: str) -> None:
    mount = {"volumeMounts": [{"name": "v", "mountPath": "/shared"}]}
    init = [{"name": f"i{i}", "image": "x", "command": ["sh", "-c", f"echo {i} >> /shared/order"], **mount} for i in range(3)]
    _, log = run(cluster, ns, "cat /shared/order", container=mount, initContainers=init, volumes=[{"name": "v", "emptyDir": {}}])
    assert log.split() == ["0", "1", "2"]
    assert not Path("/shared").exists()


def test_a_sidecar_is_ended_with_the_main_container(cluster: LocalCluster, ns: str) -> None:
    side = {"name": "side", "image": "x", "restartPolicy": "Always"}
    side["command"] = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]
    pod, _ = run(cluster, ns, "sleep 0.3", initContainers=[side])
    assert pod["status"]["phase"] == "Succeeded"
    assert state(pod, "side", "initContainerStatuses")["terminated"]["exitCode"] == 0


def test_a_sidecar_that_waits_for_its_restart_does_not_hold_up_the_end(cluster: LocalCluster, ns: str) -> None:
    side = {"name": "side", "image": "x", "restartPolicy": "Always", "command": ["sh", "-c", "sleep 0.2; exit 1"]}
    pod, _ = run(cluster, ns, "sleep 1", initContainers=[side])
    assert pod["status"]["phase"] == "Succeeded"


def test_the_last_words_of_containers_that_end_at_once(cluster: LocalCluster, ns: str) -> None:
    names = [f"p{number}" for number in range(6)]
    for name in names:
        container = {"terminationMessagePolicy": "FallbackToLogsOnError"}
        cluster.create(make_pod(ns, name, "echo one; echo two; exit 2", container=container))
    for name in names:
        pod = cluster.wait_phase(ns, name, "Failed")
        assert state(pod)["terminated"]["message"] == "one\ntwo\n"


def test_a_deadline_may_only_come_nearer(cluster: LocalCluster, ns: str) -> None:
    cluster.create(make_pod(ns, "p", "sleep 30"))
    path = f"/api/v1/namespaces/{ns}/pods/p"
    answers = []
    for seconds in (300, 400, None, 200):
        body = {"spec": {"activeDeadlineSeconds": seconds}}
        answers.append(cluster.request("PATCH", path, body, "application/merge-patch+json"))
    assert [code for code, _ in answers] == [200, 422, 422, 200]
    texts = [body["message"].partition("spec.activeDeadlineSeconds: ")[2] for _, body in answers[1:3]]
    assert texts == [
        "Invalid value: 400: must be less than or equal to previous value",
        "Invalid value: null: must not update from a positive integer to nil value",
    ]


def test_restart_with_back_off_keeps_the_last_state(cluster: LocalCluster, ns: str) -> None:
    """The first restart is at once, the next ones after 10, 20 and 40 s, at the first look (every 10.5 s) after that."""
    cluster.create(make_pod(ns, "p", "exit 1", restartPolicy="Always"))

    def status() -> Any:
        return (cluster.pod(ns, "p")["status"].get("containerStatuses") or [{"restartCount": 0, "state": {}}])[0]

    def has_ended(restarts: int) -> Any:
        cluster.until(lambda: status()["restartCount"] == restarts and "terminated" in status()["state"])

    has_ended(1)
    cluster.advance(10)
    assert status()["restartCount"] == 1
    cluster.advance(1)
    for restarts, pause in ((2, 20), (3, 40)):
        has_ended(restarts)
        cluster.advance(11)
        waiting = status()
        assert waiting["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        assert waiting["state"]["waiting"]["message"].startswith(f"back-off {pause}s restarting failed container=c pod=p_{ns}(")
        assert waiting["lastState"]["terminated"]["exitCode"] == 1
        cluster.advance(pause)
    has_ended(4)
    code, previous = cluster.request("GET", f"/api/v1/namespaces/{ns}/pods/p/log?previous=true")
    assert code == 200, previous
    kept = {
        p.name.partition(".")[0]
        for p in (cluster.state.folder / "pods" / cluster.pod(ns, "p")["metadata"]["uid"] / "c").glob("*.spec.json")
    }
    assert "0" not in kept


def test_a_missing_secret_for_images_is_told(cluster: LocalCluster, ns: str) -> None:
    """N19"""
    cluster.create(make_pod(ns, "p", "true", imagePullSecrets=[{"name": "nosuch"}]))
    cluster.wait_phase(ns, "p", "Succeeded")
    _, events = cluster.request("GET", f"/api/v1/namespaces/{ns}/events?fieldSelector=reason=FailedToRetrieveImagePullSecret")
    assert [(e["type"], e["message"]) for e in events["items"]] == [
        ("Warning", "Unable to retrieve some image pull secrets (nosuch); attempting to pull the image may not succeed.")
    ]


def test_command_not_found(cluster: LocalCluster, ns: str) -> None:
    pod, _ = run(cluster, ns, ["no-such-program"])
    terminated = state(pod)["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (128, "StartError")
    assert terminated["startedAt"] == "1970-01-01T00:00:00Z"
    assert 'exec: "no-such-program": executable file not found in $PATH' in terminated["message"]


def test_a_pod_without_command_fails_clearly(cluster: LocalCluster, ns: str) -> None:
    pod = make_pod(ns, "p", "x")
    del pod["spec"]["containers"][0]["command"]
    cluster.create(pod)
    found = cluster.wait_phase(ns, "p", "Failed")
    assert "image entrypoints are not available" in state(found)["terminated"]["message"]


def test_volumes_from_configmap_secret_downward_and_host(cluster: LocalCluster, ns: str, tmp_path: Path) -> None:
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm", "namespace": ns}, "data": {"k": "from-cm"}})
    cluster.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": ns}, "stringData": {"k": "from-secret"}})
    volumes = [
        {"name": "cm", "configMap": {"name": "cm"}},
        {"name": "all", "projected": {"sources": [{"secret": {"name": "s"}}, {"downwardAPI": {"items": [name_item()]}}]}},
        {"name": "host", "hostPath": {"path": str(tmp_path)}},
    ]
    mounts = [{"name": v["name"], "mountPath": f"/arena-test/{v['name']}"} for v in volumes]
    command = "cat /arena-test/cm/k /arena-test/all/k /arena-test/all/name; echo written > /arena-test/host/out"
    _, log = run(cluster, ns, command, container={"volumeMounts": mounts}, volumes=volumes)
    assert log == "from-cmfrom-secretp"
    assert (tmp_path / "out").read_text() == "written\n"
    assert not Path("/arena-test").exists()


def name_item() -> dict[str, Any]:
    return {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}


def test_a_claim_keeps_its_data(cluster: LocalCluster, ns: str) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    cluster.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": ns}, "spec": claim})
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    mount = {"volumeMounts": [{"name": "v", "mountPath": "/arena-data"}]}
    run(cluster, ns, "echo kept > /arena-data/f", "one", container=mount, volumes=volumes)
    _, log = run(cluster, ns, "cat /arena-data/f", "two", container=mount, volumes=volumes)
    assert log == "kept\n"


def test_delete_waits_for_the_grace_period_then_kills(cluster: LocalCluster, ns: str) -> None:
    cluster.create(make_pod(ns, "p", "trap '' TERM; while :; do sleep 0.05; done", terminationGracePeriodSeconds=300))
    cluster.wait_phase(ns, "p", "Running")
    cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/p")
    cluster.advance(290)
    assert "running" in state(cluster.pod(ns, "p"))
    cluster.advance(11)
    cluster.until(lambda: cluster.pod(ns, "p") is None, 5)


def overdue(cluster: LocalCluster, ns: str, command: str) -> dict[str, Any]:
    """Run a pod until its time is over."""
    cluster.create(make_pod(ns, "p", command, activeDeadlineSeconds=300))
    cluster.wait_phase(ns, "p", "Running")
    cluster.advance(290)
    assert cluster.pod(ns, "p")["status"]["phase"] == "Running"
    cluster.advance(11)
    return cluster.wait_phase(ns, "p", "Failed")


def test_deadline(cluster: LocalCluster, ns: str) -> None:
    pod = overdue(cluster, ns, "sleep 600")
    assert pod["status"]["reason"] == "DeadlineExceeded"
    assert pod["status"]["phase"] == "Failed"


def test_probes(cluster: LocalCluster, ns: str) -> None:
    port = free_port()
    serve = f"sleep 0.1; exec python3 -m http.server {port} --bind 127.0.0.1"
    probes = {
        "startupProbe": {"tcpSocket": {"port": port, "host": "127.0.0.1"}, "failureThreshold": 100},
        "readinessProbe": {"httpGet": {"port": port, "host": "127.0.0.1", "path": "/"}},
    }
    cluster.create(make_pod(ns, "p", serve, container=probes))
    cluster.wait_phase(ns, "p", "Running")
    assert not ready(cluster.pod(ns, "p"))
    cluster.until(lambda: cluster.advance(10) and ready(cluster.pod(ns, "p")))


def test_a_moved_clock_leaves_a_probed_pod_its_time(cluster: LocalCluster, ns: str) -> None:
    """However far the clock is moved, a probe looks once: a container that is slow to start is not killed by it."""
    probe = {"exec": {"command": ["test", "-e", "ready"]}, "periodSeconds": 1, "failureThreshold": 5}
    cluster.create(make_pod(ns, "p", "sleep 600", restartPolicy="Always", container={"livenessProbe": probe}))
    cluster.wait_phase(ns, "p", "Running")
    cluster.advance(600)
    status = cluster.pod(ns, "p")["status"]["containerStatuses"][0]
    assert (status["restartCount"], "running" in status["state"]) == (0, True)
    cluster.until(lambda: cluster.advance(1) and cluster.pod(ns, "p")["status"]["containerStatuses"][0]["restartCount"] == 1)


def test_the_times_of_a_container_are_the_clocks(cluster: LocalCluster, ns: str) -> None:
    """A process reads the machine's clock; what is said of its start and end agrees with the cluster's."""
    now = time.read(cluster.advance(600))
    cluster.create(make_pod(ns, "later", "exit 0"))
    ended = state(cluster.wait_phase(ns, "later", "Succeeded"))["terminated"]
    assert time.read(ended["startedAt"]) >= now
    assert time.read(ended["finishedAt"]) >= now


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(pod: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions") or ())


def test_two_pods_meet_by_name_and_the_port_is_theirs(cluster: LocalCluster, ns: str) -> None:
    """Two jobs with one spec port at once: each worker reaches its own master."""
    port = free_port()
    for job in ("one", "two"):
        spec = {"clusterIP": "None", "selector": {"job": job}, "ports": [{"name": "p", "port": port}]}
        cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{job}-master-0", "namespace": ns}, "spec": spec})
        env = {"env": [{"name": "MASTER_ADDR", "value": f"{job}-master-0"}, {"name": "MASTER_PORT", "value": str(port)}]}
        master = make_pod(ns, f"{job}-master-0", ["python3", "-c", MASTER], container=env)
        master["metadata"]["labels"] = {"job": job}
        cluster.create(master)
        wait = {"name": "init", "image": "x", "command": ["sh", "-c", f"until nslookup {job}-master-0; do sleep 0.1; done"]}
        worker = make_pod(ns, f"{job}-worker-0", ["python3", "-c", WORKER], container=env, initContainers=[wait])
        cluster.create(worker)
    for job in ("one", "two"):
        cluster.wait_phase(ns, f"{job}-worker-0", "Succeeded", timeout=20)
        assert cluster.logs(ns, f"{job}-worker-0").strip() == f"hello {job}-master-0"


MASTER = """
import os, socket
s = socket.create_server(("", int(os.environ["MASTER_PORT"])))
c, _ = s.accept(); c.sendall(os.environ["HOSTNAME"].encode()); c.close()
"""
WORKER = """
import os, socket, time
for _ in range(100):
    try:
        c = socket.create_connection((os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))); break
    except OSError: time.sleep(0.05)
print("hello", c.recv(100).decode())
"""


def test_devices_are_exclusive(cluster: LocalCluster, ns: str) -> None:
    limits = {"resources": {"limits": {"nvidia.com/gpu": "3"}}}
    for name in ("a", "b"):
        cluster.create(make_pod(ns, name, "echo $CUDA_VISIBLE_DEVICES; sleep 0.5", container=limits))
    for name in ("a", "b"):
        cluster.wait_phase(ns, name, "Succeeded")
    seen = [set(cluster.logs(ns, name).strip().split(",")) for name in ("a", "b")]
    assert not seen[0] & seen[1]
    assert [len(s) for s in seen] == [3, 3]


def test_what_does_not_fit_waits_and_says_why(cluster: LocalCluster, ns: str) -> None:
    cluster.create(make_pod(ns, "p", "true", container={"resources": {"limits": {"nvidia.com/gpu": "1000"}}}))

    def told() -> Any:
        return next((c for c in cluster.pod(ns, "p")["status"].get("conditions") or () if c["type"] == "PodScheduled"), None)

    condition = cluster.until(told)
    assert condition["reason"] == "Unschedulable"
    assert condition["message"].startswith("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")


def test_working_directory_and_path_of_the_submitter(cluster: LocalCluster, ns: str, tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "my-tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho my tool in $(pwd)\n")
    tool.chmod(0o755)
    pod = make_pod(ns, "p", "my-tool; echo result > made-here")
    pod["metadata"]["annotations"] = {"arena.local/cwd": str(tmp_path), "arena.local/path": f"{tool.parent}:{os.environ['PATH']}"}
    cluster.create(pod)
    cluster.wait_phase(ns, "p", "Succeeded")
    assert cluster.logs(ns, "p").strip() == f"my tool in {tmp_path}"
    assert (tmp_path / "made-here").read_text() == "result\n"


def test_pid_1_ignores_a_polite_signal(cluster: LocalCluster, ns: str) -> None:
    """As on a node: `sleep` as pid 1 has no handler for TERM, and is killed after the grace period (137)."""
    if cluster.state.options().names == "rewrite" or not probe().pid:
        expected = 143
    else:
        expected = 137
    pod = overdue(cluster, ns, "sleep 600")
    assert state(pod)["terminated"]["exitCode"] == expected


def test_simulated_pods_need_no_process(cluster: LocalCluster, ns: str) -> None:
    pod = make_pod(ns, "p", ["no-such-program"])
    pod["metadata"]["annotations"] = {"arena.local/simulate": "300"}
    cluster.create(pod)
    cluster.wait_phase(ns, "p", "Running")
    cluster.advance(300)
    cluster.wait_phase(ns, "p", "Succeeded")
    assert cluster.logs(ns, "p") == ""


def test_tmp_is_private_but_shows_what_is_there(cluster: LocalCluster, ns: str, tmp_path: Path) -> None:
    """What exists below /tmp (a project) is the machine's own; what a container adds at the top nobody else sees."""
    name = f"arena-test-{ns}"
    (tmp_path / "given").write_text("given\n")
    cluster.create(make_pod(ns, "p", f"echo x > ${{TMPDIR:-/tmp}}/{name}; cat {tmp_path}/given; echo new > {tmp_path}/out; sleep 0.5"))
    cluster.wait_phase(ns, "p", "Succeeded")
    assert cluster.logs(ns, "p") == "given\n"
    assert (tmp_path / "out").read_text() == "new\n"
    assert not Path(f"/tmp/{name}").exists()


def test_a_port_that_another_pod_has_is_told(cluster: LocalCluster, ns: str) -> None:
    port = free_port()
    ports = {"ports": [{"containerPort": port}]}
    cluster.create(make_pod(ns, "first", f"exec python3 -m http.server {port}", container=ports))
    cluster.wait_phase(ns, "first", "Running")
    cluster.until(lambda: not is_free(port))
    cluster.create(make_pod(ns, "second", "sleep 5", container=ports))
    cluster.wait_phase(ns, "second", "Running")
    _, events = cluster.request("GET", f"/api/v1/namespaces/{ns}/events")
    told = [e["message"] for e in events["items"] if e["reason"] == "PortInUse"]
    assert told == [f"port {port} is in use by pod {ns}/first: pods share this machine's network"]


def test_a_second_delete_shortens_the_grace_period(cluster: LocalCluster, ns: str) -> None:
    cluster.create(make_pod(ns, "p", "trap '' TERM; while :; do sleep 0.05; done", terminationGracePeriodSeconds=60))
    uid = cluster.wait_phase(ns, "p", "Running")["metadata"]["uid"]
    cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/p")
    cluster.until(lambda: "deletionTimestamp" in cluster.pod(ns, "p")["metadata"])
    cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/p?gracePeriodSeconds=0")
    cluster.until(lambda: cluster.pod(ns, "p") is None and not list(marked(uid)), 5)


def test_a_pod_deleted_while_it_initializes(cluster: LocalCluster, ns: str) -> None:
    init = [{"name": "i", "image": "x", "command": ["sh", "-c", "sleep 60"]}]
    made = make_pod(ns, "p", "true", initContainers=init)
    made["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.create(made)
    cluster.until(lambda: "running" in (cluster.pod(ns, "p")["status"].get("initContainerStatuses") or [{"state": {}}])[0]["state"])
    cluster.request("DELETE", f"/api/v1/namespaces/{ns}/pods/p")
    pod = cluster.wait_phase(ns, "p", "Failed")
    assert state(pod)["waiting"] == {"reason": "PodInitializing"}
    assert "terminated" in state(pod, "i", "initContainerStatuses")
    merge = "application/merge-patch+json"
    cluster.request("PATCH", f"/api/v1/namespaces/{ns}/pods/p", {"metadata": {"finalizers": None}}, merge)
    cluster.until(lambda: cluster.pod(ns, "p") is None)
