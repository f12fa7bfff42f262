"""Crons on the local cluster, with its clock moved: jobs are made by real processes when their minute has come."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.cli.main import main
from arena_local.context import Options
from arena_local.testing import LocalCluster

FAST = {"kubelet.settle": 0.0, "job.batch": 0.0}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster.start(Options(movable_clock=True, delays=FAST)) as found:
        yield found


@pytest.fixture
def arena(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Run ``arena`` in a namespace of its own; returns what it printed."""
    for name, value in cluster.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    namespace = cluster.namespace("cron")

    def run(*words: str, code: int = 0) -> str:
        split = words.index("--") if "--" in words else len(words)
        found = main([*words[:split], "-n", namespace, *words[split:]] if words[0] != "cron" else [words[0], "-n", namespace, *words[1:]])
        out, err = capfd.readouterr()
        assert found == code, err
        return out + err

    run.namespace = namespace  # type: ignore[attr-defined]
    return run


def history(arena: Any, name: str) -> dict[str, str]:
    found = json.loads(arena("cron", "get", name, "-o", "json"))
    return {run["name"]: run["status"] for run in found["history"]}


@pytest.mark.parametrize(("kind", "more"), [("job", ()), ("pytorchjob", ("--workers", "2")), ("volcanojob", ())])
def test_a_cron_of_plain_kubernetes(arena: Any, cluster: LocalCluster, tmp_path: Path, kind: str, more: tuple[str, ...]) -> None:
    Path("train.py").write_text("print('trained')\n")
    flags = ("--name", "c", "--image", "x", "--schedule", "*/2 * * * *", "--time-zone", "Asia/Kolkata", "--history-limit", "1")
    made = arena("cron", kind, "--backend", "cron", *flags, *more, "python train.py")
    assert made.startswith("cronjob.batch/c created\n") and "warning" not in made
    row = arena("cron", "list").splitlines()[1]
    assert re.fullmatch(rf"c +{kind} +\*/2 \* \* \* \* \(Asia/Kolkata\) +false +N/A +Allow +in \w+ +N/A", row), row
    assert "no job has been made yet" in arena("cron", "get", "c")
    assert "it has made no job yet" in arena("logs", "c", code=3)
    seen: set[str] = set()
    for _ in range(2):
        cluster.advance(120)
        cluster.until(lambda: {name for name, done in history(arena, "c").items() if done == "SUCCEEDED"} - seen, 60)  # noqa: B023
        seen |= set(history(arena, "c"))
    assert len(seen) >= 2 and all(re.fullmatch(r"c-\d{8}", name) for name in seen), seen
    assert set(arena("logs", "c").splitlines()) == {"trained"}
    cluster.advance(120)
    cluster.until(lambda: len(history(arena, "c")) <= 2, 60, "the oldest is deleted")
    assert "\nc " in arena("list") and "c-" not in arena("list"), "what a cron has made is shown under it"
    assert "cron c suspend success" in arena("cron", "suspend", "c")
    assert "none: it is suspended" in arena("cron", "get", "c")
    assert "created" in arena("cron", "run-now", "c")
    cluster.until(lambda: any(len(name) == 12 and done == "SUCCEEDED" for name, done in history(arena, "c").items()), 60)
    assert "cron c resume success" in arena("cron", "resume", "c")
    assert "cron nope does not exist" in arena("cron", "delete", "nope", "c", code=3)
    assert arena("cron", "list", "--no-headers") == "" and arena("list", "--no-headers") == ""


@pytest.mark.parametrize(
    ("kind", "backend", "made"), [("tfjob", "auto", "cron.apps.kubedl.io"), ("volcanojob", "auto", "cronjob.batch.volcano.sh")]
)
def test_a_cron_of_an_operator(arena: Any, cluster: LocalCluster, kind: str, backend: str, made: str) -> None:
    flags = ("--name", "c", "--image", "x", "--schedule", "*/2 * * * *", "--time-zone", "Asia/Kolkata", "--backend", backend)
    assert arena("cron", kind, *flags, "echo trained").splitlines()[0] == f"{made}/c created"
    row = arena("cron", "list").splitlines()[1]
    assert re.fullmatch(rf"c +{kind} +\*/2 \* \* \* \* \(Asia/Kolkata\) +false +N/A +Allow +in \w+ +N/A", row), row
    assert history(arena, "c") == {} and "none is left" in arena("cron", "get", "c")
    (listed,) = json.loads(arena("cron", "list", "-o", "json"))
    assert listed["history"] is None, "a list does not look at the jobs"
    cluster.advance(120)
    cluster.until(lambda: list(history(arena, "c").values()) == ["SUCCEEDED"], 60)
    assert arena("logs", "c") == "trained\n" and "c-" not in arena("list")
    arena("cron", "suspend", "c")
    cluster.advance(600)
    assert len(history(arena, "c")) == 1
    assert "created" in arena("cron", "run-now", "c")
    cluster.until(lambda: list(history(arena, "c").values()) == ["SUCCEEDED", "SUCCEEDED"], 60)
    arena("cron", "resume", "c")
    cluster.until(lambda: len(history(arena, "c")) == 3, 60, "the newest that was missed")
    arena("cron", "delete", "c", "--wait")
    assert arena("list", "--no-headers") == ""


def test_policies_of_the_pod_that_makes_jobs(arena: Any, cluster: LocalCluster) -> None:
    for policy in ("Forbid", "Replace"):
        flags = ("--name", policy.lower(), "--image", "x", "--schedule", "* * * * *", "--concurrency-policy", policy)
        arena("cron", "pytorchjob", "--backend", "cron", *flags, "sleep 600")
    cluster.advance(60)
    cluster.until(lambda: set(history(arena, "forbid").values()) == set(history(arena, "replace").values()) == {"RUNNING"}, 60)
    first, old = history(arena, "forbid"), history(arena, "replace")
    cluster.advance(60)
    cluster.until(lambda: set(history(arena, "replace")) and not set(history(arena, "replace")) & set(old), 60)
    assert history(arena, "forbid") == first
    arena("cron", "delete", "forbid", "replace", "--wait")


def test_after_the_deadline_none_is_made(arena: Any, cluster: LocalCluster) -> None:
    flags = ("--name", "c", "--image", "x", "--schedule", "* * * * *", "--deadline", "2026-01-01T00:00:00Z")
    arena("cron", "job", "--backend", "cron", *flags, "true")
    assert "none: its deadline was 2026-01-01T00:00:00Z" in arena("cron", "get", "c")
    cluster.advance(60)
    _, jobs = cluster.request("GET", f"/apis/batch/v1/namespaces/{arena.namespace}/jobs?labelSelector=app%3Dcron-runner")
    (runner,) = jobs["items"]
    cluster.until(lambda: complete(cluster, runner), 60)
    assert history(arena, "c") == {}
    arena("cron", "delete", "c")


def complete(cluster: LocalCluster, job: Any) -> bool:
    own = job["metadata"]
    _, found = cluster.request("GET", f"/apis/batch/v1/namespaces/{own['namespace']}/jobs/{own['name']}")
    return any(row["type"] == "Complete" and row["status"] == "True" for row in found.get("status", {}).get("conditions", ()))
