"""A user's machine for the tests of the history: a home, a folder and a namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Done, typed

ARENA = str(Path(sys.executable).parent / "arena")


class Machine:
    """A user's machine: a home of its own, a folder, a namespace. ``run`` is a command in this process, ``popen`` one of its own."""

    def __init__(self, home: Path, cluster: Any, run: Callable[[Sequence[str]], Done]) -> None:
        self.run = run
        self.home = home
        self.namespace = cluster.namespace("history")
        self.folder = home / "work"
        self.folder.mkdir()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA", "KUBE"))}
        self.env |= {"HOME": str(home), "ARENA_HOME": str(home / "arena"), "KUBECONFIG": str(cluster.kubeconfig)}

    def popen(self, *words: str) -> subprocess.Popen[str]:
        streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True}
        return subprocess.Popen([ARENA, *self.here(words)], env=self.env, cwd=self.folder, **streams)

    def here(self, words: Sequence[str]) -> Sequence[str]:
        """Return the words with the machine's namespace, where there is one to be named."""
        return words if words[0] == "history" else (words[0], "-n", self.namespace, *words[1:])

    def __call__(self, *words: str) -> Done:
        return self.run(self.here(words))

    def data(self, *words: str) -> Any:
        done = self(*words, "-o", "json")
        assert done.code == 0, done.err
        return json.loads(done.out)


@pytest.fixture
def arena(tmp_path: Path, local_cluster: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Machine:
    def run(words: Sequence[str]) -> Done:
        monkeypatch.setattr(sys, "argv", [ARENA, *words])  # what the history notes of a command
        return typed(words, capfd)

    made = Machine(tmp_path, local_cluster, run)
    for name in os.environ.keys() - made.env.keys():
        monkeypatch.delenv(name)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(made.folder)
    return made
