"""The main job: two processes train together, whatever kubeconfig there is, also from an installed wheel; and the same with torch."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def finished(text: str) -> list[tuple[str, float, str]]:
    """Return (rank, accuracy, checksum) of every rank's last line."""
    return [(r, float(a), c) for r, a, c in re.findall(r"\[rank (\d/\d)\] done: test accuracy ([\d.]+), weight checksum (\w+)", text)]


def test_the_demo_trains_on_two_ranks_and_leaves_the_job(machine: Any) -> None:
    elsewhere = machine.home / "other"
    elsewhere.write_text("apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n")
    names = []
    for _ in range(2):
        printed = machine.sh(f"KUBECONFIG={elsewhere} arena demo", timeout=60)
        ranks = finished(printed)
        assert [r for r, _, _ in sorted(ranks)] == ["0/2", "1/2"]
        assert all(accuracy > 0.9 for _, accuracy, _ in ranks)
        assert len({checksum for _, _, checksum in ranks}) == 1, "all ranks end with the same weights"
        for rank in ("0/2", "1/2"):
            losses = [float(x) for x in re.findall(rf"\[rank {rank}\] epoch +\d+/12  loss ([\d.]+)", printed)]
            assert len(losses) == 12 and losses[-1] < losses[0] / 3
        found = re.search(r"Name: +(\S+)", printed)
        assert found
        names.append(found[1])
        assert str(machine.kubeconfig) in printed, "the next commands lead to the local cluster"
    assert len(set(names)) == 2
    listed = machine.sh(f"arena list --config {machine.kubeconfig}")
    assert all(name in listed for name in names)
    machine.sh(f"arena delete {' '.join(names)} --config {machine.kubeconfig}")


def test_the_demo_refuses_what_is_no_number(machine: Any) -> None:
    assert "--workers" in machine.sh("arena demo --workers none", code=2)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_the_same_with_torch(machine: Any) -> None:
    python = sys.executable
    machine.sh(
        f"arena submit pytorchjob --name torch-ddp --image pytorch/pytorch --workers 2 --clean-task-policy None --wait '{python} train.py'",
        cwd=ROOT / "examples" / "torch-ddp",
        timeout=110,
    )
    printed = machine.sh("arena logs torch-ddp --all-instances")
    sums = re.findall(r"\[rank \d/2\] done: loss [\d.]+, weight checksum (\w+)", printed)
    assert len(sums) == 2 and len(set(sums)) == 1
    machine.sh("arena delete torch-ddp")


def test_examples_need_nothing_but_python() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "train.py"],
        cwd=ROOT / "examples" / "digits-ddp",
        env={"EPOCHS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0 and "[rank 0/1] epoch  1/1" in done.stdout, done.stderr
