"""Who may come in, what may be sent, and what reaches a pod."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from arena_local.context import Options
from arena_local.daemon import control
from arena_local.kubelet.isolation import probe
from arena_local.testing import LocalCluster, make_pod


def ask(cluster: LocalCluster, method: str, path: str, body: bytes | None = None, secret: bool = True, **headers: str) -> tuple[int, str]:
    """One raw request."""
    at = urlsplit(cluster.server)
    connection = http.client.HTTPConnection("127.0.0.1", at.port or 0, timeout=30)
    try:
        connection.request(method, (at.path if secret else "") + path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def test_every_file_of_the_state_is_private(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        with LocalCluster.start(folder=tmp_path / "local") as cluster:
            volume = {
                "volumes": [{"name": "s", "secret": {"secretName": "s"}}],
                "container": {"volumeMounts": [{"name": "s", "mountPath": "/s"}]},
            }
            cluster.create(
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "stringData": {"k": "v"}}
            )
            cluster.create(make_pod("default", "p", "sleep 600", **volume))
            cluster.wait_phase("default", "p", "Running")
            top = cluster.state.folder
            assert stat.S_IMODE(top.stat().st_mode) == 0o700
            open_to_others = [f.name for f in top.iterdir() if f.is_file() and stat.S_IMODE(f.stat().st_mode) & 0o077]
            assert open_to_others == []
    finally:
        os.umask(old)


def test_only_loopback_listens(local_cluster: LocalCluster) -> None:
    port = f"{urlsplit(local_cluster.server).port:04X}"
    rows = [line.split() for f in ("tcp", "tcp6") for line in Path(f"/proc/net/{f}").read_text().splitlines()[1:]]
    listening = [row[1].split(":")[0] for row in rows if row[3] == "0A" and row[1].endswith(":" + port)]
    assert listening == ["0100007F"]


@pytest.mark.parametrize(
    "host", ["evil.example.com", "169.254.169.254", "localhost.evil.example.com", "127.evil.example.com", "", "[::2]:80", "0.0.0.0"]
)
def test_a_foreign_host_is_refused(local_cluster: LocalCluster, host: str) -> None:
    """DNS rebinding: a name of an attacker that leads to 127.0.0.1."""
    assert ask(local_cluster, "GET", "/api/v1/pods", Host=host)[0] == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example.com", "null", "http://127.0.0.1", "http://localhost:1", "https://127.0.0.1:{port}"]
)
def test_a_web_page_is_refused(local_cluster: LocalCluster, origin: str) -> None:
    origin = origin.format(port=urlsplit(local_cluster.server).port)
    code, _ = ask(local_cluster, "POST", "/api/v1/namespaces/default/pods", b"{}", Origin=origin, Content_Type="text/plain")
    assert code == 403


def test_no_answer_allows_other_origins(local_cluster: LocalCluster) -> None:
    at = urlsplit(local_cluster.server)
    for method in ("OPTIONS", "GET"):
        connection = http.client.HTTPConnection("127.0.0.1", at.port or 0, timeout=10)
        connection.request(method, at.path + "/api", headers={"Access-Control-Request-Method": "POST"})
        answer = connection.getresponse()
        answer.read()
        assert not [h for h, _ in answer.getheaders() if h.lower().startswith("access-control")]
        connection.close()


def test_without_the_secret_nothing_is_told(local_cluster: LocalCluster) -> None:
    for path in ("/api/v1/pods", "/apis", "/openapi/v3", "/api/v1/namespaces/default/secrets"):
        assert ask(local_cluster, "GET", path, secret=False)[0] == 403
        assert ask(local_cluster, "GET", path, secret=False, Authorization="Bearer wrong")[0] == 401
        assert ask(local_cluster, "GET", "/wrong" + path, secret=False)[0] == 403
    token = local_cluster.state.token()
    assert ask(local_cluster, "GET", "/api", secret=False, Authorization=f"Bearer {token}")[0] == 200
    for text in (local_cluster.state.log, local_cluster.state.folder / "options.json"):
        assert token not in text.read_text()


def test_bodies_have_a_limit(local_cluster: LocalCluster) -> None:
    body = json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"}, "data": {"a": "x" * (3 * 1024 * 1024 + 1)}}
    ).encode()
    path = "/api/v1/namespaces/default/configmaps"
    code, text = ask(local_cluster, "POST", path, body, Content_Type="application/json")
    assert code == 413 and json.loads(text)["reason"] == "RequestEntityTooLarge"
    code, _ = ask(local_cluster, "POST", path, body[: 1100 * 1024] + b'"}}', Content_Type="application/json")
    assert code in (413, 422), "a ConfigMap holds one MiB"
    assert ask(local_cluster, "POST", path, b"<x/>", Content_Type="application/xml")[0] == 415
    assert ask(local_cluster, "POST", path, b"a=b", Content_Type="application/x-www-form-urlencoded")[0] == 415


def test_long_headers_and_broken_http_end_that_connection_only(local_cluster: LocalCluster) -> None:
    port = urlsplit(local_cluster.server).port
    for data in (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x00\xff" * 50,
        b"GET /%zz%00 HTTP/9.9\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), 10) as sock:
            sock.settimeout(10)
            try:
                sock.sendall(data)
                answer = sock.recv(100)
            except ConnectionError:
                answer = b""
            assert answer == b"" or b" 40" in answer[:20], answer
    assert local_cluster.request("GET", "/readyz")[0] == 200


def junk(rng: random.Random, depth: int = 0) -> Any:
    kinds = [None, True, -1, 1e308, 2**70, "", "\u0000", "é" * 20, "\ud800", [], {}, "../../etc/passwd", "$(A)"]
    if depth > 3 or rng.random() < 0.4:
        return rng.choice(kinds)
    if rng.random() < 0.5:
        return [junk(rng, depth + 1) for _ in range(rng.randrange(4))]
    names = ["metadata", "spec", "name", "labels", "containers", "status", "kind", "apiVersion", "env", "template", "x" * 300, ""]
    return {rng.choice(names): junk(rng, depth + 1) for _ in range(rng.randrange(5))}


def mutated(rng: random.Random, value: Any) -> Any:
    """The same object with something in it replaced by junk."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        return {**value, key: mutated(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        return [*value[:at], mutated(rng, value[at]), *value[at + 1 :]]
    return junk(rng)


