from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ClusterUnreachable
from arena_core.installed import Offer
from arena_core.kube import kubeconfig
from arena_core.kube.connect import ConnectOptions, connect

ONE = """
apiVersion: v1
kind: Config
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u, namespace: team}}
- {name: b, context: {cluster: c, user: other}}
- {name: broken, context: {cluster: nowhere, user: u}}
- {name: nobody, context: {cluster: c, user: stranger}}
clusters:
- {name: c, cluster: {server: "https://one.example:6443/path/", certificate-authority: ca.crt}}
users:
- {name: u, user: {token: t1}}
- {name: other, user: {tokenFile: tokens/other}}
"""
TWO = """
current-context: b2
contexts:
- {name: a, context: {cluster: c2, user: u}}
- {name: b2, context: {cluster: c2, user: u}}
clusters:
- {name: c2, cluster: {server: "http://two.example"}}
users:
- {name: u, user: {token: t2, username: late}}
"""


@pytest.fixture
def one(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    (folder / "tokens").mkdir(parents=True)
    (folder / "tokens" / "other").write_text("from-file\n")
    (folder / "ca.crt").write_text("PEM")
    path = folder / "config"
    path.write_text(ONE)
    return path


def test_a_context_gives_server_namespace_and_credentials(one: Path) -> None:
    cluster = connect(ConnectOptions(kubeconfig=str(one)))
    assert (cluster.context, cluster.namespace, cluster.user_name) == ("a", "team", "u")
    assert cluster.endpoint.server == "https://one.example:6443/path" and cluster.server == "https://one.example:6443"
    assert cluster.endpoint.ca == b"PEM"
    assert cluster.endpoint.credentials.headers() == {"Authorization": "Bearer t1"}


def test_paths_are_relative_to_their_file_and_token_files_are_read_anew(one: Path) -> None:
    cluster = connect(ConnectOptions(kubeconfig=str(one), context="b"))
    assert cluster.endpoint.credentials.headers() == {"Authorization": "Bearer from-file"}
    (one.parent / "tokens" / "other").write_text("rotated")
    assert cluster.endpoint.credentials.headers() == {"Authorization": "Bearer rotated"}
    assert cluster.namespace == "default"


def test_files_merge_and_the_first_to_name_something_wins(one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = tmp_path / "two"
    two.write_text(TWO)
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(tmp_path / "missing"), str(one), str(two)]))
    assert connect().context == "a" and connect().server == "https://one.example:6443"
    second = connect(ConnectOptions(context="b2"))
    assert second.server == "http://two.example"
    assert second.endpoint.credentials.token == "t1" and second.endpoint.credentials.username == ""


def test_missing_things_are_errors_that_say_what_there_is(one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(**options: Any) -> str:
        with pytest.raises(ClusterUnreachable) as caught:
            connect(ConnectOptions(**options))
        return f"{caught.value.message} | {caught.value.hint}"

    assert message(kubeconfig=str(tmp_path / "no")) == f"kubeconfig {tmp_path}/no does not exist | check --config and $KUBECONFIG"
    text = message(kubeconfig=str(one), context="zz")
    assert "context zz is not in" in text and "a, b, broken, nobody" in text
    assert "cluster nowhere" in message(kubeconfig=str(one), context="broken")
    assert "user stranger" in message(kubeconfig=str(one), context="nobody")
    assert "cannot be read" in message(kubeconfig=str(tmp_path))
    (one.parent / "tokens" / "other").unlink()
    assert "tokens/other does not exist" in message(kubeconfig=str(one), context="b")
    one.write_text(ONE.replace("current-context: a", ""))
    assert "no current context" in message(kubeconfig=str(one))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "gone"))
    assert "(from $KUBECONFIG) does not exist" in message()


def test_a_broken_file_is_named_but_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "config"
    for text in (
        "users: [{name: u, user: {token: s3cr3t",
        "- s3cr3t",
        "users: s3cr3t",
        "users: [s3cr3t]",
        "users: [{name: u, user: s3cr3t}]",
    ):
        path.write_text(text)
        with pytest.raises(ClusterUnreachable) as caught:
            connect(ConnectOptions(kubeconfig=str(path)))
        assert str(path) in caught.value.message and "s3cr3t" not in caught.value.message + caught.value.hint
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClusterUnreachable, match="UTF-8"):
        connect(ConnectOptions(kubeconfig=str(path)))


def test_json_needs_no_yaml(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps({
        "current-context": "j",
        "contexts": [{"name": "j", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "http://j.example", "insecure-skip-tls-verify": True, "tls-server-name": "n", "proxy-url": "http://p:1"}}],
        "users": [{"name": "u", "user": {"username": "me", "password": "pw", "as": "eve", "as-groups": ["g"]}}],
    }))  # fmt: skip
    cluster = connect(ConnectOptions(kubeconfig=str(path)))
    endpoint = cluster.endpoint
    assert endpoint.credentials.headers() == {"Authorization": "Basic " + base64.b64encode(b"me:pw").decode()}
    assert (endpoint.verify, endpoint.server_name, endpoint.proxy) == (False, "n", "http://p:1")
    assert endpoint.impersonate == {"Impersonate-User": ("eve",), "Impersonate-Group": ("g",)}
    other = connect(ConnectOptions(kubeconfig=str(path), as_user="bob", as_groups=("x", "y")))
    assert other.endpoint.impersonate == {"Impersonate-User": ("bob",), "Impersonate-Group": ("x", "y")}


