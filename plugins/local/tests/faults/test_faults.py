"""What goes wrong around a server: a full disk, a clock that jumps, a client that does not read, too many at once."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from arena_local.testing import LocalCluster, make_pod

HERE = Path(__file__).parent
CAN_MOUNT = (
    subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0 if shutil.which("unshare") else False
)


def configmap(name: str, namespace: str = "default", size: int = 0) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"a": "x" * size}}


@pytest.mark.skipif(not CAN_MOUNT, reason="the kernel allows no mount name space")
def test_a_full_disk_is_a_500_and_no_lie(tmp_path: Path, run: Any) -> None:
    """A small disk: what was refused is not there, what was accepted is, also after a restart; with room again all is well."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size=16m,mode=700 tmpfs {disk} && exec {sys.executable} -m arena_local.daemon --state {disk}/local"
    with run(disk / "local", ["unshare", "-rm", "sh", "-c", script], "/proc/{pid}/root") as cluster:
        path = "/api/v1/namespaces/default/configmaps"
        _, before = cluster.request("GET", path)
        filler = cluster.state.folder / "filler"
        free = os.statvfs(cluster.state.folder)
        filler.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 2_000_000))
        accepted, refused = [], []
        for n in range(60):
            code, answer = cluster.request("POST", path, configmap(f"c{n}", size=100_000))
            (accepted if code == 201 else refused).append(f"c{n}")
            assert code in (201, 500), answer
            if code == 500:
                assert (answer["kind"], answer["reason"]) == ("Status", "InternalError") and "full" in answer["message"]
            if len(refused) > 3:
                break
        assert accepted and refused
        _, listed = cluster.request("GET", path)
        names = {o["metadata"]["name"] for o in listed["items"]}
        assert names == {o["metadata"]["name"] for o in before["items"]} | set(accepted)
        assert int(listed["metadata"]["resourceVersion"]) >= len(accepted)
        assert cluster.request("GET", "/readyz")[0] == 200, "reading goes on"
        filler.unlink()
        assert cluster.request("POST", path, configmap("later", size=1000))[0] == 201, "with room it goes on"
        for name in accepted[:-1]:
            assert cluster.request("DELETE", f"{path}/{name}")[0] == 200
        assert cluster.request("GET", f"{path}/{accepted[-1]}")[1]["data"]["a"] == "x" * 100_000


