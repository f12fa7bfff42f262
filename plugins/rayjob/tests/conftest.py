"""A local cluster with quick waits, and the library as its user."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena_core.client import ArenaClient
from arena_local.context import Options
from arena_local.testing import LocalCluster

DELAYS = {"rayjob.poll": 0.3, "rayjob.readiness": 1, "appwrapper.start": 0.3, "appwrapper.create": 0.1, "job.backoff": 0.2}


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[LocalCluster]:
    """A cluster of one node with 4 pretended GPUs, of which a queue has 2."""
    with LocalCluster.start(Options(resources={"nvidia.com/gpu": "4"}, quota={"nvidia.com/gpu": "2"}, delays=DELAYS)) as cluster:
        yield cluster


@pytest.fixture
def arena(ray_cluster: LocalCluster) -> Iterator[ArenaClient]:
    """The library, in a namespace of the test's own."""
    with ArenaClient(kubeconfig=str(ray_cluster.kubeconfig), namespace=ray_cluster.namespace("ray")) as client:
        yield client


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A PATH with everything but Ray, as a machine has it that lacks it: jobs keep the submitter's."""
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "ray").exists()]
    for name in ("python3", "python"):
        (tmp_path / name).symlink_to(sys.executable)
    # KubeRay's own init container asks every 5 s whether the head is there: here it asks sooner.
    quick = tmp_path / "sleep"
    quick.write_text(f'#!/bin/sh\nexec {shutil.which("sleep")} "$([ "$1" = 5 ] && echo 0.3 || echo "$1")"\n')
    quick.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), *folders]))


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a real ``ray`` (``ARENA_TEST_RAY``), whose folder is the first on the submitter's PATH: ``python`` is its Python."""
    found = os.environ.get("ARENA_TEST_RAY") or shutil.which("ray")
    if not found:
        pytest.skip("Ray is not installed (no `ray` on PATH): its real use is not tested here (pip install 'ray[default]')")
    monkeypatch.setenv("PATH", f"{Path(found).parent}{os.pathsep}{os.environ['PATH']}")
    return found
