"""What job types say of themselves is kept on disk: it never says anything else than their code."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from arena_core.registry import Registry
from arena_core.registry.index import Index
from arena_core.registry.noted import FACTS, place

PLUGIN = """
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobStatus, JobType, Phase, Resource
from {name}.kind import KIND

ARENA_CONTRACT = 2

@hookimpl
def arena_job_type():
    return JobType(name="{name}", resource=Resource(KIND.lower() + ".example.com", "v1", KIND, KIND.lower() + "s", older=("v1beta1",)), args="x:y")

@hookimpl
def arena_build_manifests(args):
    return []

@hookimpl
def arena_job_status(view):
    return JobStatus(Phase.RUNNING)
"""
#: Prints the kinds, by name, what was imported to say so, and what a status is then.
PROBE = """
import sys
from arena_core.contract.types import JobView
from arena_core.registry import Registry
r = Registry(indexed=True)
kinds = {h.job_type.name: h.job_type.resource for h in r.each() if h.job_type.name.startswith("zz")}
loaded = sorted(m for m in sys.modules if m.startswith("zz") and m.endswith(".plugin"))
status = [r.get(name).status(JobView({})).phase.value for name in kinds]
print(repr([{name: (k.kind, k.key, k.older) for name, k in kinds.items()}, loaded, status]))
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    for name in ("zzone", "zztwo"):
        install(folder, name, name.title())
    return folder


def install(folder: Path, name: str, kind: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    (folder / name).mkdir()
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[arena.jobs]\n{name} = {name}.plugin\n")
    write(folder / name / "__init__.py", "")
    write(folder / name / "plugin.py", PLUGIN.format(name=name))
    write(folder / name / "kind.py", f"KIND = {kind!r}\n")


def write(path: Path, text: str, ago: float = 60) -> None:
    """Write a module as one that was there before; what is written just now may change once more within the same tick."""
    path.write_text(text)
    then = time.time() - ago
    os.utime(path, (then, then))


def probe(tmp_path: Path, site: Path) -> Any:
    env = {**os.environ, "ARENA_HOME": str(tmp_path / "home"), "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    script = tmp_path / "probe.py"
    if not script.exists():
        write(script, PROBE)
    done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=True, timeout=60)
    return eval(done.stdout)


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home" / "cache").glob("job-types-*"))


def test_an_unchanged_type_is_not_imported_to_be_asked_for_its_kind(tmp_path: Path, site: Path) -> None:
    kinds = {"zzone": ("Zzone", "zzones.zzone.example.com", ("v1beta1",)), "zztwo": ("Zztwo", "zztwos.zztwo.example.com", ("v1beta1",))}
    assert probe(tmp_path, site) == [kinds, ["zzone.plugin", "zztwo.plugin"], ["RUNNING", "RUNNING"]]
    assert kept(tmp_path)[0].stat().st_mode & 0o077 == 0
    assert probe(tmp_path, site) == [kinds, [], ["RUNNING", "RUNNING"]]

    # Another module of the plugin than the one of its entry point says another kind.
    write(site / "zzone" / "kind.py", "KIND = 'Other'\n", ago=50)
    assert probe(tmp_path, site)[0]["zzone"][0] == "Other"
    install(site, "zznew", "Zznew")
    assert list(probe(tmp_path, site)[0]) == ["zznew", "zzone", "zztwo"]
    assert probe(tmp_path, site)[1] == []

    # A module that has just been written may change again without another time: nothing is kept then.
    write(site / "zztwo" / "kind.py", "KIND = 'Later'\n", ago=0)
    assert probe(tmp_path, site)[1] and probe(tmp_path, site)[0]["zztwo"][0] == "Later"

    # What is damaged does not count, and what tells something else than the code is removed.
    write(site / "zztwo" / "kind.py", "KIND = 'Zztwo'\n", ago=40)
    probe(tmp_path, site)
    [path] = kept(tmp_path)
    whole = path.read_text()
    for text in ("", whole[: len(whole) // 2], whole.replace("\tv1\t", "\t", 1), "arena job types 9" + whole[17:], "\udc80"):
        path.write_text(text, errors="surrogateescape")
        assert probe(tmp_path, site)[0]["zztwo"][0] == "Zztwo", text[:40]
    path.write_text(whole.replace("\tZztwo\t", "\tLie\t"))
    assert probe(tmp_path, site)[0]["zztwo"][0] == "Lie"
    assert probe(tmp_path, site)[0]["zztwo"][0] == "Zztwo", "its code was asked for the status, and the index went"


def test_every_installed_type_is_the_same_from_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    monkeypatch.setattr("arena_core.registry.index._FRESH", -(10**18))
    for _ in range(2):
        registry = Registry(indexed=True)
        types = [handle.job_type for handle in registry.each()]
    plain = {handle.job_type.name: handle.job_type for handle in Registry().each()}
    if not plain:
        pytest.skip("no job type is installed")
    assert {one.name for one in types} == set(plain) and Index(place()).types
    for one in types:
        assert type(one).__name__ == "LaterType"
        assert one.resource == plain[one.name].resource and [getattr(one, n) for n in FACTS] == [getattr(plain[one.name], n) for n in FACTS]
        assert one.suspend_path == plain[one.name].suspend_path and one.container == plain[one.name].container
    from arena_core.cli import discover

    monkeypatch.setattr(discover, "registry", lambda: Registry(indexed=True))
    known = {"service": discover.servers(), "batch": discover.jobs()}
    assert {name: workload for workload, found in known.items() for name in (one.name for one in found)} == {
        name: one.workload for name, one in plain.items() if one.workload != "schedule"
    }
    place_of_it = Path(place())
    place_of_it.write_text(place_of_it.read_text().replace("\tservice\t", "\tbatch\t", 1))
    assert len(discover.jobs()) == len(known["batch"]) + 1, "what a type says counts, however its distribution's types are called"
