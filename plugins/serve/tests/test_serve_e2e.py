"""A server with real processes: it answers, is updated without a lost request, and stands beside what is none of ours."""

from __future__ import annotations

import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, InvalidArguments, NotFound, UsageError
from arena_core.contract.types import Phase, Resource
from arena_local.testing import LocalCluster
from arena_serve.probes import KINDS

SERVER = Path(__file__).with_name("server.py")
DEPLOYMENTS = Resource("apps", "v1", "Deployment", "deployments")


def raw(port: int, **more: Any) -> dict[str, Any]:
    """Arguments of a server that answers soon after its start."""
    return {
        "name": "web",
        "version": "v1",
        "image": "x",
        "working_dir": "/tmp",
        "restful_port": port,
        "env": {"SAYS": "one"},
        "drain": 3,
        "readiness_probe_action": "tcpSocket",
        "readiness_probe_action_options": {"port": str(port)},
        "readiness_probe_options": {"periodSeconds": "1"},
        "command": f"exec {sys.executable} {SERVER} {port}",
        **more,
    }


def address(arena: ArenaClient, name: str) -> str:
    """Return the address of an instance that the Service names at this moment."""
    (endpoint,) = arena.endpoints(arena.get(name)).endpoints
    return endpoint.address


def ask(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - our own pod
        return str(answer.read().decode())


class Clients(threading.Thread):
    """Asks again and again until it is told to stop; keeps every answer and every failure.

    As a proxy in front of a server it hears of changes a moment late: that is what ``--drain`` is for.
    """

    LATE = 0.5

    def __init__(self, arena: ArenaClient, name: str) -> None:
        super().__init__(daemon=True)
        self.answers: list[str] = []
        self.lost: list[str] = []
        self._arena, self._name, self._over = arena, name, threading.Event()

    def run(self) -> None:
        where, known = "", 0.0
        while not self._over.is_set():
            try:
                if time.monotonic() - known > self.LATE:
                    known, where = time.monotonic(), address(self._arena, self._name)
                self.answers.append(ask(where))
            except (OSError, ValueError, ArenaError) as error:
                self.lost.append(repr(error))

    def stop(self) -> None:
        self._over.set()
        self.join(60)


def test_it_answers_while_it_is_updated_and_no_request_is_lost(arena: ArenaClient) -> None:
    arena.submit("custom-serving", raw(18431, replicas=2))
    name = "web-v1-custom-serving"
    job = arena.wait(name, timeout=90)
    assert job is not None and job.status.phase is Phase.READY and len(job.status.instances) == 2
    clients = Clients(arena, name)
    clients.start()
    try:
        done = arena.update(name, {"env": ["SAYS=two"]})
        assert [(place, after) for place, _, after in done.changes] == [
            ("spec.template.spec.containers[custom-serving].env[SAYS].value", "two")
        ]
        assert arena.wait(name, timeout=120) is not None
        while "two" not in clients.answers and not clients.lost:
            clients.join(0.1)
    finally:
        clients.stop()
    assert not clients.lost
    changed = clients.answers.index("two")
    assert changed and clients.answers[0] == "one" and clients.answers[-1] == "two"
    assert arena.scale(name, {"server": 1}).status.replicas == 1
    (server,) = arena.servers("web").servers
    assert (server.name, server.version, server.ports) == ("web", "v1", (("http-serving", 18431, 0),))
    assert server.address.startswith("127.")
    assert not arena.update(name, {"env": ["SAYS=two"], "replicas": 1}).changes
    arena.delete(name, wait=True, timeout=60)
    assert not arena.servers().servers


def test_versions_stand_side_by_side(arena: ArenaClient) -> None:
    for number, version in enumerate(("v1", "v2")):
        arena.submit("custom-serving", raw(18441 + number, version=version, env={"SAYS": version}))
    for version in ("v1", "v2"):
        arena.wait(f"web-{version}-custom-serving", timeout=90)
        assert ask(address(arena, f"web-{version}-custom-serving")) == version
    assert [one.version for one in arena.servers("web").servers] == ["v1", "v2"]
    assert [line.data for line in arena.logs("web-v2-custom-serving")] == [b"serving v2\n"]
    arena.delete("web-v1-custom-serving", wait=True, timeout=60)
    assert [one.version for one in arena.servers("web").servers] == ["v2"]
    assert ask(address(arena, "web-v2-custom-serving")) == "v2"


def test_a_deployment_of_somebody_else_is_no_server(arena: ArenaClient) -> None:
    """Most Deployments of a cluster are no jobs: none is listed, read or deleted as one."""
    pod = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "c", "image": "x", "command": ["sleep", "1000"]}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "shop"}}, "template": pod}
    shop = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": spec}
    other = {**shop, "metadata": {"name": "tf", "labels": {"servingType": "other-serving", "servingName": "tf"}}}
    for obj in (shop, other):
        arena.cluster.create(DEPLOYMENTS, arena.namespace, obj)
    assert not arena.list().jobs and not arena.list(job_type="custom-serving").jobs
    assert not next(iter(arena.watch_list())).jobs
    for name in ("shop", "tf"):
        for job_type in ("", "custom-serving"):
            with pytest.raises(NotFound):
                arena.get(name, job_type=job_type)
            (done,) = arena.delete(name, job_type=job_type)
            assert isinstance(done.error, NotFound)
            assert arena.cluster.find(DEPLOYMENTS, arena.namespace, name) is not None
        with pytest.raises(NotFound):
            arena.update(name, {"replicas": 0}, job_type="custom-serving")
    for name in ("shop", "tf"):
        arena.cluster.delete(DEPLOYMENTS, arena.namespace, name)


