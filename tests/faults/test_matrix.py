"""Every command × every fault × every request: the right result or one clear line; never a traceback, a hang, a doubled or half job.

One fault strikes one request of the command, each in turn (of commands that read every other one, and the next command by the
others; ``ARENA_FAULTS=all`` plays them all, everywhere). A command that ends with 0 has the result of a run without faults, or
says on stderr what it could not see; one that fails has said why in one line and left nothing half-made unmentioned. Jobs that are
still running have a file of their own (``test_matrix_running``).
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from arena_core.usecases import asking
from arena_local.testing import LocalCluster
from tests.faults.harness import JOBS, LIMIT, Cell, Done, Findings, Shell, Spot, cells, count, fair, in_order_once, judged

pytestmark = LIMIT

LINES = [f"line {n}" for n in range(1, 201)]
#: A server that says "not found" is believed, as it must be: nobody can tell that it lies.
BELIEVED = frozenset(["404"])

#: Jobs to look at: how they are submitted, and what is waited for.
MADE: dict[str, tuple[tuple[str, ...], str]] = {
    "done": (("pytorchjob", "--clean-task-policy", "None", "seq -f 'line %.0f' 1 200"), "finished"),
    "failed": (("pytorchjob", "--clean-task-policy", "None", "echo why; exit 3"), "failed"),
    "waiting": (("pytorchjob", "--selector", "nosuch=label", "echo trained"), ""),
    "board": (("pytorchjob", "--clean-task-policy", "None", "--tensorboard", "echo trained"), "finished"),
    "wrapped": (("appwrapperjob", "--workers", "1", "true"), "finished"),
    "gang": (("volcanojob", "true"), "finished"),
}


@pytest.fixture
def make(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Make one of the jobs, past the proxy. Its TensorBoard fails, whether or not one is installed."""
    program = tmp_path / "bin" / "tensorboard"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def made(name: str) -> str:
        words, goal = MADE[name]
        done = shell.run("submit", words[0], "--name", name, "--image", "x", *words[1:], direct=True)
        assert done.code == 0, done.err
        if goal:
            assert shell.run("wait", name, "--for", goal, "--timeout", "60s", direct=True).code == 0
        until = time.monotonic() + 60
        while "--tensorboard" in words and "TensorBoard is not up" not in shell.run("why", name, direct=True).out:
            assert time.monotonic() < until, "the TensorBoard has not failed"
            threading.Event().wait(0.1)
        return name

    return made


class Reading(NamedTuple):
    """A command that only reads; ``many``: as where many job types are installed, so that requests go side by side."""

    words: tuple[str, ...]
    job: str = "done"
    many: bool = False


READING = {
    "list": Reading(("list",)),
    "list-json": Reading(("list", "-o", "json")),
    "list-all": Reading(("list", "-A")),
    "list-all-json": Reading(("list", "-A", "-o", "json")),
    "list-type": Reading(("list", "-T", "pytorchjob")),
    "list-many": Reading(("list",), many=True),
    "list-waiting": Reading(("list", "-o", "json"), "waiting"),
    "get": Reading(("get", "done")),
    "get-many": Reading(("get", "done"), many=True),
    "get-events": Reading(("get", "done", "-e")),
    "get-yaml": Reading(("get", "done", "-o", "yaml")),
    "get-waiting": Reading(("get", "waiting"), "waiting"),
    "get-board": Reading(("get", "board"), "board"),
    "get-board-json": Reading(("get", "board", "-o", "json"), "board"),
    "get-wrapped": Reading(("get", "wrapped"), "wrapped"),
    "get-gang": Reading(("get", "gang"), "gang"),
    "why": Reading(("why", "done")),
    "why-failed": Reading(("why", "failed"), "failed"),
    "why-waiting": Reading(("why", "waiting"), "waiting"),
    "why-board": Reading(("why", "board"), "board"),
    "wait": Reading(("wait", "done", "--timeout", "20s")),
    "wait-running": Reading(("wait", "done", "--for", "running", "--timeout", "20s")),
    "wait-failed": Reading(("wait", "failed", "--timeout", "20s"), "failed"),
    "whoami": Reading(("whoami",), ""),
}


