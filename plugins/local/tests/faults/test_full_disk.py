"""C7: a disk that fills up loses no end of a job, and says so where something cannot start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arena_local.testing import make_pod

CAN_MOUNT = (
    subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0 if shutil.which("unshare") else False
)
pytestmark = pytest.mark.skipif(not CAN_MOUNT, reason="the kernel allows no mount name space")


def fill(folder: Path) -> Path:
    """Take all that is left of the disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        for size in (65536, 4096, 512):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                continue
    return filler


def on_a_disk(disk: Path, megabytes: int, *command: str) -> list[str]:
    script = f"mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs {disk} && exec {' '.join(command)}"
    return ["unshare", "-rm", "sh", "-c", script]


def test_a_job_that_ends_well_while_the_disk_is_full_has_ended_well(tmp_path: Path, run: Any) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    daemon = on_a_disk(disk, 8, sys.executable, "-m", "arena_local.daemon", "--state", f"{disk}/local")
    with run(disk / "local", daemon, "/proc/{pid}/root") as cluster:
        go = f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"
        cluster.create(make_pod("default", "good", f"echo first; {go}; seq 1 20; echo last words"))
        cluster.create(make_pod("default", "bad", f"echo first; {go}; echo sorry; exit 7"))
        for name in ("good", "bad"):
            cluster.wait_phase("default", name, "Running", timeout=30)
            cluster.until(lambda name=name: cluster.logs("default", name))
        filler = fill(cluster.state.folder)
        assert cluster.request("PUT", "/api/v1/namespaces/default/pods/none", {})[0] in (400, 404, 422), "reading goes on"
        (tmp_path / "go").touch()
        folder = cluster.state.folder / "pods"
        for name in ("good", "bad"):
            exits = folder / cluster.pod("default", name)["metadata"]["uid"] / "c" / "0.exit.json"
            cluster.until(lambda exits=exits: exits.read_text().strip(), 30)
        filler.unlink()
        good = cluster.wait_phase("default", "good", "Succeeded", timeout=30)
        bad = cluster.wait_phase("default", "bad", "Failed", timeout=30)
        ends = [pod["status"]["containerStatuses"][0]["state"]["terminated"] for pod in (good, bad)]
        assert [(end["exitCode"], end["reason"]) for end in ends] == [(0, "Completed"), (7, "Error")]
        assert cluster.logs("default", "good").split("\n") == ["first", *map(str, range(1, 21)), "last words", ""]
        assert cluster.logs("default", "bad") == "first\nsorry\n"


def test_what_cannot_start_on_a_full_disk_waits_with_the_reason(tmp_path: Path, run: Any) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    pods = f"mkdir -p {disk}/local/pods && mount -t tmpfs -o size=1m tmpfs {disk}/local/pods && exec"  # there is room for the API's objects
    daemon = on_a_disk(disk, 8, f"sh -c '{pods} {sys.executable} -m arena_local.daemon --state {disk}/local'")
    with run(disk / "local", daemon, "/proc/{pid}/root") as cluster:
        filler = cluster.state.folder / "pods" / "filler"
        filler.write_bytes(b"x" * ((1 << 20) - 50_000))
        cluster.create(make_pod("default", "late", "echo late"))

        def told() -> Any:
            status = (cluster.pod("default", "late")["status"].get("containerStatuses") or [{"state": {}}])[0]
            return status["state"].get("waiting", {}).get("reason") == "CreateContainerError" and status["state"]["waiting"]["message"]

        assert "No space left on device" in cluster.until(told, 30)
        filler.unlink()
        cluster.wait_phase("default", "late", "Succeeded", timeout=30)


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_start_on_a_full_disk_says_that_it_is_full(tmp_path: Path, size: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"head -c 64M /dev/zero > {disk}/filler 2>/dev/null; truncate -s -{size} {disk}/filler; "
    arena = f"{sys.executable} -c 'from arena_core.cli.start import start; start()' local"
    script += f"{arena} up; code=$?; rm {disk}/filler; {arena} down; exit $code"
    command = ["unshare", "-rm", "sh", "-c", f"mount -t tmpfs -o size=2m,mode=700 tmpfs {disk}; {script}"]
    environment = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | {"ARENA_HOME": str(disk), "HOME": str(disk)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert done.returncode == 6, done.stderr
    assert "No space left on device" in done.stderr or "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
