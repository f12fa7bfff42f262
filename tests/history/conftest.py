"""A user's machine for the tests of the history: a home, a folder and a namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from arena_local.testing import local_cluster

__all__ = ["local_cluster"]
ARENA = str(Path(sys.executable).parent / "arena")


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Machine:
    """A user's machine: a home of its own, a folder, a namespace."""

    def __init__(self, home: Path, cluster: Any) -> None:
        self.home = home
        self.namespace = cluster.namespace("history")
        self.folder = home / "work"
        self.folder.mkdir()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA", "KUBE"))}
        self.env |= {"HOME": str(home), "ARENA_HOME": str(home / "arena"), "KUBECONFIG": str(cluster.kubeconfig)}

    def popen(self, *words: str) -> subprocess.Popen[str]:
        command = [ARENA, *words] if words[0] == "history" else [ARENA, *words[:1], "-n", self.namespace, *words[1:]]
        return subprocess.Popen(
            command, env=self.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
        )

    def __call__(self, *words: str) -> Done:
        process = self.popen(*words)
        out, err = process.communicate(timeout=90)
        return Done(process.returncode, out, err)

    def data(self, *words: str) -> Any:
        done = self(*words, "-o", "json")
        assert done.code == 0, done.err
        return json.loads(done.out)


@pytest.fixture
def arena(tmp_path: Path, local_cluster: Any) -> Machine:
    return Machine(tmp_path, local_cluster)
