"""Plugins of third parties, really installed: one that is healthy, and every way to be broken. None disturbs another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Environment

BAD = ("broken", "nodependency", "misspelt", "unmarked", "toonew", "raises", "clashone", "clashtwo")
SUBMIT = ("--name", "x", "--image", "busybox", "--dry-run", "client", "-o", "json")


@pytest.fixture
def crowd(environment: Environment) -> Environment:
    """Return an environment with our PyTorchJob, the healthy third party and all the broken ones."""
    environment.install("arena-core", "arena-pytorchjob", "arena-echo", *BAD)
    return environment


def test_broken_plugins_are_reported_and_disturb_nobody(crowd: Environment) -> None:
    listed = crowd.run("arena", "plugins", "list", "-o", "json")
    rows = {(r["name"], r["distribution"]): r for r in json.loads(listed.stdout) if r["kind"] == "job type"}
    assert rows["echojob", "arena-echo"] | {"aliases": None} == {
        "kind": "job type",
        "name": "echojob",
        "distribution": "arena-echo",
        "version": "1.2.0",
        "status": "installed",
        "summary": "A third party's job type: says something, on a plain Job",
        "detail": "",
        "aliases": None,
    }
    assert rows["pytorchjob", "arena-clashtwo"]["status"] == "name clash"
    checked = crowd.run("arena", "plugins", "check", "-o", "json", code=1)
    states = {(r["name"], r["distribution"]): (r["status"], r["detail"]) for r in json.loads(checked.stdout) if r["kind"] == "job type"}
    assert states["echojob", "arena-echo"] == ("ok", "")
    assert states["brokenjob", "arena-broken"] == ("broken", "cannot be imported: RuntimeError: boom at import")
    assert states["nodepjob", "arena-nodependency"][0] == "missing dependency"
    assert "surely_not_installed_anywhere" in states["nodepjob", "arena-nodependency"][1]
    assert states["misspeltjob", "arena-misspelt"][0] == "misspelt hook"
    assert (
        "arena_build_manifest is not a hook of the contract; did you mean arena_build_manifests?"
        in states["misspeltjob", "arena-misspelt"][1]
    )
    assert "arena_build_manifests is not marked with @hookimpl" in states["unmarkedjob", "arena-unmarked"][1]
    assert states["toonewjob", "arena-toonew"] == ("too new", "was written for contract 99; this arena speaks 2")
    assert states["twicejob", "arena-clashone"] == ("name clash", "twicejob is also claimed by arena-clashtwo")
    assert states["twicejob", "arena-clashtwo"] == ("name clash", "twicejob is also claimed by arena-clashone")
    assert states["pytorchjob", "arena-pytorchjob"][0] == "name clash"
    assert states["raisesjob", "arena-raises"][0] == "ok"

    for job_type, kind in (("pytorchjob", "PyTorchJob"), ("echojob", "Job"), ("echo", "Job")):
        made = crowd.run("arena", "submit", job_type, *SUBMIT, "echo hello")
        assert f'"kind": "{kind}"' in made.stdout, job_type
    assert "echojob" in crowd.run("arena", "submit", "--help").stdout
    assert "--times" in crowd.run("arena", "submit", "echojob", "--help").stdout


def test_where_a_broken_one_is_asked_for_it_is_named(environment: Environment) -> None:
    environment.install("arena-core", *BAD)
    expected = {
        "brokenjob": ("arena-broken", "boom at import", "ARENA_BLOCK_PLUGINS=brokenjob"),
        "nodepjob": ("arena-nodependency", "surely_not_installed_anywhere"),
        "misspeltjob": ("arena-misspelt", "arena_build_manifest ", "arena_build_manifests"),
        "toonewjob": ("arena-toonew", "contract 99"),
        "twicejob": ("arena-clashone", "arena-clashtwo"),
        "raisesjob": ("arena-raises", "arena_validate", "ZeroDivisionError"),
    }
    for job_type, words in expected.items():
        refused = environment.run("arena", "submit", job_type, *SUBMIT, "true", code=9)
        assert "Traceback" not in refused.stderr
        assert all(word in refused.stderr for word in words), refused.stderr


def test_blocking_switches_plugins_off(crowd: Environment) -> None:
    blocked = {"ARENA_BLOCK_PLUGINS": "brokenjob, arena-clashone,arena-clashtwo,arena_nodependency,misspeltjob,unmarkedjob,toonewjob"}
    checked = crowd.run("arena", "plugins", "check", "-o", "json", code=0, **blocked)
    states = {(r["name"], r["distribution"]): r["status"] for r in json.loads(checked.stdout) if r["kind"] == "job type"}
    assert states["pytorchjob", "arena-pytorchjob"] == "ok"
    assert states["brokenjob", "arena-broken"] == "blocked"
    refused = crowd.run("arena", "submit", "brokenjob", *SUBMIT, "true", code=9, **blocked)
    assert "blocked" in refused.stderr


def test_the_healthy_one_conforms(environment: Environment) -> None:
    environment.install("arena-core", "arena-echo")
    tests = Path(environment.folder, "test_echo.py")
    tests.write_text(
        "from arena_core.testing.conformance import JobTypeConformance\n"
        "from arena_core.testing.samples import PLAIN_JOB_LABELS, plain_job_samples\n"
        "from arena_echo import plugin\n\n\n"
        "class TestEcho(JobTypeConformance):\n"
        "    plugin = plugin\n"
        "    samples = plain_job_samples()\n"
        "    operator_labels = PLAIN_JOB_LABELS\n"
        "    examples = 15\n"
        '    minimal = {"name": "x", "image": "busybox", "command": "true"}\n'
        '    full = {"workers": 2, "gpus": 1, "kueue_queue": "team"}\n'
        '    effects = {"times": {"command": [], "say": "x", "times": 3}}\n'
    )
    done = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests))
    assert done.stdout.count(".") >= 30, done.stdout
