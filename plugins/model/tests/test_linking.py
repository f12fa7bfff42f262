"""Jobs and the versions of models that they make, against a real MLflow: named by its address, and found as a Service of the cluster."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, ClusterUnreachable, Refused, UsageError
from arena_core.contract.types import SubmitRequest, Target
from arena_model import finding, linking

#: A pod of the local cluster that hands what comes on to a server of this machine.
FORWARD = """
import socket, sys, threading
listen = socket.create_server((sys.argv[1], 5000))
def copy(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    one = listen.accept()[0]
    other = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    threading.Thread(target=copy, args=(one, other), daemon=True).start()
    threading.Thread(target=copy, args=(other, one), daemon=True).start()
"""


class Reach:
    """A cluster with these Services; what is asked of them goes nowhere."""

    def __init__(self, *services: dict[str, Any], health: tuple[int, bytes] = (200, b"OK"), refuses: str = "") -> None:
        self.found, self.health, self.refuses, self.marked = services, health, refuses, {}
        self.asked: list[str] = []

    def services(self, selector: str) -> Any:
        if self.refuses == "services":
            raise Refused("forbidden")
        return self.found

    def ask(self, service: Any, port: int, method: str, path: str, query: Any = None, body: Any = None) -> tuple[int, bytes]:
        self.asked.append(f"{method} {port} {path}")
        if path == "health":
            return self.health
        return 200, json.dumps({"model_version": {"version": "7"}, "registered_model": {}}).encode()

    def mark(self, job: Any, labels: Any, annotations: Any) -> None:
        if self.refuses == "mark":
            raise Refused("forbidden")
        self.marked = {**labels, **annotations}


def service(name: str, *ports: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "ml"}, "spec": {"ports": [{"port": port} for port in ports]}}


def submission(reach: Any, **more: Any) -> SubmitRequest:
    args: Any = type("Args", (), {"name": "x", "model_name": "digits", "model_source": "s3://m", "labels": {"team": "a"}, **more})()
    handles: Any = {}
    return SubmitRequest("job", args, (), Target("c", "ns"), handles, reach=reach)


JOB = {"metadata": {"name": "x", "namespace": "ns", "uid": "u-1"}}


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))


def test_the_first_marked_service_with_a_port_is_mlflow() -> None:
    found = finding.find("", lambda: Reach(service("none"), service("mlflow", 80, 5000)))
    assert (found.shown, getattr(found, "port", 0)) == ("Service ml/mlflow", 5000)
    assert getattr(finding.find("", lambda: Reach(service("mlflow", 8080))), "port", 0) == 8080


@pytest.mark.parametrize(
    ("reach", "error", "told"),
    [
        (None, UsageError, "nothing names its server"),
        (Reach(), UsageError, "no Service of the cluster is marked as one"),
        (Reach(refuses="services"), UsageError, "Services cannot be read: forbidden"),
        (Reach(service("mlflow", 5000), health=(503, b"no endpoints")), ClusterUnreachable, "it answered 503: no endpoints"),
        (Reach(service("mlflow", 5000), health=(200, b"<html>")), ClusterUnreachable, "is not well"),
    ],
)
def test_where_no_mlflow_is_found_it_is_said_why(reach: Any, error: type[ArenaError], told: str) -> None:
    with pytest.raises(error, match=told):
        finding.find("", lambda: reach)
    if reach is not None:
        (note,) = linking.register(JOB, submission(reach))
        assert told in note.message and "`arena model create digits --source s3://m` does it later" in note.message and not reach.marked


def test_a_version_is_registered_and_the_job_is_marked_with_it() -> None:
    reach = Reach(service("mlflow", 5000))
    (note,) = linking.register(JOB, submission(reach))
    assert note.message == "version 7 of the model digits is registered"
    assert reach.marked == {"modelVersion": "7", "arena.kubeflow.org/model-source": "s3://m"}
    refusing = Reach(service("mlflow", 5000), refuses="mark")
    assert "is registered, but the job cannot be marked with it" in linking.register(JOB, submission(refusing))[0].message


def test_nothing_secret_goes_into_the_description() -> None:
    line = "curl -H 'Authorization: Bearer abcdefgh' https://me:s3cret@h"
    text = linking._description(submission(None, command_line=line))
    assert text.startswith("job x in namespace ns: curl") and "s3cret" not in text and "abcdefgh" not in text


def test_a_job_makes_a_version_in_a_real_mlflow_that_is_named_or_found(
    queue_cluster: Any, mlflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = f"digits-{uuid.uuid4().hex[:8]}"
    namespace = queue_cluster.namespace()
    raw = {"image": "x", "command": "true", "model_name": model, "labels": ["team=a"]}
    with ArenaClient(kubeconfig=str(queue_cluster.kubeconfig), namespace=namespace) as arena:
        # Nothing names one, and there is none in the cluster: the job goes its way.
        done = arena.submit("job", {**raw, "name": "alone", "model_source": "s3://m/0"})
        assert len([text for text in done.warnings if "no version of the model" in text]) == 1
        monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow)
        done = arena.submit("job", {**raw, "name": "one", "model_source": "s3://m/1"})
        assert f"--model-name: version 1 of the model {model} is registered" in done.warnings
        found = arena.get("one")
        assert (found.labels["modelName"], found.labels["modelVersion"]) == (model, "1")
        assert arena.wait("one", timeout=60).status.phase == "SUCCEEDED"
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        _serve(arena, namespace, urllib.parse.urlsplit(mlflow).port or 0)
        done = arena.submit("job", {**raw, "name": "two", "model_source": "s3://m/2"})
        assert f"--model-name: version 2 of the model {model} is registered" in done.warnings, done.warnings
        missing = {"name": "web", "version": "v1", "image": "x", "restful_port": 8000, "model_name": model, "model_version": "9"}
        assert any("MLflow has no version 9" in text for text in arena.submit("custom-serving", missing).warnings)
        uid = arena.get("two").uid
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow)
    second, first = linking.Registry(finding.find("", lambda: None)).versions(model)
    assert (first["source"], second["source"]) == ("s3://m/1", "s3://m/2")
    tags = {row["key"]: row["value"] for row in second["tags"]}
    assert tags == {"createdBy": "arena", "team": "a", "jobName": "two", "jobNamespace": namespace, "jobType": "job", "jobUid": uid}
    assert second["description"] == f"job two in namespace {namespace}: true"


def _serve(arena: ArenaClient, namespace: str, port: int) -> None:
    """Make MLflow a Service of the cluster, behind a pod that hands on what comes."""
    from arena_core.kube.resources import PODS, SERVICES

    labels = {"app.kubernetes.io/name": "mlflow"}
    address = [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    command = ["sh", "-c", 'exec python3 -c "$0" "$IP" "$1"', FORWARD, str(port)]
    main = {
        "name": "main",
        "image": "x",
        "command": command,
        "env": address,
        "readinessProbe": {"tcpSocket": {"port": 5000}, "periodSeconds": 1},
    }
    arena.cluster.create(
        PODS,
        namespace,
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "mlflow", "labels": labels}, "spec": {"containers": [main]}},
    )
    ports = [{"port": 5000, "targetPort": 5000}]
    arena.cluster.create(
        SERVICES,
        namespace,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "mlflow", "labels": labels},
            "spec": {"selector": labels, "ports": ports},
        },
    )
    import time

    until = time.monotonic() + 60
    while time.monotonic() < until:
        pod = arena.cluster.get(PODS, namespace, "mlflow")
        if any(one["type"] == "Ready" and one["status"] == "True" for one in pod.get("status", {}).get("conditions", ())):
            return
        time.sleep(0.2)
    raise AssertionError(pod["status"])
