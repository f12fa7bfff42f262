"""The server goes away in the middle and comes back."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.usecases.create import Creation
from arena_local.testing import LocalCluster


def test_a_followed_log_and_a_wait_survive_a_crash_of_the_server(registry: Any, arena_home: Any) -> None:
    class Quiet:
        mutate_manifests = staticmethod(lambda submission: list(submission.manifests))
        validate_submission = staticmethod(lambda submission: [])
        after_submit = job_finished = staticmethod(lambda *args: None)

    with LocalCluster.start() as cluster:
        arena = ArenaClient(kubeconfig=str(cluster.kubeconfig), jobs=registry, extensions=Quiet())  # type: ignore[arg-type]
        command = "for i in $(seq 1 20); do echo line $i; sleep 0.15; done"
        arena.submit("dummy", {"name": "tough", "image": "x", "command": command})
        waited: list[Any] = []
        waiter = threading.Thread(target=lambda: waited.append(arena.wait("tough", timeout=30)))
        waiter.start()

        def crash() -> None:
            time.sleep(0.8)
            cluster.kill()
            time.sleep(0.3)
            cluster.restart()

        helper = threading.Thread(target=crash)
        helper.start()
        lines = [line.text.strip() for line in arena.logs("tough", follow=True)]
        helper.join()
        waiter.join(30)
        assert lines == [f"line {n}" for n in range(1, 21)], json.dumps(lines)
        assert waited and waited[0].status.phase == "SUCCEEDED"


def test_a_submission_that_was_killed_half_way_is_recognised(arena: Any, make: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # S17: what a `kill -9` between the job and its ConfigMap leaves
    (tmp_path / "x.conf").write_text("x=1")

    def killed(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Creation, "_child", killed)
    monkeypatch.setattr(Creation, "_undo", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        arena.submit("pytorchjob", make("half", config_files=[f"{tmp_path}/x.conf:/etc/x.conf"]))
    until = time.monotonic() + 20
    while "interrupted" not in (job := arena.get("half")).status.message and time.monotonic() < until:
        time.sleep(0.2)
    (cause, *_) = arena.explain(job)
    assert 'configmap "half-' in cause.message and "the submission was interrupted before it had made it" in cause.message
    assert cause.hint == "`arena delete half`, then submit it again" and cause.message == job.status.message
    assert arena.delete("half", wait=True)[0].ok