def tolerated(cell: Cell) -> bool:
    """Whether nobody can tell that what a fault makes is not so: a server that says "not found", or that a short log is empty."""
    return cell.fault in BELIEVED or (cell.fault == "empty" and "/log?" in cell.at.kind)


def own(done: Done, namespace: str) -> Done:
    """Return an output without the jobs of other namespaces, which come and go."""
    if done.out.startswith("["):
        return done._replace(out=json.dumps([job for job in json.loads(done.out) if job["namespace"] == namespace], indent=1))
    return done._replace(out="\n".join(re.findall(rf"^(?:NAMESPACE|{namespace}) .*", done.out, re.MULTILINE)))


@pytest.mark.parametrize("name", READING)
def test_reading(shell: Shell, namespace: str, make: Callable[[str], str], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words, job, many = READING[name]
    if job:
        make(job)
    if many:
        monkeypatch.setattr(asking, "FEW", 0)
    select = (lambda done: own(done, namespace)) if "-A" in words else lambda done: done
    shell.run(*words)
    clean = select(shell.run(*words))
    assert clean.code == (20 if name == "wait-failed" else 0), clean.err
    found = Findings()
    for cell in cells(clean, list(READING).index(name), halved=True):
        done = select(shell.run(*words, fault=cell.fault, at=cell.at))
        found.add(cell, done, *fair(done), judged(done, clean, believed=tolerated(cell)))
    found.check()


LOGS = {
    "logs": ("logs", "done"),
    "logs-follow": ("logs", "done", "-f"),
    "logs-tail": ("logs", "done", "--tail", "20"),
    "logs-follow-tail": ("logs", "done", "-f", "--tail", "20"),
    "logs-all": ("logs", "done", "--all-instances"),
    "logs-instance": ("logs", "done", "-i", "master-0"),
}


@pytest.mark.parametrize("name", LOGS)
def test_logs(shell: Shell, make: Callable[[str], str], name: str) -> None:
    """What was written is shown once, in order, to the end, or the command fails: exit 0 means all of it (L1, S2, S4, S10)."""
    make("done")
    words = LOGS[name]
    clean = shell.run(*words)
    assert clean.code == 0, clean.err
    whole = [re.sub(r"^\S*master-0\S* +", "", line) for line in clean.out.splitlines()]
    assert whole == (LINES[-20:] if "tail" in name else LINES)
    found = Findings()
    for cell in cells(clean, list(LOGS).index(name), halved=True):
        done = shell.run(*words, fault=cell.fault, at=cell.at)
        found.add(cell, done, *fair(done), in_order_once(done, clean.out.splitlines()))
    found.check()


SUBMITS: dict[str, tuple[tuple[str, ...], str]] = {
    "pytorchjob": (("submit", "pytorchjob", "--image", "x", "--queue", "--tensorboard"), JOBS),
    "tfjob": (("submit", "tfjob", "--image", "x", "--queue"), "/apis/kubeflow.org/v1/namespaces/{}/tfjobs"),
    "volcanojob": (("submit", "volcanojob", "--image", "x"), "/apis/batch.volcano.sh/v1alpha1/namespaces/{}/jobs"),
    "appwrapperjob": (("submit", "appwrapperjob", "--image", "x"), "/apis/workload.codeflare.dev/v1beta2/namespaces/{}/appwrappers"),
    "dry-run": (("submit", "pytorchjob", "--image", "x", "--dry-run", "server"), JOBS),
}


@pytest.mark.parametrize("name", SUBMITS)
def test_submit(shell: Shell, namespace: str, local_cluster: LocalCluster, name: str) -> None:
    """One job or none; with exit 0 the whole job is there; a half job is taken back or named."""
    words, path = SUBMITS[name]
    path = path.format(namespace)
    deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    clean = shell.run(*words, "--name", "clean", "true", name="clean")
    assert clean.code == 0, clean.err
    with_board = "--tensorboard" in words
    found = Findings()
    for cell in cells(clean):
        job = f"j{cell.number}"
        done = shell.run(*words, "--name", job, "true", fault=cell.fault, at=cell.at, name=job)
        wrong = fair(done)
        there = count(local_cluster, path, job, ending=False)
        whole = not with_board or any(job in item["metadata"]["name"] for item in local_cluster.request("GET", deployments)[1]["items"])
        if done.code == 0 and there != (0 if name == "dry-run" else 1):
            wrong.append(f"says created, {there} jobs are there")
        if done.code == 0 and there and not whole:
            wrong.append("says created, and its TensorBoard is missing")
        if done.code and there and not any(word in done.err for word in (job, "may have been", "created")):
            wrong.append(f"fails and does not say that the job is there: {done.err.strip()!r}")
        if there:
            local_cluster.request("DELETE", f"{path}/{job}")
        found.add(cell, done, *wrong)
    found.check()


DELETES: dict[str, Callable[[str], tuple[str, ...]]] = {
    "delete": lambda job: ("delete", job),
    "delete-many": lambda job: ("delete", job),
    "delete-type": lambda job: ("delete", "-T", "pytorchjob", job),
    "delete-wait": lambda job: ("delete", job, "--wait"),
    "delete-label": lambda job: ("delete", "-l", f"job={job}"),
}


@pytest.mark.parametrize("name", DELETES)
def test_delete(shell: Shell, namespace: str, local_cluster: LocalCluster, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit 0 the job is gone, and only the one that was named."""
    path = JOBS.format(namespace)
    if name == "delete-many":
        monkeypatch.setattr(asking, "FEW", 0)

    def make(job: str) -> None:
        template = {"spec": {"containers": [{"name": "pytorch", "image": "x", "command": ["true"]}]}}
        spec = {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}}}
        metadata = {"name": job, "namespace": namespace, "labels": {"job": job}}
        local_cluster.create({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata, "spec": spec})

    make("stays")
    make("clean")
    clean = shell.run(*DELETES[name]("clean"), name="clean")
    assert clean.code == 0, clean.err
    found = Findings()
    for cell in cells(clean):
        job = f"j{cell.number}"
        make(job)
        done = shell.run(*DELETES[name](job), fault=cell.fault, at=cell.at, name=job)
        wrong = fair(done)
        there = count(local_cluster, path, job)
        if done.code == 0 and there and cell.fault not in BELIEVED:
            wrong.append("says deleted, and the job is there")
        if not count(local_cluster, path, "stays"):
            wrong.append("another job was deleted")
            make("stays")
        if there:
            local_cluster.request("DELETE", f"{path}/{job}")
        found.add(cell, done, *wrong)
    found.check()


@pytest.mark.parametrize("fault", ["403", "portal", "410"])
def test_a_job_whose_wrapper_cannot_be_read(
    shell: Shell, namespace: str, make: Callable[[str], str], local_cluster: LocalCluster, fault: str
) -> None:
    """A8, N3: the inner job of the same name was shown, and deleted, without a word in place of the whole."""
    make("wrapped")
    spot = Spot(f"GET /apis/workload.codeflare.dev/v1beta2/namespaces/{namespace}/appwrappers/wrapped", 0)
    for words in (("get", "wrapped"), ("logs", "wrapped")):
        done = shell.run(*words, fault=fault, at=spot)
        assert done.code == 0 and "not shown" in done.err and "appwrappers" in done.err, done
    done = shell.run("delete", "wrapped", fault=fault, at=spot)
    assert done.code in (5, 6) and "nothing was deleted" in done.err, done
    assert count(local_cluster, JOBS.format(namespace), "wrapped", ending=False) == 1
