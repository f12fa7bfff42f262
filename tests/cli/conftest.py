"""``arena`` within the test's own process: exit code, stdout, stderr."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from arena_core.cli import jobtypes
from arena_core.cli.main import main
from tests import planted


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty machine: no kubeconfig, no configuration, no terminal."""
    for name in ("KUBECONFIG", "ARENA_CONFIG", "ARENA_BLOCK_PLUGINS", "NO_COLOR", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / ".arena"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def arena(home, capfd):
    """Run a command line."""

    def run(*words: str) -> Done:
        jobtypes.registry.cache_clear()
        capfd.readouterr()
        code = main(words)
        found = capfd.readouterr()
        if "kubeconfig" not in words:  # `arena local kubeconfig` is asked for the secret
            planted.clean(found.out + found.err, words)
        return Done(code, found.out, found.err)

    return run


@pytest.fixture
def api(home, monkeypatch):
    """A fake API server, with a kubeconfig for it in place."""
    fake = FakeApi()
    monkeypatch.setenv("KUBECONFIG", kubeconfig(home / "kubeconfig", fake.url))
    yield fake
    fake.close()


@pytest.fixture
def write_kubeconfig():
    return kubeconfig


class FakeApi:
    """``put`` objects under the path of their collection; ``forbid`` paths; read ``requests``."""

    def __init__(self):
        self.collections = {}
        self.forbidden = set()
        self.requests = []
        self.logs = {}
        #: Answers to whole paths, made from the query.
        self.pages = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                code, data = api.answer(self.command, self.path, body)
                raw = data if isinstance(data, bytes) else json.dumps(data).encode()
                self.send_response(code)
                self.send_header("Content-Type", "text/plain" if isinstance(data, bytes) else "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_DELETE = do_PATCH = do  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, collection, *objects):
        self.collections.setdefault(collection, {}).update({o["metadata"]["name"]: o for o in objects})

    def answer(self, method, target, body):
        parts = urlsplit(target)
        path = parts.path
        self.requests.append(f"{method} {path}")
        if any(path.startswith(f) for f in self.forbidden):
            return status(
                403,
                "Forbidden",
                f'{path.rpartition("/")[2]} is forbidden: User "me" cannot list resource "x" in API group "" at the cluster scope',
            )
        if path in self.pages:
            return self.pages[path](parse_qs(parts.query))
        if path.endswith("/log"):
            return 200, self.logs.get(path.split("/")[-2], b"")
        if path in self.collections:
            if method == "POST":
                made = json.loads(body)
                made["metadata"].setdefault("uid", "u-" + made["metadata"]["name"])
                self.put(path, made)
                return 201, made
            items = list(self.collections[path].values())
            for field in parse_qs(parts.query).get("fieldSelector", []):
                items = [i for i in items if i["metadata"]["name"] == field.removeprefix("metadata.name=")]
            wanted = dict(
                p.split("=", 1) for s in parse_qs(parts.query).get("labelSelector", []) for p in s.split(",") if p.count("=") == 1
            )
            items = [i for i in items if all((i["metadata"].get("labels") or {}).get(k) == v for k, v in wanted.items())]
            return 200, {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}
        collection, _, name = path.rpartition("/")
        if name in self.collections.get(collection, {}):
            if method == "DELETE":
                gone = self.collections[collection].pop(name)
                return 200, {"kind": "Status", "status": "Success", "details": {"name": name, "uid": gone["metadata"].get("uid", "")}}
            return 200, self.collections[collection][name]
        if collection in self.collections:
            return status(404, "NotFound", f'pytorchjobs "{name}" not found', {"name": name, "kind": "pytorchjobs"})
        return 404, b"404 page not found\n"


def status(code, reason, message, details=None):
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
    return code, {**body, "details": details or {}}


def kubeconfig(path, url, namespace="default"):
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": {"token": planted.TOKEN}}],
            }
        )
    )
    return str(path)