VALID = [
    ("/api/v1/namespaces/{ns}/pods", make_pod("NS", "p", "true", schedulerName="nobody")),
    (
        "/api/v1/namespaces/{ns}/services",
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}},
    ),
    (
        "/apis/batch/v1/namespaces/{ns}/jobs",
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "j"},
            "spec": {"suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}},
        },
    ),
    (
        "/apis/apps/v1/namespaces/{ns}/deployments",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d"},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"a": "b"}},
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}},
            },
        },
    ),
    (
        "/apis/kubeflow.org/v1/namespaces/{ns}/pytorchjobs",
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "PyTorchJob",
            "metadata": {"name": "t"},
            "spec": {
                "runPolicy": {"suspend": True},
                "pytorchReplicaSpecs": {
                    "Master": {"replicas": 1, "template": {"spec": {"containers": [{"name": "pytorch", "image": "x"}]}}}
                },
            },
        },
    ),
    (
        "/apis/batch.volcano.sh/v1alpha1/namespaces/{ns}/jobs",
        {
            "apiVersion": "batch.volcano.sh/v1alpha1",
            "kind": "Job",
            "metadata": {"name": "v"},
            "spec": {
                "schedulerName": "volcano",
                "minAvailable": 9,
                "tasks": [
                    {
                        "name": "t",
                        "replicas": 9,
                        "template": {"spec": {"containers": [{"name": "c", "image": "x", "resources": {"requests": {"cpu": "999"}}}]}},
                    }
                ],
            },
        },
    ),
]
TYPES = [
    "application/json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/json-patch+json",
    "application/apply-patch+yaml",
    "application/yaml",
]


