"""How a plugin is run: what it says is seen, it is where the user is, and nothing of what it gives is told (A7)."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.connect import ConnectOptions, connect
from arena_core.kube.resources import PODS

V1 = "client.authentication.k8s.io/v1"


@pytest.fixture
def plugin(tmp_path: Path, fake_api: Any, reply: Any) -> Any:
    """Write a plugin and a kubeconfig that names it; return the kubeconfig."""
    fake_api.script(reply(200, {"kind": "PodList", "items": []}))

    def make(body: str, **spec: Any) -> Path:
        program = tmp_path / "login"
        program.write_text("#!/bin/sh\n" + body)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        user = {"exec": {"apiVersion": V1, "command": "./login", "interactiveMode": "IfAvailable", **spec}}
        config = tmp_path / "config"
        config.write_text(
            json.dumps(
                {
                    "current-context": "e",
                    "contexts": [{"name": "e", "context": {"cluster": "c", "user": "u"}}],
                    "clusters": [{"name": "c", "cluster": {"server": fake_api.url}}],
                    "users": [{"name": "u", "user": user}],
                }
            )
        )
        return config

    return make


def gives(token: str, **more: Any) -> str:
    return "cat <<'END'\n" + json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": {"token": token, **more}}) + "\nEND\n"


def arena(*words: str, cwd: Path, stdin: Any = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "import sys; from arena_core.cli.main import main; sys.exit(main())"]
    return subprocess.run([*program, *words], capture_output=True, text=True, cwd=cwd, stdin=stdin, timeout=60, check=False)


def test_a_device_code_is_seen_though_stdout_is_a_pipe(plugin: Any, tmp_path: Path, fake_api: Any) -> None:
    (tmp_path / "deep").mkdir()
    config = plugin('echo "enter code ABC-123; here: $(pwd)" >&2\n' + gives("xt"))
    done = arena("list", "--config", f"../{config.name}", cwd=tmp_path / "deep")
    assert done.returncode == 0, done.stderr
    assert f"enter code ABC-123; here: {tmp_path}/deep" in done.stderr
    assert fake_api.requests[0].headers["Authorization"] == "Bearer xt"


@pytest.mark.parametrize("level", ["warn", "debug"])
def test_a_plugin_that_fails_says_why_in_its_own_words(plugin: Any, tmp_path: Path, level: str) -> None:
    body = "echo 'token s3cr3t-out'; echo 'your session is over' >&2; exit 4\n"
    done = arena("list", "--config", str(plugin(body, installHint="run `login now`")), "--loglevel", level, cwd=tmp_path)
    assert done.returncode == 6 and "ERROR:root" not in done.stderr and "s3cr3t" not in done.stderr
    assert "your session is over" in done.stderr and "failed with exit code 4" in done.stderr and "hint: run `login now`" in done.stderr


def test_no_secret_of_a_plugin_is_told(plugin: Any) -> None:
    """A1: not in the error, and not in the traceback that `--loglevel debug` prints."""
    for body in (
        gives("s3cr3t\nmore"),
        "echo 's3cr3t'\n",
        gives("s3cr3t", expirationTimestamp="s3cr3t"),
        gives("s3cr3t", clientKeyData="s3cr3t"),
    ):
        with pytest.raises(ClusterUnreachable) as caught:
            connect(ConnectOptions(kubeconfig=str(plugin(body))))
        assert "s3cr3t" not in "".join(traceback.format_exception(caught.value)) + caught.value.hint


def test_credentials_are_obtained_again_when_they_expire(plugin: Any, tmp_path: Path, fake_api: Any) -> None:
    """A follow that lasts hours must not end with its first token."""
    counted = tmp_path / "runs"
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    config = plugin(f"echo run >> {counted}\n" + gives("xt", expirationTimestamp=soon))
    cluster = connect(ConnectOptions(kubeconfig=str(config)))
    cluster.list(PODS, "n")
    cluster.list(PODS, "n")
    assert counted.read_text().count("run") == 1
    config = plugin(f"echo run >> {counted}\n" + gives("old", expirationTimestamp="2001-01-01T00:00:00Z"))
    cluster = connect(ConnectOptions(kubeconfig=str(config)))
    cluster.list(PODS, "n")
    assert counted.read_text().count("run") == 3


def test_a_plugin_without_end_is_ended(plugin: Any) -> None:
    with pytest.raises(ClusterUnreachable, match="prints without end"):
        connect(ConnectOptions(kubeconfig=str(plugin("exec yes\n"))))


def test_an_interactive_plugin_has_the_terminal(plugin: Any, tmp_path: Path) -> None:
    """`interactiveMode: Always` works in a terminal, and the plugin is told that it may ask."""
    import pty

    config = plugin('read answer; echo "$KUBERNETES_EXEC_INFO $answer" > told\n' + gives("xt"), interactiveMode="Always")
    ours, theirs = pty.openpty()
    os.write(ours, b"yes\n")
    done = arena("list", "--config", str(config), cwd=tmp_path, stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text()
    assert json.loads(told.rpartition("}")[0] + "}")["spec"]["interactive"] is True and told.rstrip().endswith("yes")
