"""A server of KServe on the local cluster: its predictor runs as a Deployment, answers, is updated, stopped and gone."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, InvalidArguments
from arena_core.contract.types import Phase
from arena_core.kube.resources import PODS
from arena_serve.kserve.names import RESOURCE
from plugins.serve.tests.test_distributed_e2e import until

SERVER, PORT = Path(__file__).with_name("server.py"), 18541


def raw(**more: Any) -> dict[str, Any]:
    return {
        "name": "iris",
        "image": "x",
        "working_dir": "/tmp",
        "port": PORT,
        "env": {"SAYS": "one"},
        "readiness_probe_action": "tcpSocket",
        "readiness_probe_action_options": {"port": str(PORT)},
        "readiness_probe_options": {"periodSeconds": "1"},
        "command": f"exec {sys.executable} {SERVER} {PORT}",
        **more,
    }


def answer(arena: ArenaClient) -> str:
    (endpoint,) = arena.endpoints(arena.get("iris")).endpoints
    with urllib.request.urlopen(endpoint.address, timeout=20) as found:  # noqa: S310 - our own pod
        return str(found.read().decode())


def test_a_predictor_serves_is_updated_and_stopped(arena: ArenaClient) -> None:
    done = arena.submit("kserve", raw())
    assert [obj["kind"] for obj in done.manifests] == ["InferenceService"] and not done.warnings
    job = arena.wait("iris", timeout=90)
    assert job is not None and job.status.phase is Phase.READY and len(job.status.instances) == 1
    assert answer(arena) == "one"
    (server,) = arena.servers("iris").servers
    assert (server.name, server.version, server.wanted, server.available) == ("iris", "", 1, 1)
    assert [(port, node) for _, port, node in server.ports] == [(80, 0)] and server.address.startswith("127.")
    assert [line.data for line in arena.logs("iris")] == [b"serving one\n"]
    (change,) = arena.update("iris", {"env": ["SAYS=two"]}).changes
    assert change == ("spec.predictor.containers[kserve-container].env[SAYS].value", "one", "two")
    assert arena.wait("iris", timeout=90) is not None
    until(lambda: len(arena.get("iris").pods) == 1)
    assert answer(arena) == "two"
    patch = {"metadata": {"annotations": {"serving.kserve.io/stop": "true"}}}
    arena.cluster.patch(RESOURCE, arena.namespace, "iris", patch)
    until(lambda: not arena.cluster.list(PODS, arena.namespace).items)
    assert arena.get("iris").status.phase is Phase.SUSPENDED
    arena.delete("iris", wait=True, timeout=60)
    assert not arena.servers().servers


def test_what_cannot_run_here_is_said_at_submit(arena: ArenaClient) -> None:
    with pytest.raises(ArenaError, match="the local cluster has no serving runtimes"):
        arena.submit("kserve", {"name": "iris", "model_format": "sklearn", "storage_uri": "s3://b/iris"})
    with pytest.raises(InvalidArguments, match="nobody would read the metrics"):
        arena.submit("kserve", raw(enable_prometheus=True))
    with pytest.raises(InvalidArguments, match="there is no claim 'models'"):
        arena.submit("kserve", raw(model_format="sklearn", storage_uri="pvc://models/iris"))
    done = arena.submit("kserve", raw(canary_traffic_percent=10, max_replicas=3), dry_run="server")
    assert any("there is one revision" in text for text in done.warnings) and any("nothing is scaled" in text for text in done.warnings)
    assert not arena.servers().servers
