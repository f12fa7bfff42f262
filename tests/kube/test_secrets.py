"""A secret in any place of a kubeconfig, also a wrong one, is in no error, no traceback, no log and no repr (A1)."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError
from arena_core.kube.connect import ConnectOptions, connect
from arena_core.kube.resources import PODS

SECRET = "s3cr3t"
#: Values that are refused, wherever a text, a path, base64, a mapping or a list is expected.
ODD = [
    SECRET + "\n",
    "\n" + SECRET,
    SECRET + "\x00",
    [SECRET],
    {"a": SECRET},
    {SECRET: 1},
    SECRET + "€",
    SECRET,
    f"http://u:{SECRET}@[",
    f"{SECRET}://x",
]
PLACES = [
    *(
        ("users", "user", key)
        for key in (
            "token",
            "username",
            "password",
            "client-certificate-data",
            "client-key-data",
            "as-uid",
            "as-user-extra",
            "exec",
            "auth-provider",
        )
    ),
    *(("users", "exec", key) for key in ("args", "env", "apiVersion", "interactiveMode", "provideClusterInfo")),
    *(("users", "provider", key) for key in ("id-token", "client-secret", "refresh-token")),
    *(
        ("clusters", "cluster", key)
        for key in ("server", "certificate-authority-data", "proxy-url", "insecure-skip-tls-verify", "disable-compression", "extensions")
    ),
]


def config(place: tuple[str, str, str], value: Any) -> dict[str, Any]:
    cluster: dict[str, Any] = {"server": "https://127.0.0.1:1"}
    user: dict[str, Any] = {}
    section, part, key = place
    if part == "exec":
        user["exec"] = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false", "interactiveMode": "Never", key: value}
    elif part == "provider":
        user["auth-provider"] = {"name": "oidc", "config": {"idp-issuer-url": "https://x", "client-id": "c", key: value}}
    else:
        (cluster if section == "clusters" else user)[key] = value
    return {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }


def use(path: Path) -> None:
    cluster = connect(ConnectOptions(kubeconfig=str(path)))
    assert SECRET not in repr(cluster) + repr(cluster.endpoint) + cluster.server
    cluster.list(PODS)


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_a_secret_in_any_place(place: tuple[str, str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "config"
    for value in ODD:
        if place[2] == "server" and value in (SECRET, SECRET + "€"):
            continue  # it is a host, and has to be told
        path.write_text(json.dumps(config(place, value)))
        with pytest.raises(ArenaError) as caught:
            use(path)
        told = "".join(traceback.format_exception(caught.value)) + caught.value.hint + caplog.text
        assert SECRET not in told, f"{value!r}: {told}"


@pytest.mark.parametrize(
    "text",
    [
        f"users: [{SECRET}",
        f"- {SECRET}",
        f"users: {SECRET}",
        f"{SECRET}: [",
        f"current-context: [{SECRET}]",
        f"users: [{{name: [{SECRET}]}}]",
        f"kind: {SECRET}",
        "a: !!python/object:" + SECRET,
    ],
)
def test_a_secret_in_a_file_that_is_no_kubeconfig(text: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(ArenaError) as caught:
        connect(ConnectOptions(kubeconfig=str(tmp_path / "config")))
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caught.value.hint


@pytest.mark.parametrize("value", ["http://u:s3cr3t@127.0.0.1:1", "http://u:s3cr3t@[", "s3cr3t://x", "socks5://u:s3cr3t@127.0.0.1:1"])
def test_the_password_of_a_proxy(value: str, monkeypatch: pytest.MonkeyPatch, fake_api: Any) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ArenaError) as caught:
        fake_api.cluster(server="https://cluster.example").list(PODS)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caught.value.hint and "HTTPS_PROXY" in caught.value.message
