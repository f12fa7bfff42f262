"""C15: a job type whose part of the local cluster is broken takes nothing with it, and is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena_core.contract import version
from arena_local.sdk import installed
from arena_local.testing import LocalCluster, make_pod

HEAD = """
import time
from arena_local.sdk.bundle import Bundle
class Controller:
    name, resource, owns, watches = "{name}", "configmaps", (), {{}}
    def __init__(self, api): pass
    def reconcile(self, namespace, name):
        {body}
BUNDLE = Bundle(name="{name}", controllers=({factory},))
"""
MODULES = {
    "five": "BUNDLE = 5",
    "unimportable": "import there_is_no_such_module",
    "leaver": "import sys; sys.exit(3)",
    "sleeper": HEAD.format(name="sleeper", body="time.sleep(3600)", factory="Controller"),
    "raiser": HEAD.format(name="raiser", body="raise RuntimeError('no')", factory="Controller"),
    "shapeless": HEAD.format(name="shapeless", body="pass", factory="lambda api: object()"),
    "quotaless": "from arena_local.sdk.bundle import Bundle\nBUNDLE = Bundle(name='quotaless', quota=(5,))",
    "old": "from arena_local.sdk.bundle import Bundle\nBUNDLE = Bundle(name='old')",
    "badcrds": "from arena_local.sdk.bundle import Bundle\nBUNDLE = Bundle(name='badcrds', crds=lambda: [{'kind': 'x'}])",
}


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an installed distribution for each of the modules."""
    site = tmp_path / "site"
    for name, text in MODULES.items():
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[arena.local_controllers]\n{name} = {name}:BUNDLE\n")
        (site / f"{name}.py").write_text(text if name == "old" else f"ARENA_CONTRACT = 2\n{text}")
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    return site


@pytest.mark.usefixtures("broken")
def test_broken_bundles_take_nothing_with_them_and_are_named(tmp_path: Path) -> None:
    with LocalCluster.start(folder=tmp_path / "local") as cluster:
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}})
        cluster.create(make_pod("default", "p", "echo fine"))
        cluster.wait_phase("default", "p", "Succeeded", timeout=40)
        assert cluster.request("GET", "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs")[0] == 200, "the others are there"
        problems = cluster.until(lambda: (found := cluster.state.problems()) and any("sleeper" in p for p in found) and found, 40)
        for name in MODULES:
            if name != "raiser":
                assert [p for p in problems if name in p], (name, problems)
        assert any(p.startswith("five (five-dist): TypeError: expected an arena_local.sdk.bundle.Bundle, found int") for p in problems)
        assert any("old (old-dist): ValueError: was written for contract 1; this arena speaks 2" in p for p in problems)
        slowest = 0.0
        for _ in range(20):
            begun = time.monotonic()
            assert cluster.request("GET", "/api/v1/namespaces/default/configmaps")[0] == 200
            slowest = max(slowest, time.monotonic() - begun)
        assert slowest < 3


def test_both_sides_speak_one_contract() -> None:
    assert version.CONTRACT_VERSION == installed.CONTRACT_VERSION


def test_blocking_a_job_type_leaves_its_bundle_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_BLOCK_PLUGINS", "volcanojob, Arena_TFJob")
    names = {point.name for point in installed.unblocked()}
    assert "pytorchjob" in names and not {"volcanojob", "tfjob"} & names


PROGRAM = """
import signal, time
from arena_local.guard import TookTooLong, limited
try:
    with limited("it", 0.1), limited("inner"):
        time.sleep(60)
except TookTooLong as error:
    print(error)
with limited("it", 0.05):
    until = time.thread_time() + 0.5
    while time.thread_time() < until:
        pass
print(signal.getsignal(signal.SIGALRM) == signal.SIG_DFL)
"""


def test_what_waits_is_interrupted_and_what_computes_is_not() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=50)
    assert re.fullmatch(r"it kept the cluster waiting for \d+ s and was interrupted\nTrue\n", done.stdout)
