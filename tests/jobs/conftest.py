"""The local cluster for real, a namespace of its own for each test, and a gate that counts and forbids."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.types import Problem
from arena_core.registry import Registry
from arena_core.testing import dummy
from arena_local import testing as local
from arena_local.testing import LocalCluster

local_cluster = local.local_cluster

CORE = r"/api/v1/namespaces/{ns}/(pods(/[^/]+(/log|/status)?)?|services(/[^/]+)?|configmaps(/[^/]+)?|events(/[^/]+)?)"
JOB_TYPES = {
    "pytorchjob": r"/apis/kubeflow.org/v1/namespaces/{ns}/pytorchjobs(/[^/]+)?",
    "dummy": r"/apis/batch/v1/namespaces/{ns}/jobs(/[^/]+)?",
}


@dataclass
class Gate:
    """A proxy in front of the API server: ``calls`` is what went through, ``allowed`` a pattern of paths (None: everything)."""

    target: str
    allowed: str | None = None
    calls: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    #: Called with (method, path) before a request is passed on; True cuts the connection after it was passed on.
    lose_answer: Callable[[str, str], bool] = lambda method, path: False
    port: int = 0
    open: set[socket.socket] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Cut every connection that is open now."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _gate_handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    base = urlsplit(gate.target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def setup(self) -> None:
            super().setup()
            gate.open.add(self.connection)

        def finish(self) -> None:
            gate.open.discard(self.connection)
            super().finish()

        def _serve(self) -> None:
            path = urlsplit(self.path).path
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size) if size else None
            if gate.allowed is not None and not re.fullmatch(gate.allowed, path):
                gate.refused.append(f"{self.command} {path}")
                self._forbid(path)
                return
            gate.calls.append(f"{self.command} {path}")
            far = http.client.HTTPConnection(base.hostname or "", base.port or 80)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
            far.request(self.command, base.path + self.path, body, headers)
            answer = far.getresponse()
            if gate.lose_answer(self.command, path):
                answer.read()
                self.close_connection = True
                return
            self._pass_on(answer)
            far.close()

        def _pass_on(self, answer: http.client.HTTPResponse) -> None:
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                    self.send_header(name, value)
            chunked = answer.getheader("Content-Length") is None
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while data := answer.read1(65536):
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if chunked else data)
                self.wfile.flush()
            if chunked:
                self.wfile.write(b"0\r\n\r\n")

        def _forbid(self, path: str) -> None:
            parts = path.strip("/").split("/")
            namespace = parts[parts.index("namespaces") + 1] if "namespaces" in parts else ""
            group = parts[1] if parts[0] == "apis" and len(parts) > 1 else ""
            resource = parts[parts.index("namespaces") + 2] if namespace else parts[-1]
            scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            verb = {"GET": "list", "POST": "create", "DELETE": "delete"}.get(self.command, self.command.lower())
            message = f'{resource} is forbidden: User "bob" cannot {verb} resource "{resource}" in API group "{group}" {scope}'
            data = json.dumps({"kind": "Status", "reason": "Forbidden", "code": 403, "message": message}).encode()
            self.send_response(403)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@pytest.fixture
def gate(local_cluster: LocalCluster) -> Iterator[Gate]:
    made = Gate(local_cluster.server)
    server = _Server(("127.0.0.1", 0), _gate_handler(made))
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


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
    config = arena_home / "kubeconfig"
    config.write_text(json.dumps({
        "current-context": "gate",
        "contexts": [{"name": "gate", "context": {"cluster": "gate", "user": "tester", "namespace": namespace}}],
        "clusters": [{"name": "gate", "cluster": {"server": gate.url}}],
        "users": [{"name": "tester", "user": {}}],
    }))  # fmt: skip
    extension = Extension()
    client = Arena(kubeconfig=str(config), jobs=registry, extensions=extension)
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