def test_bad_base64_and_missing_certificates(one: Path) -> None:
    one.write_text(ONE.replace("{token: t1}", "{client-certificate-data: a}"))
    with pytest.raises(ClusterUnreachable, match="client-certificate-data is not base64"):
        connect(ConnectOptions(kubeconfig=str(one)))
    one.write_text(ONE.replace("{token: t1}", "{client-certificate: no.crt}"))
    with pytest.raises(ClusterUnreachable, match=r"no\.crt does not exist"):
        connect(ConnectOptions(kubeconfig=str(one)))


def test_inside_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("sa-token")
    (account / "namespace").write_text("team")
    monkeypatch.setattr(sys.modules["arena_core.kube.connect"], "SERVICE_ACCOUNT", account)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    cluster = connect()
    assert (cluster.server, cluster.namespace) == ("https://[fd00::1]:443", "team")
    assert cluster.endpoint.credentials.headers() == {"Authorization": "Bearer sa-token"}


@pytest.mark.parametrize("content", [None, "", "apiVersion: v1\nclusters: null\ncontexts: []\n"])
def test_without_a_cluster_the_embedded_one_is_taken(content: str | None, one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    if content is not None:
        home = Path(os.environ["HOME"]) / ".kube"
        home.mkdir(parents=True)
        (home / "config").write_text(content)
    embedded = types.ModuleType("fake_embedded")
    embedded.ensure = lambda: (str(one), "a")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_embedded", embedded)
    offer = Offer("arena.clusters", "local", "fake_embedded:ensure", "fake", "1")
    monkeypatch.setattr("arena_core.installed.offers", lambda *groups: [offer])
    cluster = connect()
    assert cluster.started_local and cluster.is_local and cluster.context == "a"
    assert not connect(ConnectOptions(kubeconfig=str(one))).started_local
    assert connect(ConnectOptions(local=True)).is_local
    monkeypatch.setattr("arena_core.installed.offers", lambda *groups: [])
    with pytest.raises(ClusterUnreachable, match="no cluster is configured"):
        connect()


PLUGIN = """#!/bin/sh
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}'
"""


def exec_config(path: Path, command: str, server: str) -> None:
    spec = {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "Never"}
    path.write_text(json.dumps({
        "current-context": "e",
        "contexts": [{"name": "e", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"exec": spec}}],
    }))  # fmt: skip


def test_an_exec_plugin_is_run(tmp_path: Path, fake_api: Any, reply: Any) -> None:
    from arena_core.kube.resources import PODS

    plugin = tmp_path / "login.sh"
    plugin.write_text(PLUGIN)
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    exec_config(tmp_path / "config", "./login.sh", fake_api.url)
    fake_api.script(reply(200, {"kind": "PodList", "items": []}))
    cluster = connect(ConnectOptions(kubeconfig=str(tmp_path / "config")))
    cluster.list(PODS, "default")
    assert fake_api.requests[0].headers["Authorization"] == "Bearer from-plugin"
    assert "from-plugin" not in repr(cluster)
    exec_config(tmp_path / "config", "./no-such-plugin", fake_api.url)
    with pytest.raises(ClusterUnreachable, match=r"no-such-plugin of user u .* is not installed"):
        connect(ConnectOptions(kubeconfig=str(tmp_path / "config")))


def test_a_read_imports_nothing_heavy(tmp_path: Path, fake_api: Any, reply: Any) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps({
        "current-context": "j",
        "contexts": [{"name": "j", "context": {"cluster": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": fake_api.url}}],
    }))  # fmt: skip
    fake_api.script(reply(200, {"kind": "PodList", "items": []}))
    code = (
        "import sys; from arena_core.kube.connect import connect, ConnectOptions; from arena_core.kube.resources import PODS\n"
        f"connect(ConnectOptions(kubeconfig={str(path)!r})).list(PODS, 'default')\n"
        "print([m for m in ('kubernetes', 'pydantic', 'aiohttp', 'requests', 'urllib3', 'yaml', 'typer', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_merging_keeps_the_exec_command_of_its_own_folder(tmp_path: Path) -> None:
    exec_config(tmp_path / "config", "bin/login", "http://x")
    merged = kubeconfig.load([tmp_path / "config"])
    assert merged.users["u"]["exec"]["command"] == str(tmp_path / "bin/login")


def test_the_embedded_context_can_be_named_beside_another_kubeconfig(one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    other = tmp_path / "embedded"
    other.write_text(ONE.replace("name: a,", "name: arena-local,"))
    embedded = types.ModuleType("fake_embedded")
    embedded.ensure = lambda: (str(other), "arena-local")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_embedded", embedded)
    monkeypatch.setattr(
        "arena_core.installed.offers",
        lambda *groups: [Offer("arena.clusters", "local", "fake_embedded:ensure", "fake", "1")],
    )
    (other.parent / "ca.crt").write_text("PEM")
    monkeypatch.setenv("KUBECONFIG", str(one))
    cluster = connect(ConnectOptions(context="arena-local"))
    assert cluster.context == "arena-local" and cluster.is_local and not cluster.started_local
    assert connect().context == "a"
