"""The local cluster for real, a namespace of its own for each test, and a gate that counts and forbids."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.types import Problem
from arena_core.registry import Registry
from arena_core.testing import dummy
from arena_core.testing.fakeapi import FakeApi, Reply, Request, passed_on, refusal, write_kubeconfig
from arena_local.testing import LocalCluster

CORE = r"/api/v1/namespaces/{ns}/(pods(/[^/]+(/log|/status)?)?|services(/[^/]+)?|configmaps(/[^/]+)?|events(/[^/]+)?)"
JOB_TYPES = {
    "pytorchjob": r"/apis/kubeflow.org/v1/namespaces/{ns}/pytorchjobs(/[^/]+)?",
    "dummy": r"/apis/batch/v1/namespaces/{ns}/jobs(/[^/]+)?",
}


class Gate(FakeApi):
    """What stands before the API server: ``calls`` is what went through, ``allowed`` a pattern of paths (None: everything)."""

    def __init__(self, target: str) -> None:
        super().__init__(self._answer)
        self.target = target
        self.allowed: str | None = None
        self.calls: list[str] = []
        self.refused: list[str] = []
        #: Called with (method, path); where it is true the request is passed on and its answer lost.
        self.lose_answer: Callable[[str, str], bool] = lambda method, path: False

    def _answer(self, request: Request) -> Reply:
        said = f"{request.method} {request.path}"
        if self.allowed is not None and not re.fullmatch(self.allowed, request.path):
            self.refused.append(said)
            return _forbidden(request)
        self.calls.append(said)
        answer = passed_on(request, self.target)
        return Reply(silent=True) if self.lose_answer(request.method, request.path) else answer


def _forbidden(request: Request) -> Reply:
    parts = request.path.strip("/").split("/")
    namespace = parts[parts.index("namespaces") + 1] if "namespaces" in parts else ""
    group = parts[1] if parts[0] == "apis" and len(parts) > 1 else ""
    inside = parts[parts.index("namespaces") + 2 :] if namespace else parts[-1:]
    resource = inside[0] if inside else "namespaces"
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    verb = {"GET": "list", "POST": "create", "DELETE": "delete"}.get(request.method, request.method.lower())
    text = f'{resource} is forbidden: User "bob" cannot {verb} resource "{resource}" in API group "{group}" {scope}'
    return refusal(403, "Forbidden", text)


@pytest.fixture
def gate(local_cluster: LocalCluster) -> Iterator[Gate]:
    with Gate(local_cluster.server) as made:
        yield made


class Extension:
    """An extension that remembers what it is told; ``problems`` forbid a submission."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.problems: list[Problem] = []
        self.asked: Any = None

    def mutate_manifests(self, submission: Any) -> Any:
        self.told.append(("mutate", submission.target))
        self.asked = submission
        for obj in submission.manifests:
            obj["metadata"].setdefault("annotations", {})["site"] = "here"
        return list(submission.manifests)

    def validate_submission(self, submission: Any) -> list[Problem]:
        return self.problems

    def after_submit(self, job: Any, submission: Any) -> None:
        self.told.append(("submitted", job["metadata"]["name"]))

    def job_finished(self, job: Any, status: Any, target: Any) -> None:
        self.told.append(("finished", status.phase))


class Arena(ArenaClient):
    """A client with its gate and its extension."""

    gate: Gate
    extension: Extension
    direct: ArenaClient

    def calls(self) -> list[str]:
        """What was asked since the last time."""
        done, self.gate.calls[:] = list(self.gate.calls), []
        return done


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    found = Registry()
    if "dummy" not in found.names():
        found.add(dummy)
    return found


@pytest.fixture
def arena(local_cluster: LocalCluster, gate: Gate, registry: Registry, arena_home: Path, request: pytest.FixtureRequest) -> Iterator[Arena]:
    """A client on a namespace of its own."""
    plain = ArenaClient(kubeconfig=str(local_cluster.kubeconfig))
    word = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:30].strip("-")
    namespace = f"t-{word}-{zlib.crc32(request.node.name.encode()):08x}-{os.getpid()}"
    plain.cluster.request("POST", "/api/v1/namespaces", None, {"metadata": {"name": namespace}})
    config = write_kubeconfig(arena_home / "kubeconfig", gate.url, namespace=namespace, user="tester", context="gate")
    extension = Extension()
    client = Arena(kubeconfig=config, jobs=registry, extensions=extension)
    client.gate, client.extension = gate, extension
    client.direct = ArenaClient(kubeconfig=str(local_cluster.kubeconfig), namespace=namespace, jobs=registry, extensions=extension)
    yield client
    client.close()
    plain.cluster.request("DELETE", f"/api/v1/namespaces/{namespace}")


def own_rights(namespace: str, *job_types: str) -> str:
    """The rights of somebody who may work with these job types in one namespace, and nothing else."""
    return "|".join(p.replace("{ns}", namespace) for p in (CORE, *(JOB_TYPES[t] for t in job_types)))


@pytest.fixture
def rights() -> Callable[..., str]:
    return own_rights


@pytest.fixture
def make() -> Callable[..., dict[str, Any]]:
    """Arguments of a small job."""

    def arguments(name: str, command: str = "echo hello", **more: Any) -> dict[str, Any]:
        return {"name": name, "image": "busybox", "command": command, **more}

    return arguments
