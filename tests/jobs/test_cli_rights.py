"""Every command of the command line with the rights of somebody who may use one job type in one namespace, and without any."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.cli.main import main
from arena_core.registry import Registry
from arena_core.usecases.session import one_of_each


@pytest.fixture
def run(arena: Any, arena_home: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("KUBECONFIG", str(arena_home / "kubeconfig"))

    def command(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(words)
        return (code, *capfd.readouterr())

    return command


def kinds() -> list[str]:
    """The kinds of the installed job types, as they are named."""
    registry = Registry()
    return list(dict.fromkeys(registry.get(name).job_type.resource.key for name in registry.names()))


def test_every_command_works_with_the_rights_of_one_namespace(run: Any, arena: Any, rights: Any) -> None:
    arena.gate.allowed = rights(arena.namespace, "pytorchjob")
    base = ("submit", "pytorchjob", "--image", "i", "--workers", "2")
    code, out, err = run(*base, "--name", "mine", "--", "sh", "-c", "echo rank $RANK; trap exit TERM; sleep 30 & wait")
    assert (code, out) == (0, "pytorchjob.kubeflow.org/mine created\n"), err
    assert run("wait", "mine", "--for", "running", "--timeout", "20")[0] == 0
    code, out, err = run("list")
    assert code == 0 and "mine  RUNNING" in out
    # R4: in one line, and the hidden ones are not taken for empty
    installed = Registry()
    types = [handle.job_type.name for handle in one_of_each([installed.get(name) for name in installed.names()])]
    hidden_types = sorted(name for name in types if name != "pytorchjob")
    assert "mpijob" in hidden_types and "horovodjob" not in hidden_types
    hidden = ", ".join(kind for kind in kinds() if not kind.startswith("pytorchjobs"))
    assert err == f"note: not shown, no permission: {hidden}\n"
    code, out, err = run("list", "-q")
    assert (code, err) == (0, "") and "mine" in out
    code, out, err = run("list", "-T", "py")
    assert (code, err) == (0, "") and "mine" in out
    for words in (("get", "mine", "-e"), ("get", "mine", "-o", "json", "-T", "py"), ("why", "mine")):
        code, out, err = run(*words)
        assert (code, err) == (0, ""), words
        assert "mine" in out
    assert run("logs", "mine", "-i", "worker-0") == (0, "rank 1\n", "")
    assert run(*base, "--name", "dry", "--dry-run", "server", "true")[0] == 0
    assert run("delete", "mine")[0] == 0
    for command in ("delete", "get", "logs"):
        code, _, err = run(command, "mine")
        assert code == 3
        assert f"job mine does not exist in namespace {arena.namespace}" in err
        assert f"no permission to list: {', '.join(hidden_types)}" in err
    assert run(*base, "--name", "short", "--follow", "echo rank $RANK")[0] == 0
    assert run("delete", "-l", "release=short", "-T", "py", "--wait")[0] == 0


def test_without_rights_each_command_says_which_one_is_missing(run: Any, arena: Any) -> None:
    arena.gate.allowed = "nothing"
    for words in (
        ("list",),
        ("list", "-A"),
        ("list", "-T", "py"),
        ("get", "x"),
        ("get", "x", "-T", "py"),
        ("logs", "x"),
        ("logs", "-f", "x", "-T", "py"),
        ("wait", "x"),
        ("why", "x"),
        ("attach", "x"),
        ("delete", "x"),
        ("delete", "x", "-T", "py"),
        ("delete", "-l", "a=b"),
        ("submit", "py", "--name", "x", "--image", "i", "true"),
        ("submit", "py", "--name", "x", "--image", "i", "--dry-run", "server", "true"),
    ):
        code, out, err = run(*words)
        assert (code, out) == (5, ""), (words, err)
        first, second = err.splitlines()
        assert first.startswith("error: user bob may not "), (words, err)
        assert second.startswith("hint: ask for a role with verb "), (words, err)


def test_who_may_read_nothing_is_told_of_every_type(run: Any, arena: Any) -> None:
    # N17: one type only, by the alphabet
    arena.gate.allowed = "nothing"
    everything = ", ".join(kinds())
    for words in (("list",), ("get", "x"), ("delete", "x"), ("delete", "-l", "a=b")):
        code, _, err = run(*words)
        assert code == 5 and f"may not list {everything} in namespace {arena.namespace}" in err, (words, err)
    code, _, err = run("list", "-A")
    assert code == 5 and "in the whole cluster" in err and "-n" in err
    arena.gate.allowed = r"/apis/batch/.*"
    assert run("wait", "x", "--for", "deleted")[0] == 5, "absence is not proven"
