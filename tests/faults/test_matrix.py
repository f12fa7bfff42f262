"""Every command × every fault × every request: the right result or one clear line; never a traceback, a hang, a doubled or half job.

One fault strikes one request of the command, at each position in turn. A command that ends with 0 has the result of a run without
faults, or says on stderr what it could not see; one that fails has said why in one line and left nothing half-made unmentioned.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from arena_core.cli import terminal
from arena_local.testing import LocalCluster
from tests.faults.harness import Shell, cells, fair, in_order_once, report, steady
from tests.faults.proxy import FaultProxy

LINES = [f"line {n}" for n in range(1, 201)]
COMMAND = "seq -f 'line %.0f' 1 200"
#: A server that says "not found" is believed, as it must be: nobody can tell that it lies.
BELIEVED = frozenset(["404"])
JOBS = "/apis/kubeflow.org/v1/namespaces/{}/pytorchjobs"


@pytest.fixture
def shell(
    proxy: FaultProxy,
    namespace: str,
    arena_home: Path,
    local_cluster: LocalCluster,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Shell:
    """A shell in the test's namespace. Pauses between tries are cut to a tenth: it is their end that is judged."""
    really = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: really(seconds / 10))
    monkeypatch.chdir(tmp_path)
    direct = proxy.kubeconfig(arena_home, namespace=namespace, context="direct")
    direct.write_text(direct.read_text().replace(proxy.url, local_cluster.server))
    return Shell(proxy, capfd, str(proxy.kubeconfig(arena_home, namespace=namespace)), str(direct))


@pytest.fixture
def finished(shell: Shell) -> str:
    """A job that has ended well, with a log of 200 lines."""
    done = shell.run("submit", "pytorchjob", "--name", "done", "--image", "x", "--clean-task-policy", "None", COMMAND, direct=True)
    assert done.code == 0, done.err
    assert shell.run("wait", "done", "--timeout", "60s", direct=True).code == 0
    return "done"


READING = {
    "list": ("list",),
    "list-json": ("list", "-o", "json"),
    "list-all": ("list", "-A"),
    "list-type": ("list", "-T", "pytorchjob"),
    "get": ("get", "done"),
    "get-events": ("get", "done", "-e"),
    "get-yaml": ("get", "done", "-o", "yaml"),
    "why": ("why", "done"),
    "wait": ("wait", "done", "--timeout", "20s"),
    "wait-running": ("wait", "done", "--for", "running", "--timeout", "20s"),
}


@pytest.mark.parametrize("name", READING)
def test_reading(shell: Shell, finished: str, name: str) -> None:
    words = READING[name]
    shell.run(*words)
    clean = shell.run(*words)
    assert clean.code == 0, clean.err
    assert clean.requests > 0
    found: dict[str, list[str]] = {}
    for at, fault in cells(clean.requests, list(READING).index(name)):
        done = shell.run(*words, fault=fault, at=at)
        cell = f"{fault} at {done.struck or at}"
        found[cell] = fair(done)
        believed = fault in BELIEVED
        if done.code == 0 and not believed and steady(done.out) != steady(clean.out) and not done.err.strip():
            found[cell].append(f"says 0 and shows something else without a word: {done.out[:300]!r}")
    assert not any(found.values()), report(found)


LOGS = {
    "logs": ("logs", "done"),
    "logs-follow": ("logs", "done", "-f"),
    "logs-tail": ("logs", "done", "--tail", "20"),
    "logs-follow-tail": ("logs", "done", "-f", "--tail", "20"),
    "logs-all": ("logs", "done", "--all-instances"),
    "logs-instance": ("logs", "done", "-i", "master-0"),
}


