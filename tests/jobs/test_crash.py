"""The server goes away in the middle and comes back."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from arena_core.client import ArenaClient
from arena_local.testing import LocalCluster


def test_a_followed_log_and_a_wait_survive_a_crash_of_the_server(registry: Any, arena_home: Any) -> None:
    class Quiet:
        mutate_manifests = staticmethod(lambda manifests, target: manifests)
        validate_submission = staticmethod(lambda manifests, target: [])
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
        lines = [line.text.decode().strip() for line in arena.logs("tough", follow=True)]
        helper.join()
        waiter.join(30)
        assert lines == [f"line {n}" for n in range(1, 21)], json.dumps(lines)
        assert waited and waited[0].status.phase == "SUCCEEDED"
