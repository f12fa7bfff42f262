"""``arena serve``: a server from start to end by its name and version, on the local cluster; what cannot be is refused before."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Done

SERVER = Path(__file__).parents[2] / "plugins/serve/tests/server.py"
PROBE = (
    *("--readiness-probe-action", "tcpSocket", "--readiness-probe-action-option", "port: 18471"),
    *("--readiness-probe-option", "periodSeconds: 1"),
)


@pytest.fixture
def serve(arena, local_cluster, monkeypatch):
    """Run ``arena serve`` in a namespace of its own."""
    monkeypatch.setenv("KUBECONFIG", str(local_cluster.kubeconfig))
    namespace = local_cluster.namespace()

    def run(*words: str, code: int = 0) -> Done:
        done: Done = arena("serve", *words, "-n", namespace) if "--" not in words else arena("serve", "-n", namespace, *words)
        assert done.code == code, done.err
        return done

    return run


def test_from_start_to_end(serve):
    command = f"exec {sys.executable} {SERVER} 18471"
    start = ("custom", "--name", "web", "--image", "x", "--restful-port", "18471", "-e", "SAYS=one", *PROBE)
    made = serve(*start, "--version", "v1", "--wait", "--timeout", "90s", "--command", command)
    assert made.out == "deployment.apps/web-v1-custom-serving created\nservice/web-v1 created\n"
    serve(*start, "--version", "v2", "--replicas", "0", command)
    header, first, second = (line.split() for line in serve("list").out.splitlines())
    assert header == ["NAME", "TYPE", "VERSION", "DESIRED", "AVAILABLE", "ADDRESS", "PORTS"]
    assert (first[:5], first[6:]) == (["web", "Custom", "v1", "1", "1"], ["RESTFUL:18471"])
    assert second[:6] == ["web", "Custom", "v2", "0", "0", "N/A"]
    several = serve("get", "web", code=2).err
    assert "by version: v1 (custom-serving), v2 (custom-serving)" in several and "--version" in several
    page = serve("get", "web", "-v", "v1").out
    assert "Available:   1" in page and "1/1" in page and "http://127." in page
    (data,) = json.loads(serve("list", "-l", "servingVersion=v1", "-o", "json").out)
    assert (data["availableInstances"], data["endpoints"][0]["port"], data["instances"][0]["readyContainers"]) == (1, 18471, 1)
    assert serve("logs", "web", "--version", "v1").out == "serving one\n"
    assert serve("logs", "web-v1-custom-serving").out == "serving one\n"
    assert serve("attach", "web", "--version", "v1", "--no-stdin", "--", "sh", "-c", "echo $SAYS").out == "one\n"
    changed = "spec.template.spec.containers[custom-serving].env[SAYS].value: one -> two\n"
    tried = serve("update", "custom", "web", "-v", "v1", "-e", "SAYS=two", "--dry-run", "client")
    assert tried.out == changed and "would be updated" in tried.err
    assert serve("update", "custom", "--name", "web", "-v", "v1", "-e", "SAYS=two", "--wait", "--timeout", "90s").out == changed
    assert serve("logs", "web", "-v", "v1").out == "serving two\n"
    assert "scaled to 0" in serve("scale", "web", "0", "--version", "v1").err
    assert "no instance" in serve("why", "web", "--version", "v1").out
    gone = serve("delete", "web", "nope", "-v", "v1", code=3).err
    assert "server nope does not exist" in gone and "The serving job web with version v1 has been deleted successfully" in gone
    assert "server web has no version v1" in serve("get", "web", "-v", "v1", code=3).err
    serve("delete", "web")
    assert serve("list", "--no-headers").out == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("custom", "--name", "web", "--image", "x"), "--restful-port: no port is given"),
        (("custom", "--name", "web", "--image", "x", "--port", "1", "--command", "a", "b"), "the command is given twice"),
        (("custom", "--name", "web", "--image", "x", "--port", "1", "--version", "v1.0"), "--version: 'v1.0' becomes part of names"),
        (("custum", "--name", "x"), "did you mean `arena serve custom`?"),
        (("pytorchjob", "--name", "x"), "neither a type of server nor a command"),
        (("update", "web"), "neither a type of server nor a command"),
        (("update", "custom", "web"), "what is to change?"),
        (("update", "custom", "web", "--gpucore", "7", "--replicas", "x"), "--gpucore"),
        (("update", "custom", "web", "--label", "servingName=x"), "set by arena itself"),
        (("update", "custom", "--image", "x"), "which server?"),
        (("scale", "web", "many"), "`arena serve scale NAME N`"),
        (("get",), "one server at a time"),
        (("logs",), "which server?"),
        (("get", "web", "-T", "pytorchjob"), "is not a type of server"),
        (("delete",), "which server?"),
        (("traffic-split",), "requests to which server?"),
        (("trs", "web", "-v", "v1:50"), "the percents are 50 together"),
        (("traffic-split", "--name", "web", "--versions", "v1,v2", "--weights", "100"), "there are 2 versions and 1 percents"),
        (("kfserving", "--name", "x"), "`arena serve kserve` took its place"),
        (("tensorrt", "--name", "x"), "`arena serve triton`"),
        (("update", "custom", "--name", "web", "--command", "a", "b"), "the command is given twice"),
        (("vllm",), "the model is missing"),
        (("--oops",), "unknown flag --oops"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(arena, words, told):
    done = arena("serve", *words)
    assert (done.code, done.out) == (2, "") and told in done.err


def test_help(arena):
    for words in ((), ("--help",), ("help",), ("custom", "--help"), ("update", "custom", "--help"), ("list", "--help"), ("get", "--help")):
        done = arena("serve", *words) if words != ("help",) else arena("help", "serve")
        assert done.code == 0 and "arena serve" in done.out, words
    assert "custom" in arena("serve", "--help").out