@pytest.mark.parametrize("name", LOGS)
def test_logs(shell: Shell, finished: str, name: str) -> None:
    """What was written is shown once, in order, to the end, or the command fails: exit 0 means all of it (L1, S2, S4, S10)."""
    words = LOGS[name]
    clean = shell.run(*words)
    assert clean.code == 0, clean.err
    whole = [re.sub(r"^\S*master-0\S* +", "", line) for line in clean.out.splitlines()]
    assert whole == (LINES[-20:] if "tail" in name else LINES)
    found: dict[str, list[str]] = {}
    for at, fault in cells(clean.requests, list(LOGS).index(name)):
        done = shell.run(*words, fault=fault, at=at)
        cell = f"{fault} at {done.struck or at}"
        found[cell] = fair(done)
        lines = done.out.splitlines()
        if done.code == 0 and lines != clean.out.splitlines():
            found[cell].append(f"exit 0 with {len(lines)} lines, {lines[:1]} to {lines[-1:]}")
        elif not in_order_once(lines, clean.out.splitlines()):
            found[cell].append("lines twice, out of order, or of something else")
    assert not any(found.values()), report(found)


def count(cluster: LocalCluster, path: str, name: str) -> int:
    """Return how many objects of this name there are."""
    return sum(1 for item in cluster.request("GET", path)[1]["items"] if item["metadata"]["name"] == name)


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
    clean = shell.run(*words, "--name", "clean", "true")
    assert clean.code == 0, clean.err
    with_board = "--tensorboard" in words
    found: dict[str, list[str]] = {}
    for number, (at, fault) in enumerate(cells(clean.requests)):
        job = f"j{number}"
        done = shell.run(*words, "--name", job, "true", fault=fault, at=at)
        wrong = found[f"{fault} at {done.struck or at}"] = fair(done)
        there = count(local_cluster, path, job)
        whole = not with_board or any(job in item["metadata"]["name"] for item in local_cluster.request("GET", deployments)[1]["items"])
        if done.code == 0 and there != (0 if name == "dry-run" else 1):
            wrong.append(f"says created, {there} jobs are there")
        if done.code == 0 and there and not whole:
            wrong.append("says created, and its TensorBoard is missing")
        if done.code and there and not any(word in done.err for word in (job, "may have been", "created")):
            wrong.append(f"fails and does not say that the job is there: {done.err.strip()!r}")
        if there:
            local_cluster.request("DELETE", f"{path}/{job}")
    assert not any(found.values()), report(found)


DELETES: dict[str, Callable[[str], tuple[str, ...]]] = {
    "delete": lambda job: ("delete", job),
    "delete-type": lambda job: ("delete", "-T", "pytorchjob", job),
    "delete-wait": lambda job: ("delete", job, "--wait"),
    "delete-label": lambda job: ("delete", "-l", f"job={job}"),
}


@pytest.mark.parametrize("name", DELETES)
def test_delete(shell: Shell, namespace: str, local_cluster: LocalCluster, name: str) -> None:
    """With exit 0 the job is gone, and only the one that was named."""
    path = JOBS.format(namespace)

    def make(job: str) -> None:
        template = {"spec": {"containers": [{"name": "pytorch", "image": "x", "command": ["true"]}]}}
        spec = {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": template}}}
        metadata = {"name": job, "namespace": namespace, "labels": {"job": job}}
        local_cluster.create({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata, "spec": spec})

    make("stays")
    make("clean")
    clean = shell.run(*DELETES[name]("clean"))
    assert clean.code == 0, clean.err
    found: dict[str, list[str]] = {}
    for number, (at, fault) in enumerate(cells(clean.requests)):
        job = f"j{number}"
        make(job)
        done = shell.run(*DELETES[name](job), fault=fault, at=at)
        wrong = found[f"{fault} at {done.struck or at}"] = fair(done)
        there = count(local_cluster, path, job)
        if done.code == 0 and there and fault not in BELIEVED:
            wrong.append("says deleted, and the job is there")
        if not count(local_cluster, path, "stays"):
            wrong.append("another job was deleted")
            make("stays")
        if there:
            local_cluster.request("DELETE", f"{path}/{job}")
    assert not any(found.values()), report(found)


def test_the_matrix_is_run_without_colours(shell: Shell) -> None:
    """What is compared is text: nothing paints it."""
    assert not terminal.colour_wanted(__import__("sys").stderr)
