"""A service as a job type: a Deployment with a Service is READY, has an address, and is waited for until it serves."""

from __future__ import annotations

import time
import urllib.request
from typing import Any

import pytest

from arena_core.contract.errors import UsageError
from arena_core.contract.types import Phase
from arena_core.registry import Registry
from arena_core.testing.seen import seen
from tests.kit import server as prototype


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - our own pod
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


@pytest.fixture
def server(arena: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    registry = Registry()
    registry.add(prototype)
    arena.__dict__.pop("_session", None)
    monkeypatch.setitem(arena.__dict__, "jobs", registry)
    yield arena
    arena.__dict__.pop("_session", None)


def test_a_service_is_ready_has_an_address_and_does_not_end(server: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "exec python3 -m http.server 8901 --bind $MY_IP"
    args = make("web", command)
    server.submit("server", args)
    job = server.wait("web", timeout=60)
    assert job.status.phase is Phase.READY and len(job.status.instances) == 1
    assert server.wait("web", "running", timeout=10).status.phase is Phase.READY
    (elsewhere,) = server.endpoints(server.get("web")).endpoints
    assert elsewhere.address == f"http://web.{server.namespace}.svc:80/"
    monkeypatch.setattr(server.cluster, "is_local", True)
    address, until = "", time.monotonic() + 30
    while not answers(address) and time.monotonic() < until:
        time.sleep(0.1)
        address = server.endpoints(server.get("web")).endpoints[0].address
    assert address.endswith(":8901/") and answers(address)
    assert server.scale("web", {"server": 2}).status.replicas == 2
    assert len(server.wait("web", timeout=60).status.instances) == 2
    for sizes, words in (({"server": 4}, "between 0 and 3"), ({"chief": 1}, "no role 'chief'")):
        with pytest.raises(UsageError, match=words):
            server.scale("web", sizes)
    with pytest.raises(UsageError, match="cannot be suspended"):
        server.suspend("web")
    for goal in ("finished", "succeeded"):
        with pytest.raises(UsageError, match="does not end by itself"):
            server.wait("web", goal, timeout=5)
    server.delete("web")


def test_a_job_that_ends_is_never_ready(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("ends", "true"))
    with pytest.raises(UsageError, match="dummy jobs are never ready"):
        arena.wait("ends", "ready", timeout=5)


def test_ready_runs_and_has_not_ended() -> None:
    assert Phase.READY.runs and Phase.RUNNING.runs and not Phase.READY.finished
    assert prototype.arena_job_status(seen({"spec": {"replicas": 2}, "status": {"availableReplicas": 1}})).phase is Phase.PENDING
