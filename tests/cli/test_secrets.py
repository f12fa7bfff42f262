"""Secrets never reach output, errors, logs or ``ps``, whatever goes wrong, at the loudest level.

The whole suite is searched as well: see ``tests/planted.py`` and the root conftest.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from arena_core.discreet import discreet
from tests.planted import PASSWORD, TOKEN, clean, found_in

JOBS = "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs"
PODS = "/api/v1/namespaces/default/pods"
REPO = f"https://me:{PASSWORD}@git.example.com/team/project.git"
JOB = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "j", "namespace": "default", "uid": "u"}, "spec": {}}
SUBMIT = ("submit", "py", "--name", "k", "--image", "i", "--sync-mode", "git", "--sync-source", REPO, "true")
COMMANDS = [
    ("list",), ("get", "j", "-e"), ("get", "nosuch"), ("logs", "j"), ("why", "j"), ("wait", "j", "--timeout", "0.2s"), ("attach", "j", "--", "true"),
    ("delete", "nosuch"), ("whoami",), ("version",), ("plugins", "check"), SUBMIT, (*SUBMIT[:2], "--dry-run", "server", *SUBMIT[2:]),
]  # fmt: skip
ANSWERS = {
    "right": None,
    "forbidden": (403, {"kind": "Status", "status": "Failure", "code": 403, "reason": "Forbidden", "message": f"Bearer {TOKEN} may not"}),
    "broken": (500, b"<html>internal error"),
    "echo": (
        422,
        {"kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "message": f"Authorization: Bearer {TOKEN}; {REPO}"},
    ),
    "garbage": (200, b"\x00\xff"),
    "unauthorized": (401, {"kind": "Status", "status": "Failure", "code": 401, "message": "Unauthorized"}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_command_tells_a_secret(arena, api, monkeypatch, answer):
    api.put(JOBS, JOB)
    api.put(PODS)
    api.put("/api/v1/namespaces/default/events")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    if ANSWERS[answer] is not None:
        monkeypatch.setattr(api, "answer", lambda *_: ANSWERS[answer])
    for words in COMMANDS:
        if answer != "right" and words[0] == "wait":
            continue
        done = arena("--loglevel", "debug", *words)  # the fixture searches what was printed
        assert "\x1b]" not in done.err


@pytest.mark.parametrize("source", [f"https://me:{PASSWORD}@host", f"https://me:{PASSWORD}@host/..", f"-https://me:{PASSWORD}@h/x"])
def test_a_bad_source_is_not_repeated(arena, source):
    done = arena("--loglevel", "debug", *SUBMIT[:-2], source, "--dry-run", "client", "--", "true")
    assert done.code == (0 if source.endswith("@host") else 2)


def test_a_manifest_says_what_was_asked_for_and_a_message_does_not(arena):
    words = (*SUBMIT[:2], "--dry-run", "client", "-o", "yaml", *SUBMIT[2:])
    with pytest.raises(AssertionError, match="a secret is printed"):
        arena(*words)


@pytest.mark.parametrize("bad", [f"{TOKEN}\n", f"{TOKEN}€", f"{TOKEN}\x00x"])
def test_a_token_that_cannot_be_sent_is_not_repeated(arena, api, home, bad):
    path = home / "kubeconfig"
    config = yaml.safe_load(path.read_text())
    config["users"][0]["user"]["token"] = bad
    path.write_text(yaml.safe_dump(config))
    done = arena("--loglevel", "debug", "list")
    assert "this is a bug" not in done.err


def test_ps_shows_no_secret_of_the_local_cluster(local_cluster):
    assert found_in(local_cluster.state.token()), "the session plants it"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            clean((folder / "cmdline").read_bytes(), folder)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("clone of ssh://git:pw@h/x failed", "clone of ssh://***@h/x failed"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("GET http://127.0.0.1:4711/abcdefghijklmnopqrst/api", "GET http://127.0.0.1:4711/***/api"),
        ("user@example.com wrote https://host/a@b", "user@example.com wrote https://host/a@b"),
        ("the bearer token is missing, basic auth is not", "the bearer token is missing, basic auth is not"),
    ],
)
def test_what_may_be_a_secret_is_left_out(text, shown):
    assert discreet(text) == shown
