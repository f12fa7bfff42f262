"""The recordings of the Training Operator played against a running local cluster: the fast ones here, all by ``dev.py contract``."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

import pytest

from arena_local.testing import local_cluster  # noqa: F401  (a fixture)

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[5] / "shared")) / "recordings"
#: What a cluster of processes does otherwise at levels outcome, path or objects, and why.
KNOWN = {
    "pt-invalid": "accepted objects are deleted after two seconds: processes start faster than containers and come further",
    "tf-invalid": "as pt-invalid",
    "pt-invalid-update": "the worker runs before the job is handed to another manager",
}


def fast():
    import json

    if not SHARED.is_dir():
        return []
    return [n for n in json.loads((SHARED / "subsets.json").read_text())["fast"] if n.startswith(("pt-", "tf-"))]


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not here")
def test_fast_recordings_agree(local_cluster):  # noqa: F811
    def play(name):
        command = [sys.executable, str(SHARED / "replay.py"), "--kubeconfig", str(local_cluster.kubeconfig), "--level", "3", name]
        return name, subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)

    names = [n for n in fast() if n not in KNOWN]
    assert len(names) > 15
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(play, names))
    failed = {name: done.stdout for name, done in results if done.returncode}
    again = dict(play(name) for name in failed)
    assert not {name: done.stdout for name, done in again.items() if done.returncode}
