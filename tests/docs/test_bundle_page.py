"""docs/local-bundles.md cannot drift: its bundle is found through an entry point, and a Thing on the local cluster has a pod that runs."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from arena_local.testing import LocalCluster

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "local-bundles.md").read_text(encoding="utf-8")


def test_the_bundle_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, points = (re.search(rf"```{fence}\n(.*?)```", PAGE, re.S) for fence in ("python", "toml"))
    assert module and points
    (tmp_path / "arena_thing_local.py").write_text(module[1], encoding="utf-8")
    folder = tmp_path / "arena_thing_local-1.0.dist-info"  # as if it were installed
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: arena-thing-local\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[arena.local_controllers]\nthings = arena_thing_local:BUNDLE\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep))
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x", "namespace": "default"}}
    spec = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox", "command": ["sh", "-c", "echo it ran"]}]}
    with LocalCluster.start() as cluster:
        things = "/apis/example.com/v1/namespaces/default/things"
        code, refused = cluster.request("POST", things, {**thing, "spec": {"template": {}}})
        assert code == 403
        assert "a Thing without containers does nothing" in refused["message"]
        code, made = cluster.request("POST", things, {**thing, "spec": {"template": {"spec": spec}}})
        assert code == 201, made
        deadline = time.monotonic() + 60
        while cluster.request("GET", f"{things}/x")[1].get("status", {}).get("phase") != "Succeeded" and time.monotonic() < deadline:
            time.sleep(0.1)
        assert cluster.request("GET", f"{things}/x")[1]["status"] == {"phase": "Succeeded"}
        assert cluster.request("GET", "/api/v1/namespaces/default/pods/x-0/log")[1] == "it ran\n"
