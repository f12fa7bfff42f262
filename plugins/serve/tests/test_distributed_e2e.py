"""A server of several pods with real processes: its pods find each other, are replaced together, and answer behind one Service."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import Phase
from arena_core.kube.resources import PODS

MEMBER = Path(__file__).with_name("member.py")
NAME = "big-v1-distributed-serving"
PORT = 18521


def raw(**more: Any) -> dict[str, Any]:
    return {
        "name": "big",
        "version": "v1",
        "image": "x",
        "working_dir": "/tmp",
        "restful_port": PORT,
        "worker_num": 1,
        "env": {"SAYS": "one"},
        "readiness_probe_action": "httpGet",
        "readiness_probe_action_options": {"path": "/", "port": str(PORT)},
        "readiness_probe_options": {"periodSeconds": "1"},
        "command": f"exec {sys.executable} {MEMBER} {PORT}",
        **more,
    }


def until(look: Callable[[], Any]) -> Any:
    """Look again until something is seen."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    pytest.fail("it has not come to that in 90 seconds")


def answer(arena: ArenaClient) -> dict[str, Any]:
    (endpoint,) = arena.endpoints(arena.get(NAME)).endpoints
    with urllib.request.urlopen(endpoint.address, timeout=20) as found:  # noqa: S310 - our own pod
        return dict(json.loads(found.read()))


def uids(arena: ArenaClient) -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in arena.get(NAME).pods}


@pytest.fixture
def big(arena: ArenaClient) -> Iterator[ArenaClient]:
    arena.submit("distributed-serving", raw())
    job = arena.wait(NAME, timeout=90)
    assert job is not None and job.status.phase is Phase.READY
    yield arena
    arena.delete(NAME, wait=True, timeout=60)
    assert not arena.servers().servers
    until(lambda: not arena.cluster.list(PODS, arena.namespace).items)


def test_a_group_serves_is_updated_and_is_made_anew_as_one(big: ArenaClient) -> None:
    said = answer(big)
    assert said == {"joined": [f"{NAME}-0-1"], "hosts": [f"{NAME}-0.{NAME}", f"{NAME}-0-1.{NAME}"], "says": "one", "group": "0"}
    (server,) = big.servers("big").servers
    assert (server.wanted, server.available, server.ports) == (1, 1, (("http-serving", PORT, 0),))
    assert [(one.short_name, one.chief) for one in big.get(NAME).status.instances] == [("leader-0", True), ("worker-0", False)]
    assert [line.data for line in big.logs(NAME)] == [f"leads {NAME}-0\n".encode()]
    assert [line.data for line in big.logs(NAME, instance="worker-0")] == [b"joined\n"]
    first = uids(big)
    done = big.update(NAME, {"env": ["SAYS=two"]})
    assert len(done.changes) == 2, "of both roles"
    assert big.wait(NAME, timeout=90) is not None
    assert answer(big)["says"] == "two"
    second = uids(big)
    assert second.keys() == first.keys() and not set(second.values()) & set(first.values())
    # A worker that is gone takes its group with it: the model was spread over all of it.
    big.cluster.delete(PODS, big.namespace, f"{NAME}-0-1")
    until(lambda: (now := uids(big)).keys() == second.keys() and not set(now.values()) & set(second.values()))
    assert big.wait(NAME, timeout=90) is not None
    assert answer(big)["joined"] == [f"{NAME}-0-1"]
    assert big.scale(NAME, {"group": 2}).status.replicas == 4
    job = big.wait(NAME, timeout=90)
    assert job is not None and [one.short_name for one in job.status.instances] == ["leader-0", "worker-0", "leader-1", "worker-1"]
    with pytest.raises(UsageError, match="32"):
        big.scale(NAME, {"group": 33})
    assert big.scale(NAME, {"group": 0}).status.replicas == 0
    until(lambda: not uids(big) and big.get(NAME).status.phase is Phase.SUSPENDED)


def test_what_the_set_cannot_be_is_refused(arena: ArenaClient) -> None:
    """The webhook's word, through a strict dry run."""
    done = arena.submit("distributed-serving", raw(init_backend="ray", gpus=1, max_surge="50%"), dry_run="server")
    assert [obj["kind"] for obj in done.manifests] == ["LeaderWorkerSet", "ConfigMap", "Service"]
    assert not [text for text in done.warnings if "unknown field" in text] and any("no further group" in text for text in done.warnings)
    with pytest.raises(ArenaError, match="could never begin"):
        arena.submit("distributed-serving", raw(max_surge="0", max_unavailable="0"), dry_run="server")
    assert arena.list().jobs == ()
