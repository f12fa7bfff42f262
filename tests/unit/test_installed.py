"""What distributions offer is kept beside Python's byte code: it is never anything else than their metadata say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from arena_core import installed
kept = installed._kept() is not None
print(kept, *[f"{o.name}={o.value}@{o.version}" for o in installed.offers("arena.jobs") if o.name.startswith("zz")])
"""


def aged(path: Path, ago: float = 60) -> None:
    """Make it one that was there before: what was written just now may change once more at the same time."""
    then = time.time() - ago
    os.utime(path, (then, then))


def install(site: Path, name: str, ago: float = 60) -> Path:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[arena.jobs]\n{name} = {name}.plugin\n")
    for path in (*info.iterdir(), info, site):
        aged(path, ago)
    return info


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    install(folder, "zzone")
    return folder


def probe(tmp_path: Path, site: Path, **environment: str) -> str:
    script = tmp_path / "scripts" / "probe.py"
    if not script.exists():
        script.parent.mkdir()
        script.write_text(PROGRAM)
        aged(script)
        aged(script.parent)
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONPATH": str(site), "PYTHONPYCACHEPREFIX": str(tmp_path / "code"), **environment}
    return subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_offers_are_kept_until_something_changes(tmp_path: Path, site: Path) -> None:
    assert probe(tmp_path, site, PYTHONDONTWRITEBYTECODE="1") == "False zzone=zzone.plugin@1.0"
    assert not list((tmp_path / "code").rglob("*.offers"))
    assert probe(tmp_path, site) == "False zzone=zzone.plugin@1.0"
    assert probe(tmp_path, site) == "True zzone=zzone.plugin@1.0"
    [path] = (tmp_path / "code").rglob("*.offers")

    info = install(site, "zztwo", ago=50)
    assert probe(tmp_path, site) == "False zzone=zzone.plugin@1.0 zztwo=zztwo.plugin@1.0"
    # Rewritten in its place: its folder does not tell.
    (info / "entry_points.txt").write_text("[arena.jobs]\nzztwo = zztwo.other\n")
    aged(info / "entry_points.txt", 40)
    assert probe(tmp_path, site) == "False zzone=zzone.plugin@1.0 zztwo=zztwo.other@1.0"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: zztwo\nVersion: 2.0\n")
    aged(info / "METADATA", 40)
    assert probe(tmp_path, site).endswith("zztwo.other@2.0") and probe(tmp_path, site).startswith("True")
    shutil.rmtree(info)
    aged(site, 30)
    assert probe(tmp_path, site) == "False zzone=zzone.plugin@1.0"

    whole = path.read_text()
    for text in ("", whole[: len(whole) // 2], whole[:-1], "arena offers 9" + whole[14:], whole.replace("\t", " "), "\udcff"):
        path.write_text(text, errors="surrogateescape")
        assert probe(tmp_path, site) == "False zzone=zzone.plugin@1.0", text[:40]

    # What is new at this moment may change again at the same time: nothing is kept.
    install(site, "zznow", ago=0)
    assert probe(tmp_path, site) == probe(tmp_path, site) == "False zznow=zznow.plugin@1.0 zzone=zzone.plugin@1.0"
