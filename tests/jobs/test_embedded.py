"""The library inside a plain script: it prints nothing, configures nothing, and may be used by several threads."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

SCRIPT = """
import json, logging, os, signal, sys, threading, warnings

def state():
    return {
        "handlers": [str(h) for h in logging.getLogger().handlers],
        "levels": [logging.getLogger().level, logging.getLogger("arena_core").level],
        "signals": [str(signal.getsignal(s)) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)],
        "hook": sys.excepthook is sys.__excepthook__,
        "environment": dict(os.environ),
        "directory": os.getcwd(),
        "streams": [sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors],
    }

before = state()
from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, AlreadyExists, InvalidArguments, NotFound

with ArenaClient(kubeconfig=sys.argv[1], namespace=sys.argv[2]) as arena:
    failures = []

    def work(number):
        try:
            name = f"thread-{number}"
            arena.submit("pytorchjob", {"name": name, "image": "x", "command": f"echo {number}"})
            assert arena.wait(name, timeout=60).status.phase == "SUCCEEDED"
            assert [line.text for line in arena.logs(name)] == [str(number)]
            assert arena.get(name).name == name
            assert name in [job.name for job in arena.list().jobs]
            assert arena.delete(name)[0].ok
        except BaseException as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not failures, failures
    for wrong, kind in (
        (lambda: arena.get("none"), NotFound),
        (lambda: arena.submit("pytorchjob", {"name": "Bad", "image": "", "wrokers": 1}), InvalidArguments),
        (lambda: list(arena.logs("none")), NotFound),
    ):
        try:
            wrong()
        except kind as error:
            assert isinstance(error, ArenaError) and error.message and error.exit_code
        else:
            raise AssertionError(kind)
    assert not arena.delete("none")[0].ok
assert [t for t in threading.enumerate() if not t.daemon] == [threading.main_thread()]
after = state()
assert before == after, (before, after)
heavy = {m.partition(".")[0] for m in sys.modules} & {"typer", "rich", "structlog", "kubernetes", "click"}
assert not heavy, heavy
"""


def test_a_plain_script_hears_nothing_and_finds_everything_as_it_was(local_cluster: Any) -> None:
    namespace = local_cluster.namespace("embedded")
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(local_cluster.kubeconfig), namespace]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
