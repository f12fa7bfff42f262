"""A table of kubeconfigs: what kubectl answers to each beside what Arena answers (A1, A2, A4-A7, A11).

kubectl itself is run on every row that it takes, and on a quarter of those that it refuses, another one each day (on all of them
with ``ARENA_FAULTS=all``), so that a newer one that answers otherwise is noticed.
"""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from arena_core.contract.errors import ArenaError
from arena_core.kube.connect import ConnectOptions, connect
from arena_core.kube.resources import PODS
from arena_core.testing.fakeapi import FakeApi, Reply, Request

from .variants import VARIANTS, Variant

KUBECTL = Path(sys.executable).parent / "kubectl"
#: The rows on which kubectl is not run today: it takes a third of the time of them all to say what is written down.
SPARED = {
    name
    for n, (name, variant) in enumerate(VARIANTS.items())
    if variant.kubectl and n % 4 != date.today().toordinal() % 4 and os.environ.get("ARENA_FAULTS") != "all"
}
PODS_ANSWER = Reply(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}, {"Content-Type": "application/json"})
#: What proves who we are: it must be the same from both.
HEAD = re.compile(r"^(authorization|impersonate-.*)$", re.IGNORECASE)


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def _sign(folder: Path, name: str, issuer: str, extensions: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    if not issuer:
        _openssl(folder, "req", "-x509", *curve, "-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "30", "-subj", f"/CN={name}")
        return
    (folder / f"{name}.ext").write_text(extensions)
    _openssl(folder, "req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
    by = ("-CA", f"{issuer}.crt", "-CAkey", f"{issuer}.key", "-CAcreateserial", "-days", "30")
    _openssl(folder, "x509", "-req", "-in", f"{name}.csr", *by, "-out", f"{name}.crt", "-extfile", f"{name}.ext")


def _program(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text("#!/bin/sh\n" + body)
    (folder / name).chmod(0o755)


def _credential(status: dict[str, Any] | None) -> str:
    data: dict[str, Any] = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    if status is not None:
        data["status"] = status
    return "cat <<'END'\n" + json.dumps(data) + "\nEND\n"


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the rows name, beside where their kubeconfig goes."""
    folder = tmp_path_factory.mktemp("table")
    _sign(folder, "ca", "", "")
    _sign(folder, "inter", "ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")
    _sign(folder, "srv", "inter", "subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    _sign(folder, "me", "ca", "extendedKeyUsage=clientAuth\n")
    _openssl(folder, "ec", "-in", "me.key", "-aes128", "-passout", "pass:x", "-out", "enc.key")
    _openssl(folder, "pkcs8", "-topk8", "-in", "me.key", "-passout", "pass:x", "-out", "enc8.key")
    (folder / "chain.crt").write_text((folder / "srv.crt").read_text() + (folder / "inter.crt").read_text())
    (folder / "folder").mkdir()
    (folder / "token").write_text("from-file\n")
    (folder / "two-lines").write_text("a\nb\n")
    (folder / "utf16").write_bytes("token".encode("utf-16"))
    (folder / "empty").write_text("")
    (folder / "dead").write_text(
        json.dumps(
            {
                "current-context": "b",
                "contexts": [{"name": "b", "context": {"cluster": "c2"}}, {"name": "a", "context": {"cluster": "c2"}}],
                "clusters": [{"name": "c2", "cluster": {"server": "http://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"token": "another"}}],
            }
        )
    )
    cert, key = (folder / "me.crt").read_text(), (folder / "me.key").read_text()
    programs = {
        "good": _credential({"token": "xt"}),
        "fail": "echo why >&2; exit 3\n",
        "echo": 'echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",'
        '\\"status\\":{\\"token\\":\\"$#,$2,$FOO\\"}}"\n',
        "info": 'python3 -c \'import json, os, hashlib; i = json.loads(os.environ["KUBERNETES_EXEC_INFO"]);'
        ' print(json.dumps({"apiVersion": i["apiVersion"], "kind": i["kind"],'
        ' "status": {"token": json.dumps(i, sort_keys=True)}}))\'\n',
        "html": "echo '<html>'\n",
        "nostatus": _credential(None),
        "nothing": _credential({}),
        "expired": _credential({"token": "old", "expirationTimestamp": "2000-01-01T00:00:00Z"}),
        "badtime": _credential({"token": "old", "expirationTimestamp": "soon"}),
        "broken": _credential({"token": "s3cr\n3t"}),
        "cert": _credential({"clientCertificateData": cert, "clientKeyData": key}),
        "certonly": _credential({"clientCertificateData": cert}),
    }
    for name, body in programs.items():
        _program(folder, name, body)
    return folder


@pytest.fixture(scope="module")
def servers(materials: Path) -> Iterator[dict[str, FakeApi]]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(materials / "chain.crt", materials / "srv.key")
    tls.verify_mode = ssl.CERT_OPTIONAL
    tls.load_verify_locations(materials / "ca.crt")
    made = {"HTTPS": FakeApi(_provider), "HTTP": FakeApi(lambda request: PODS_ANSWER)}
    with made["HTTP"]:
        made["HTTPS"].start(tls)
        yield made
        made["HTTPS"].close()


def _jwt(seconds: int = 3600, subject: str = "x") -> str:
    parts = [{"alg": "none"}, {"exp": int(time.time()) + seconds, "iss": subject}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + ".c2ln"


RENEWED = _jwt(3600, "renewed")


def _provider(request: Request) -> Reply:
    """An API server that is an identity provider as well; it takes a client's secret in the body alone, and gives a new refresh token."""
    if request.path.endswith("/.well-known/openid-configuration"):
        issuer = f"https://{request.headers['Host']}"
        return Reply(200, {"issuer": issuer, "token_endpoint": f"{issuer}/token"}, {"Content-Type": "application/json"})
    if request.path == "/token":
        form = parse_qs(request.raw.decode())
        if form.get("client_secret") != ["s3cr3t"]:
            return Reply(401, {"error": "invalid_client"}, {"Content-Type": "application/json"})
        if form["refresh_token"] != ["r3t-1"]:
            return Reply(400, {"error": "invalid_grant"}, {"Content-Type": "application/json"})
        found = {"id_token": RENEWED, "refresh_token": "r3t-2", "access_token": "a", "token_type": "bearer"}
        return Reply(200, found, {"Content-Type": "application/json"})
    return PODS_ANSWER


class Row:
    """One row on the disk and in the environment; where it is ``spared``, kubectl is not run."""

    spared = False

    def __init__(self, variant: Variant, materials: Path, servers: dict[str, FakeApi], folder: Path) -> None:
        self.variant = variant
        self.folder = folder
        for file in materials.iterdir():
            (folder / file.name).symlink_to(file) if file.is_file() else (folder / file.name).mkdir()
        self._replaced = {
            "CADATA": base64.b64encode((materials / "ca.crt").read_bytes()).decode(),
            "JWT": _jwt(),
            "EXPIRED": _jwt(-60),
            "PORTS": str(servers["HTTPS"].port),
            "PORT": str(servers["HTTP"].port),
            "PROXY": servers["HTTP"].url,
            "HTTPS": servers["HTTPS"].url,
            "HERE": str(folder),
        }
        self.servers = servers
        text = variant.text()
        self.data = text if isinstance(text, bytes) else self.filled(text).encode()
        self.write()
        self.cwd = folder / variant.folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder)} | {k: self.filled(v) for k, v in variant.env.items()}
        self.config = "" if "KUBECONFIG" in variant.env else variant.config

    def write(self) -> None:
        (self.folder / "config").write_bytes(self.data)

    def filled(self, text: str) -> str:
        for word, value in self._replaced.items():
            text = re.sub(rf"\b{word}\b(?!_|://)", value, text)
        return re.sub(r"\bHTTP\b(?!_|://)", self.servers["HTTP"].url, text)

    def seen(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return path and proof of identity of what the servers were asked, and forget it."""
        found = []
        for server in self.servers.values():
            found += [(r.path, sorted((k.lower(), v) for k, v in r.headers.items() if HEAD.match(k))) for r in server.requests]
            server.requests.clear()
        return found[-1:]


@pytest.fixture
def row(request: pytest.FixtureRequest, materials: Path, servers: dict[str, FakeApi], tmp_path: Path) -> Row:
    folder = tmp_path / "row"
    folder.mkdir()
    made = Row(VARIANTS[request.param], materials, servers, folder)
    made.spared = request.param in SPARED
    made.seen()
    return made


def _kubectl(row: Row) -> tuple[str, Any]:
    words = [str(KUBECTL), "get", "--raw", "/api/v1/pods", "--request-timeout=20s"]
    words += ["--kubeconfig", row.config] if row.config else []
    words += ["--context", row.variant.choose] if row.variant.choose else []
    done = subprocess.run(words, capture_output=True, text=True, env=row.env, cwd=row.cwd, stdin=subprocess.DEVNULL, timeout=60)
    return ("" if done.returncode == 0 else done.stderr), row.seen()


def _tokens(row: Row) -> set[str]:
    """The tokens that the file holds: kubectl writes the whole of it anew, in its own form."""
    data = (row.folder / "config").read_bytes()
    return {token for token in (RENEWED, row.filled("EXPIRED"), "r3t-1", "r3t-2") if token.encode() in data}


def _arena(row: Row, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in row.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(row.cwd)
    try:
        cluster = connect(ConnectOptions(kubeconfig=row.config, context=row.variant.choose))
        try:
            cluster.list(PODS)
        finally:
            cluster.close()
    except ArenaError as error:
        return f"{error.message} | {error.hint}", row.seen()
    return "", row.seen()


@pytest.mark.parametrize("row", VARIANTS, indirect=True)
def test_kubectl_and_arena(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = row.variant
    theirs, sent = (variant.kubectl, []) if row.spared else _kubectl(row)
    if not row.spared:
        assert bool(theirs) == bool(variant.kubectl) and re.search(variant.kubectl, theirs), f"kubectl: {theirs or 'works'}"
    written = _tokens(row)
    row.write()
    ours, sent_by_us = _arena(row, monkeypatch)
    assert _tokens(row) == written, "what is renewed is written back by both"
    assert bool(ours) == bool(variant.arena) and re.search(variant.arena, ours), f"arena: {ours or 'works'}"
    assert "s3cr" not in ours and "r3t" not in ours, ours
    assert not ours.endswith(" | "), f"no way out: {ours}"
    if not variant.differs:
        assert bool(theirs) == bool(ours)
    if not theirs and not ours and "HTTPS" in variant.cluster:
        # kubectl sends no credentials over plain HTTP; Arena does to the same machine, where the local cluster is.
        assert [(path.split("?")[0], proof) for path, proof in sent_by_us] == sent


def test_the_table_is_long_enough() -> None:
    assert len(VARIANTS) >= 120
