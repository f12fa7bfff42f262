"""Daemons that are forked from a process with everything imported: tests start hundreds of them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.forking import Forker
from arena_local.daemon.owner import TEMPORARY
from arena_local.daemon.state import State
from arena_local.kubelet.runtime import marked
from arena_local.testing import LocalCluster, make_pod


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    made = Forker()
    yield made
    made.close()
    assert made.process is not None and made.process.wait(10) == 0, "it ends with whoever has started it"


def test_a_forked_daemon_is_a_daemon_and_ends_without_a_trace(forker: Forker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAID_LATER", "yes")
    state = State(tmp_path / "local")
    state.save_options(Options(operators=False))
    daemon, started = control.start(state, by=forker.spawn)
    try:
        assert started and daemon.alive and daemon.pid != os.getpid()
        assert forker.process is not None and os.getsid(daemon.pid) == daemon.pid != forker.process.pid
        assert str(Path(f"/proc/{daemon.pid}/cwd").readlink()) == str(state.folder)
        assert [str(Path(f"/proc/{daemon.pid}/fd/{fd}").readlink()) for fd in range(3)] == [
            os.devnull,
            *[str(state.folder / "daemon.out")] * 2,
        ]
    finally:
        assert control.stop(state)
    assert not daemon.alive and not Path(f"/proc/{daemon.pid}").exists()


@pytest.mark.parametrize("forked", [True, False])
def test_a_daemon_ends_with_whoever_has_started_it_for_himself(forker: Forker, tmp_path: Path, *, forked: bool) -> None:
    """Killed, he ended nothing: daemon, pods and a temporary folder stayed."""
    state = State(tmp_path / "base" / "local")
    state.save_options(Options(operators=False))
    (tmp_path / "base" / TEMPORARY).touch()
    end, held = os.pipe()
    with subprocess.Popen(["sleep", "600"], pass_fds=[held]) as owner:
        os.close(held)
        daemon, _ = control.start(state, by=partial(forker.spawn if forked else control.spawn, owner=end))
        os.close(end)
        cluster = LocalCluster(state, f"http://127.0.0.1:{daemon.port}/{state.token()}")
        cluster.create(make_pod("default", "p", ["sleep", "600"]))
        pod = cluster.wait_phase("default", "p", "Running", timeout=60)
        assert list(marked(pod["metadata"]["uid"]))
        owner.kill()
    cluster.until(lambda: not daemon.alive, 60, "the end of the daemon")
    assert not list(marked(pod["metadata"]["uid"]))
    assert not (tmp_path / "base").exists()


def test_why_one_does_not_start_is_heard(forker: Forker, tmp_path: Path) -> None:
    state = State(tmp_path / "local")
    state.prepare()
    state.database.write_text("no database at all, and longer than a header of one hundred bytes would have to be for SQLite" * 2)
    with pytest.raises(control.StartFailed, match="database"):
        control.start(state, by=forker.spawn)


def test_another_interpreter_is_not_forked(forker: Forker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forker.begin()
    asked: list[State] = []
    monkeypatch.setattr(control, "spawn", lambda state, owner: asked.append(state))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    forker.spawn(state := State(tmp_path / "local"))
    assert asked == [state], "what lies there would not be imported"


def test_a_daemon_waits_until_a_killed_one_has_let_go(tmp_path: Path) -> None:
    """The threads of a process that was killed may hold its lock for a moment when nobody sees it any more."""
    state = State(tmp_path / "local")
    state.prepare()
    with (state.folder / "daemon.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(0.2, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
        with state.serving() as mine:
            assert mine