def test_what_keeps_it_from_serving_is_told(arena: ArenaClient) -> None:
    with pytest.raises(InvalidArguments, match="no Secret 'hub'"):
        arena.submit("custom-serving", raw(18451, env_from_secret=["TOKEN=hub"]))
    arena.submit("custom-serving", raw(18451, name="bad", command="exit 3"))
    name = "bad-v1-custom-serving"
    for job in _looks(arena, name):
        causes = [cause.message for cause in arena.explain(job)]
        if any("exited with 3" in message for message in causes):
            break
    assert job.status.phase is Phase.PENDING and not arena.endpoints(job).endpoints[0].ready
    with pytest.raises(UsageError, match="cannot be suspended"):
        arena.suspend(name)
    assert arena.scale(name, {"server": 0}).status.replicas == 0
    arena.delete(name)


def _looks(arena: ArenaClient, name: str) -> Iterator[Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        yield arena.get(name)
        time.sleep(0.2)


def test_the_server_takes_every_field_as_it_is_built(queue_cluster: LocalCluster, arena: ArenaClient) -> None:
    """A strict dry run: a field that the API does not know, or a value that it does not take, is refused by name."""
    probes = [
        {f"{kind}_probe_action": "httpGet", f"{kind}_probe_action_options": ["path: /", "port: 8000", "scheme: HTTP"]} for kind in KINDS
    ]
    full = {
        **{key: value for one in probes for key, value in one.items()},
        "name": "x",
        "version": "v1",
        "image": "i",
        "restful_port": 8000,
        "port": 8001,
        "metrics_port": 8002,
        "replicas": 3,
        "drain": "5s",
        "gpus": 1,
        "cpu": "2",
        "memory": "4Gi",
        "share_memory": "1Gi",
        "max_surge": "50%",
        "max_unavailable": 0,
        "temp_dirs": ["s:/s"],
        "temp_dir_subpath_expr": ["s:$(ARENA_POD_NAME)"],
        "tolerations": ["all"],
        "selectors": ["a=b"],
        "config_files": [{"path": "/etc/app/x.conf", "content": "a"}],
        "liveness_probe_options": ["terminationGracePeriodSeconds: 9"],
    }
    done = arena.submit("custom-serving", full, dry_run="server")
    assert [obj["kind"] for obj in done.manifests] == ["Deployment", "Service", "ConfigMap"]
    assert not [warning for warning in done.warnings if "unknown field" in warning]
    spec = done.manifests[0]["spec"]["template"]["spec"]
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert arena.list().jobs == ()
