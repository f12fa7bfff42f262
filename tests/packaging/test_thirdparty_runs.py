"""The healthy third-party job type on a running cluster: submit, list, get, logs, delete, without a line of ours changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arena_local.testing import LocalCluster
from tests import installing

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, str]) -> Iterator[Run]:
    """Return a way to call the command line with ``arena-echo`` installed, against a cluster of its own."""
    tmp_path = tmp_path_factory.mktemp("thirdparty")
    place = tmp_path / "installed"
    done = installing.install(
        Path(sys.executable), "--no-index", "--no-deps", "--target", str(place), wheels["arena-echo"], cache=tmp_path / "uv"
    )
    assert done.returncode == 0, done.stderr
    with LocalCluster.start() as cluster:
        env = {k: v for k, v in os.environ.items() if not k.startswith("ARENA_")}
        env |= {
            "KUBECONFIG": str(cluster.state.kubeconfig),
            "PYTHONPATH": str(place),
            "ARENA_HOME": str(tmp_path / "home"),
            "NO_COLOR": "1",
        }

        def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", "import sys; from arena_core.cli.main import main; sys.exit(main())", *words]
            done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
            assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            return done

        yield run


def test_a_third_partys_job_lives_like_ours(arena: Run) -> None:
    assert "echojob" in arena("submit", "--help").stdout
    said = 'it\'s $$ "quoted" $(gpus) {{ x }}'
    assert (
        "job.batch/e1 created" in arena("submit", "echojob", "--name", "e1", "--image", "busybox", "--workers", "2", "--say", said).stdout
    )
    arena("wait", "e1", "--for", "succeeded", "--timeout", "30s")
    (listed,) = json.loads(arena("list", "-o", "json").stdout)
    assert (listed["name"], listed["status"], listed["trainer"]) == ("e1", "SUCCEEDED", "echojob")
    assert [i["chief"] for i in json.loads(arena("get", "e1", "-o", "json").stdout)["instances"]] == [True, False]
    assert arena("logs", "e1").stdout == f"{said}\n"
    assert arena("logs", "e1", "-i", "worker-1").stdout == f"{said}\n"
    arena("submit", "echojob", "--name", "e1", "--image", "busybox", "--say", "again", code=4)
    refused = arena("submit", "echojob", "--name", "e2", "--image", "busybox", "--times", "0", code=2)
    assert "--times" in refused.stderr
    arena("delete", "e1")
    deadline = time.monotonic() + 10
    while json.loads(arena("list", "-o", "json").stdout) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert json.loads(arena("list", "-o", "json").stdout) == []


def test_it_runs_inside_an_appwrapper(arena: Run) -> None:
    arena("submit", "appwrapperjob", "--inner-type", "echojob", "--name", "w1", "--image", "busybox", "--workers", "2", "echo wrapped")
    arena("wait", "w1", "--for", "succeeded", "--timeout", "60s")
    (listed,) = json.loads(arena("list", "-o", "json").stdout)
    assert (listed["name"], listed["trainer"]) == ("w1", "appwrapperjob"), "the inner job is listed under its owner, once"
    assert sorted(arena("logs", "w1", "--all-instances").stdout.splitlines()) == ["worker-0 wrapped", "worker-1 wrapped"]
    arena("submit", "appwrapperjob", "--inner-type", "echojob", "--name", "w2", "--image", "busybox", "--say", "no command is needed")
    arena("wait", "w2", "--for", "succeeded", "--timeout", "60s")
    assert arena("logs", "w2").stdout == "no command is needed\n"