@pytest.mark.parametrize("seed", range(4))
def test_fuzzed_bodies_never_break_the_server(local_cluster: LocalCluster, seed: int) -> None:
    """Whatever is sent: an answer that is a Status or an object, never a 500, and the server goes on."""
    rng = random.Random(seed)
    namespace = local_cluster.namespace("fuzz")
    broken = []
    for turn in range(150):
        path, valid = rng.choice(VALID)
        path = path.format(ns=namespace)
        obj = mutated(rng, json.loads(json.dumps(valid).replace('"NS"', json.dumps(namespace)))) if rng.random() < 0.8 else junk(rng)
        text = json.dumps(obj)
        if rng.random() < 0.15:
            text = text[: rng.randrange(len(text) + 1)] + rng.choice(["", "}", "\x00", "]]", "&a [*a]"])
        if turn % 3 == 0:
            method, target = "PATCH", f"{path}/{valid['metadata']['name']}?fieldManager=f&force=true"
            ask(
                local_cluster,
                "POST",
                path,
                json.dumps(valid).replace('"NS"', json.dumps(namespace)).encode(),
                Content_Type="application/json",
            )
        else:
            method, target = "POST", path
        kind = rng.choice(TYPES) if method == "PATCH" else rng.choice(["application/json", "application/yaml", "application/json"])
        code, answer = ask(local_cluster, method, target, text.encode("utf-8", "surrogatepass"), Content_Type=kind)
        if code == 500 and "failed to create typed patch object" in answer:
            continue  # a real server's answer, too
        if code >= 500 or not answer.startswith(("{", "404 page")):
            broken.append((code, method, target, kind, text[:600], answer[:300]))
    assert not broken, f"{len(broken)} answers, the first: {broken[0]}"
    assert local_cluster.request("GET", "/readyz")[0] == 200


@pytest.mark.parametrize("seed", range(2))
def test_fuzzed_paths_never_break_the_server(local_cluster: LocalCluster, seed: int) -> None:
    rng = random.Random(seed)
    words = [
        "api",
        "apis",
        "v1",
        "namespaces",
        "default",
        "pods",
        "p",
        "log",
        "exec",
        "status",
        "scale",
        "apps",
        "batch",
        "jobs",
        "openapi",
        "v3",
        "..",
        "%2e%2e",
        "%2f",
        "",
        "%00",
        "a" * 400,
        "é",
        "proxy",
        "portforward",
        "*",
        "kubeflow.org",
        "pytorchjobs",
        "binding",
        "eviction",
        "token",
    ]
    names = [
        "limit",
        "continue",
        "watch",
        "labelSelector",
        "fieldSelector",
        "resourceVersion",
        "resourceVersionMatch",
        "timeoutSeconds",
        "tailLines",
        "sinceTime",
        "container",
        "command",
        "dryRun",
        "fieldManager",
        "propagationPolicy",
        "gracePeriodSeconds",
        "sendInitialEvents",
        "pretty",
    ]
    values = ["", "0", "-1", "1", "true", "x", "9" * 30, "a=b", "a in (", "%ff", "é", "2020-01-01T00:00:00Z", "{}", "..", "All"]
    broken = []
    for _ in range(250):
        path = "/" + "/".join(rng.choice(words) for _ in range(rng.randrange(1, 8)))
        query = "&".join(f"{rng.choice(names)}={rng.choice(values)}" for _ in range(rng.randrange(4)))
        if "watch=" in query:
            query += "&timeoutSeconds=1"
        method = rng.choice(["GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
        if method == "DELETE" and path.count("/") < 4:
            continue
        target = quote(path + ("?" + query if query else ""), safe="/%?=&*{}:")
        code, answer = ask(
            local_cluster, method, target, b"{}" if method in ("POST", "PUT", "PATCH") else None, Content_Type="application/json"
        )
        if code >= 500 and code not in (501, 503, 504):
            broken.append((code, method, target, answer[:300]))
    assert not broken, f"{len(broken)} answers, the first: {broken[0]}"
    assert local_cluster.request("GET", "/readyz")[0] == 200


def test_secrets_of_the_daemon_do_not_reach_pods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_TOKEN",
        "SSH_AUTH_SOCK",
        "KUBECONFIG",
        "ARENA_HOME_SECRET",
        "PYTHONSTARTUP",
        "LD_PRELOAD_X",
    ):
        monkeypatch.setenv(name, "hidden-value")
    with LocalCluster.start(folder=tmp_path / "local") as cluster:
        cluster.create(make_pod("default", "p", "env; cat /proc/self/environ"))
        cluster.wait_phase("default", "p", "Succeeded")
        text = cluster.logs("default", "p")
        assert "PATH=" in text
        assert "hidden-value" not in text
        assert cluster.state.token() not in text


@pytest.mark.parametrize("names", ["auto", "rewrite"])
@pytest.mark.parametrize("path", ["../../../escape", "/../../escape", "a/../../../../escape"])
def test_volumes_lead_nowhere_else(tmp_path: Path, names: str, path: str) -> None:
    """Items and sub-paths that climb out of their volume are refused by the API or keep the pod from starting; nothing is written."""
    if names == "auto" and not probe().mount:
        pytest.skip("the kernel allows no mount name space")
    with LocalCluster.start(Options(names=names), folder=tmp_path / "local") as cluster:
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}, "data": {"k": "v"}})
        items = {"volumes": [{"name": "v", "configMap": {"name": "c", "items": [{"key": "k", "path": path}]}}]}
        mount = {
            "container": {"volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": path}]},
            "volumes": [{"name": "v", "emptyDir": {}}],
        }
        whole = {"container": {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}}
        for name, spec in (("items", items | whole), ("subpath", mount)):
            code, answer = cluster.request(
                "POST", "/api/v1/namespaces/default/pods", make_pod("default", name, "touch /v/x; sleep 5", **spec)
            )
            assert code == 422, answer
        assert not list(tmp_path.rglob("escape"))


