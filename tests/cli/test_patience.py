"""What takes long shows itself: a line on a terminal that says what is waited for, how long, and when it ends; nothing in a pipe."""

from __future__ import annotations

import os
import subprocess

import pytest

from arena_core.cli import patience
from tests.cli.ptys import ARENA, Terminal


@pytest.fixture
def env(cluster, tmp_path):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA", "KUBE", "PYTEST"))}
    return kept | {"KUBECONFIG": str(cluster.kubeconfig), "ARENA_HOME": str(tmp_path), "HOME": str(tmp_path)}


def test_a_wait_says_how_long_and_until_when(env, cluster):
    submitted = ["submit", "pytorchjob", "--name", "slow", "--image", "i", "sh -c 'trap exit TERM; sleep 600 & wait'"]
    subprocess.run([ARENA, *submitted], env=env, check=True, capture_output=True, timeout=60)
    with Terminal(["wait", "slow", "--timeout", "5s"], env, columns=100) as terminal:
        terminal.seen("waiting for slow, which is RUNNING (for 2s, gives up in ")
        terminal.seen("(for 3s, gives up in ")
        assert terminal.screen.count("waiting for slow") == 1, "in place"
        assert terminal.end(60) == 124
        assert "waiting for slow, which" not in terminal.screen and "slow is RUNNING" in terminal.screen, terminal.screen
        assert "error: " in terminal.screen
    done = subprocess.run([ARENA, "wait", "slow", "--timeout", "2.5s"], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 124 and "waiting for" not in done.stderr and "\r" not in done.stderr
    cluster.request("DELETE", "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs/slow")


def test_what_is_quick_needs_no_line(env):
    with Terminal(["wait", "no-such-job"], env) as terminal:
        assert terminal.end(60) == 3
        assert "waiting" not in terminal.written
    assert patience.AFTER >= 1


def test_a_copy_says_how_much(capfd):
    from arena_core.cli.commands.cp import Counted

    class Session:
        def __init__(self):
            self.pieces = [(1, b"abc"), (2, b"de"), None]
            self.exit_code = 0

        def read(self):
            return self.pieces.pop(0)

        def write(self, data):
            assert data == b"xyz"

    counted = Counted(Session())
    assert counted.read() == (1, b"abc") and counted.read() == (2, b"de") and counted.read() is None
    counted.write(b"xyz")
    assert counted.bytes == 8 and counted.exit_code == 0