def test_a_clock_that_jumps(tmp_path: Path, run: Any) -> None:
    """Back by a day, ahead by an hour: pods go on, revisions grow, a deadline that has passed is a deadline that has passed."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    with run(tmp_path / "local", [sys.executable, str(HERE / "jumping_clock.py"), str(tmp_path / "local"), str(offset)]) as cluster:
        flag = {
            "volumes": [{"name": "v", "hostPath": {"path": str(tmp_path)}}],
            "container": {"volumeMounts": [{"name": "v", "mountPath": "/v"}]},
        }
        cluster.create(make_pod("default", "works", "while [ ! -e /v/go ]; do sleep 0.05; done", **flag))
        cluster.create(make_pod("default", "limited", "sleep 600", activeDeadlineSeconds=1800))
        for name in ("works", "limited"):
            cluster.wait_phase("default", name, "Running")
        revision = int(cluster.pod("default", "works")["metadata"]["resourceVersion"])
        offset.write_text("-86400")
        made = cluster.create(make_pod("default", "yesterday", "echo ran"))
        assert int(made["metadata"]["resourceVersion"]) > revision
        cluster.wait_phase("default", "yesterday", "Succeeded")
        assert cluster.pod("default", "limited")["status"]["phase"] == "Running"
        offset.write_text("3600")
        (tmp_path / "go").touch()
        assert cluster.wait_phase("default", "works", "Succeeded")["status"]["containerStatuses"][0]["restartCount"] == 0
        cluster.create(make_pod("default", "late", "echo late"))
        cluster.wait_phase("default", "late", "Succeeded")
        looked = {"metadata": {"labels": {"looked": "at"}}}  # a kubelet compares times when it looks
        cluster.request("PATCH", "/api/v1/namespaces/default/pods/limited", looked, "application/merge-patch+json")
        failed = cluster.wait_phase("default", "limited", "Failed", timeout=20)
        assert failed["status"]["reason"] == "DeadlineExceeded"


class Watch(threading.Thread):
    """A watch of ConfigMaps in a namespace until the one called ``last`` was seen."""

    def __init__(self, cluster: LocalCluster, namespace: str) -> None:
        super().__init__(daemon=True)
        self.names: list[str] = []
        path = f"{cluster.server}/api/v1/namespaces/{namespace}/configmaps?watch=1&fieldSelector=metadata.name!=kube-root-ca.crt"
        self.stream = urllib.request.urlopen(path, timeout=60)

    def run(self) -> None:
        for line in self.stream:
            event = json.loads(line)
            self.names.append(event["object"]["metadata"]["name"])
            if self.names[-1] == "last":
                break
        self.stream.close()


def stuck(cluster: LocalCluster, namespace: str) -> socket.socket:
    """A watcher that never reads, with a small buffer."""
    at = urlsplit(cluster.server)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", at.port))
    sock.sendall(f"GET {at.path}/api/v1/namespaces/{namespace}/configmaps?watch=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return sock


def test_200_watchers_and_one_that_does_not_read(local_cluster: LocalCluster) -> None:
    """All others see everything, in order, soon; the server does not keep what nobody takes."""
    namespace = local_cluster.namespace("watch")
    sock = stuck(local_cluster, namespace)
    watches = [Watch(local_cluster, namespace) for _ in range(200)]
    for watch in watches:
        watch.start()
    started = time.monotonic()
    wanted = [f"c{n}" for n in range(40)]
    for name in wanted:
        local_cluster.create(configmap(name, namespace, 20_000))
    local_cluster.create(configmap("last", namespace))
    for watch in watches:
        watch.join(max(0.1, started + 40 - time.monotonic()))
    assert all(w.names == [*wanted, "last"] for w in watches)
    begun = time.monotonic()
    assert local_cluster.request("GET", "/readyz")[0] == 200
    assert time.monotonic() - begun < 2
    sock.close()


def test_1000_creates_at_once(local_cluster: LocalCluster) -> None:
    namespace = local_cluster.namespace("many")
    path = f"/api/v1/namespaces/{namespace}/configmaps"

    def make(n: int) -> tuple[int, str]:
        code, answer = local_cluster.request("POST", path, configmap(f"c{n}", namespace))
        return code, answer["metadata"].get("resourceVersion", "")

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(make, range(1000)))
    assert {code for code, _ in answers} == {201}
    assert len({revision for _, revision in answers}) == 1000, "every write has a revision of its own"
    _, listed = local_cluster.request("GET", path + "?limit=2000")
    assert len([o for o in listed["items"] if o["metadata"]["name"].startswith("c")]) == 1000
    with ThreadPoolExecutor(20) as pool:
        raced = list(pool.map(lambda _: local_cluster.request("POST", path, configmap("one", namespace))[0], range(60)))
    assert sorted(set(raced)) == [201, 409] and raced.count(201) == 1


def test_20_patches_of_one_object_all_land(local_cluster: LocalCluster) -> None:
    namespace = local_cluster.namespace("race")
    local_cluster.create(configmap("c", namespace))
    path = f"/api/v1/namespaces/{namespace}/configmaps/c"

    def patch(n: int) -> int:
        return local_cluster.request("PATCH", path, {"data": {f"k{n}": "v"}}, "application/merge-patch+json")[0]

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(patch, range(20))) == {200}
    assert {f"k{n}" for n in range(20)} <= set(local_cluster.request("GET", path)[1]["data"])


def test_kill_9_while_writing_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    with LocalCluster.start(folder=tmp_path / "local") as cluster:
        path = "/api/v1/namespaces/default/configmaps"
        acknowledged: dict[str, str] = {}
        stop = threading.Event()

        def write(worker: int) -> None:
            for n in range(100_000):
                if stop.is_set():
                    return
                name = f"w{worker}-{n}"
                try:
                    code, answer = cluster.request("POST", path, configmap(name))
                except (OSError, ValueError):
                    return
                if code == 201:
                    acknowledged[name] = answer["metadata"]["resourceVersion"]

        threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        cluster.until(lambda: len(acknowledged) > 200)
        cluster.kill()
        stop.set()
        for thread in threads:
            thread.join(20)
        again = cluster.restart()
        _, listed = again.request("GET", path + "?limit=100000")
        kept = {o["metadata"]["name"]: o["metadata"]["resourceVersion"] for o in listed["items"]}
        assert {k: kept.get(k) for k in acknowledged} == acknowledged
        made = again.create(configmap("after"))
        assert int(made["metadata"]["resourceVersion"]) > max(map(int, kept.values())), "no revision comes twice"
        assert not list(tmp_path.rglob("*.part"))


def test_a_daemon_that_is_killed_while_pods_start_loses_none(tmp_path: Path) -> None:
    """Pods in every stage of their start; the next daemon brings all to their end, once."""
    out = tmp_path / "out"
    out.mkdir()
    volume = {"volumes": [{"name": "v", "hostPath": {"path": str(out)}}], "container": {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}}
    with LocalCluster.start(folder=tmp_path / "local") as cluster:
        for n in range(12):
            cluster.create(make_pod("default", f"p{n}", f"echo ran >> /v/p{n}; sleep 0.3", **volume))
        time.sleep(0.15)
        cluster.kill()
        again = cluster.restart()
        for n in range(12):
            again.wait_phase("default", f"p{n}", "Succeeded", timeout=30)
        assert {f.name: f.read_text() for f in out.iterdir()} == {f"p{n}": "ran\n" for n in range(12)}


def test_memory_stays_bounded_where_a_client_does_not_read(local_cluster: LocalCluster) -> None:
    namespace = local_cluster.namespace("stuck")
    local_cluster.create(configmap("c", namespace, 200_000))
    sock = stuck(local_cluster, namespace)

    def rss() -> int:
        return int(Path(f"/proc/{local_cluster.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = rss()
    for n in range(150):
        patch = {"metadata": {"labels": {"n": str(n)}}}
        local_cluster.request("PATCH", f"/api/v1/namespaces/{namespace}/configmaps/c", patch, "application/merge-patch+json")
    assert rss() - before < 120e6
    sock.close()


def test_a_line_without_an_end(local_cluster: LocalCluster) -> None:
    """Eight megabytes without a newline, and bytes that are no text: the log is what was written."""
    namespace = local_cluster.namespace("line")
    script = "import sys; sys.stdout.buffer.write(b'x' * 8_000_000 + bytes([255, 0]) + b'end')"
    local_cluster.create(make_pod(namespace, "p", ["python3", "-c", script]))
    local_cluster.wait_phase(namespace, "p", "Succeeded")
    with urllib.request.urlopen(f"{local_cluster.server}/api/v1/namespaces/{namespace}/pods/p/log", timeout=30) as answer:
        log = answer.read()
    assert log == b"x" * 8_000_000 + b"\xff\x00end"