def test_a_symbolic_link_in_a_volume_leads_nowhere_else(tmp_path: Path) -> None:
    """subPath over a link that a container made: the mount must not follow it out of the volume."""
    outside = tmp_path / "outside"
    outside.mkdir()
    with LocalCluster.start(folder=tmp_path / "local") as cluster:
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "d", "namespace": "default"}}
        cluster.create(claim | {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "d"}}]
        cluster.create(
            make_pod(
                "default",
                "one",
                f"ln -s {outside} /v/link",
                volumes=volumes,
                container={"volumeMounts": [{"name": "v", "mountPath": "/v"}]},
            )
        )
        cluster.wait_phase("default", "one", "Succeeded")
        cluster.create(
            make_pod(
                "default",
                "two",
                "touch /w/x",
                volumes=volumes,
                container={"volumeMounts": [{"name": "v", "mountPath": "/w", "subPath": "link"}]},
            )
        )

        def settled() -> Any:
            pod = cluster.pod("default", "two")
            waiting = (pod["status"].get("containerStatuses") or [{}])[0].get("state", {}).get("waiting", {}).get("reason")
            return pod["status"].get("phase") in ("Failed", "Succeeded") or waiting == "CreateContainerConfigError"

        cluster.until(settled)
        assert list(outside.iterdir()) == []


def test_names_of_objects_make_no_paths(local_cluster: LocalCluster) -> None:
    for name in ("..", ".", "a/b", "%2e%2e", "a\u0000b"):
        pod = make_pod("default", name, "true")
        assert local_cluster.request("POST", "/api/v1/namespaces/default/pods", pod)[0] in (400, 422)
    for path in ("/api/v1/namespaces/default/pods/..%2f..%2fsecrets", "/api/v1/namespaces/../../version"):
        assert ask(local_cluster, "GET", path)[0] in (400, 404)


def test_a_state_folder_of_somebody_else_is_made_private(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    folder.mkdir(mode=0o755)
    with LocalCluster.start(folder=folder) as cluster:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        control.stop(cluster.state)
