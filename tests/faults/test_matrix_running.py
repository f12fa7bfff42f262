"""The matrix for jobs that are still running: attach, logs -f, wait, submit --wait and --follow, the deletion of what runs."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from arena_local.testing import LocalCluster
from tests.faults.harness import JOBS, LIMIT, Cell, Done, Findings, Shell, cells, count, fair, in_order_once
from tests.faults.proxy import FaultProxy

pytestmark = LIMIT

#: How many jobs are made at a time: they start side by side.
AHEAD = 8


class Running:
    """Jobs that run until they are told to go on: ``line 1`` to ``line 100`` before, up to ``line 200`` after that."""

    def __init__(self, cluster: LocalCluster, proxy: FaultProxy, namespace: str, folder: Path) -> None:
        self._cluster = cluster
        self._proxy = proxy
        self._namespace = namespace
        self._folder = folder
        self.path = JOBS.format(namespace)
        self._gates: dict[str, int] = {}

    def make(self, name: str) -> None:
        """Make a job that waits at its gate: a pipe, so that many that wait cost nothing."""
        gate = self._folder / name
        os.mkfifo(gate)
        self._gates[name] = os.open(gate, os.O_RDWR)
        wait = f"head -n 1 {gate} >/dev/null & wait $!"
        script = f"trap 'exit 0' TERM; seq -f 'line %.0f' 1 100; {wait}; seq -f 'line %.0f' 101 200"
        template = {"spec": {"containers": [{"name": "pytorch", "image": "x", "command": ["sh", "-c", script]}]}}
        master = {"replicas": 1, "restartPolicy": "Never", "template": template}
        spec = {"runPolicy": {"cleanPodPolicy": "None"}, "pytorchReplicaSpecs": {"Master": master}}
        metadata = {"name": name, "namespace": self._namespace}
        self._cluster.create({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": metadata, "spec": spec})

    def await_running(self, name: str) -> None:
        """Wait until the job's pod runs."""
        path = f"/api/v1/namespaces/{self._namespace}/pods/{name}-master-0"
        pause = threading.Event()
        for _ in range(1200):
            code, pod = self._cluster.request("GET", path)
            if code == 200 and pod["status"].get("phase") == "Running":
                return
            pause.wait(0.05)
        raise AssertionError(f"{name} does not run")

    def finish(self, name: str) -> None:
        """Let the job go on to its end."""
        os.write(self._gates[name], b"go on\n")

    def close(self) -> None:
        """Close the gates."""
        for gate in self._gates.values():
            os.close(gate)

    def delete(self, name: str) -> None:
        """Delete the job."""
        self._cluster.request("DELETE", f"{self.path}/{name}")

    @contextlib.contextmanager
    def later(self, act: Callable[[], None], pattern: str) -> Iterator[None]:
        """Act a moment after a request of this kind has come, or after some seconds (a fault may be why it does not), and in any case."""
        over = threading.Event()

        def work() -> None:
            for _ in range(100):
                if over.wait(0.05) or any(pattern in str(r) for r in list(self._proxy.requests)):
                    break
            over.wait(0.1)
            act()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def each(self, found: Sequence[Cell]) -> Iterator[tuple[Cell, str]]:
        """Yield each cell with a running job of its own."""
        for start in range(0, len(found), AHEAD):
            some = found[start : start + AHEAD]
            for cell in some:
                self.make(f"j{cell.number}")
            for cell in some:
                self.await_running(f"j{cell.number}")
                yield cell, f"j{cell.number}"
                self.finish(f"j{cell.number}")
                self.delete(f"j{cell.number}")


@pytest.fixture
def running(local_cluster: LocalCluster, proxy: FaultProxy, namespace: str, tmp_path: Path) -> Iterator[Running]:
    """Jobs that run as long as they are wanted."""
    found = Running(local_cluster, proxy, namespace, tmp_path)
    yield found
    found.close()


def test_attach(shell: Shell, running: Running, tmp_path: Path) -> None:
    """The command's output and its own code, or an error; it never runs twice."""
    running.make("up")
    running.await_running("up")

    def words(name: str) -> tuple[str, ...]:
        return ("attach", "up", "--no-stdin", "--", "sh", "-c", f"echo ran >> {tmp_path}/{name}; echo out; echo err >&2; exit 42")

    clean = shell.run(*words("clean"))
    assert (clean.code, clean.out, clean.err) == (42, "out\n", "err\n")
    found = Findings()
    for cell in cells(clean):
        name = f"ran{cell.number}"
        done = shell.run(*words(name), fault=cell.fault, at=cell.at)
        wrong = []
        if done.code == 42:
            wrong += ["" if done.out == "out\n" and "err\n" in done.err else f"code 42 with {done.out!r} and {done.err!r}"]
        else:
            wrong += fair(done)
            wrong += ["" if done.code else "says 0", "" if done.out in ("", "out\n") else f"out: {done.out!r}"]
        ran = tmp_path / name
        if ran.exists() and ran.read_text() != "ran\n":
            wrong.append("the command ran twice")
        found.add(cell, done, *wrong)
    running.finish("up")
    found.check()


TAIL = 20
LINES = [f"line {n}" for n in range(1, 201)]
FOLLOWED = {
    "logs-follow": (("-f",), LINES),
    "logs-follow-tail": (("-f", "--tail", str(TAIL)), LINES[80:]),
    "logs-follow-all": (("-f", "--all-instances"), LINES),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_logs_of_a_running_job(shell: Shell, running: Running, name: str) -> None:
    """L1, L2: nothing is lost, doubled or out of order, also of what is written while the connection is down."""
    flags, lines = FOLLOWED[name]

    def run(job: str, **options: Any) -> Done:
        with running.later(lambda: running.finish(job), "/log?"):
            done = shell.run("logs", job, *flags, name=job, **options)
        if "--all-instances" in flags:
            done = done._replace(out=done.out.replace("master-0 ", ""))
        return done._replace(out=done.out.replace(f"{job}-", ""))

    running.make("clean")
    running.await_running("clean")
    clean = run("clean")
    assert clean.code == 0, clean.err
    assert clean.out.splitlines() == lines
    found = Findings()
    for cell, job in running.each(cells(clean, list(FOLLOWED).index(name))):
        done = run(job, fault=cell.fault, at=cell.at)
        seen = done.out.splitlines()
        delayed = cell.fault == "late" or "/log?" in cell.at.kind
        if "--tail" in flags and delayed and done.code == 0 and len(seen) >= TAIL:
            # The tail is that of the moment at which the request arrives, or is sent again.
            found.add(cell, done, *fair(done), in_order_once(done, lines[-len(seen) :]))
        else:
            found.add(cell, done, *fair(done), in_order_once(done, lines))
    found.check()


def test_wait_for_a_running_job(shell: Shell, running: Running, local_cluster: LocalCluster) -> None:
    """With 0 the job has really ended."""

    def run(job: str, **options: Any) -> Done:
        with running.later(lambda: running.finish(job), "watch=true"):
            return shell.run("wait", job, "--timeout", "20s", name=job, **options)

    running.make("clean")
    running.await_running("clean")
    clean = run("clean")
    assert clean.code == 0, clean.err
    found = Findings()
    for cell, job in running.each(cells(clean)):
        done = run(job, fault=cell.fault, at=cell.at)
        wrong = fair(done)
        conditions = local_cluster.request("GET", f"{running.path}/{job}")[1]["status"]["conditions"]
        if done.code == 0 and not any(c["type"] == "Succeeded" and c["status"] == "True" for c in conditions):
            wrong.append("says 0, and the job has not ended")
        found.add(cell, done, *wrong)
    found.check()


ENDS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "wait-deleted": lambda job: ("wait", job, "--for", "deleted", "--timeout", "20s"),
    "delete-wait": lambda job: ("delete", job, "--wait", "--timeout", "20s"),
    "delete": lambda job: ("delete", job),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_a_running_job(shell: Shell, running: Running, local_cluster: LocalCluster, namespace: str, name: str) -> None:
    """With 0 the job is gone, with --wait its instances, too; a server that says "not found" is believed."""
    pods = f"/api/v1/namespaces/{namespace}/pods"

    def run(job: str, **options: Any) -> Done:
        act = (lambda: running.delete(job)) if name == "wait-deleted" else (lambda: None)
        with running.later(act, "watch=true"):
            return shell.run(*ENDS[name](job), name=job, **options)

    running.make("clean")
    running.await_running("clean")
    clean = run("clean")
    assert clean.code == 0, clean.err
    found = Findings()
    for cell, job in running.each(cells(clean, list(ENDS).index(name))):
        done = run(job, fault=cell.fault, at=cell.at)
        gone = [count(local_cluster, running.path, job), count(local_cluster, pods, f"{job}-master-0")]
        wrong = fair(done)
        if done.code == 0 and cell.fault != "404" and (gone[0] or (name == "delete-wait" and gone[1])):
            wrong.append(f"says gone, there are {gone[0]} jobs and {gone[1]} pods")
        found.add(cell, done, *wrong)
    found.check()


STAYING = {
    "wait": (("--wait",), "seq -f 'line %.0f' 1 200", 0),
    "wait-failed": (("--wait",), "exit 3", 20),
    "follow": (("--follow",), "seq -f 'line %.0f' 1 200", 0),
    "follow-failed": (("--follow",), "seq -f 'line %.0f' 1 200; exit 3", 20),
}


@pytest.mark.parametrize("name", STAYING)
def test_submit_and_stay(shell: Shell, namespace: str, local_cluster: LocalCluster, name: str) -> None:
    """The code tells how the job ended, and with 0 or 20 of --follow every line of it was shown."""
    flags, command, code = STAYING[name]
    path = JOBS.format(namespace)
    words = ("submit", "pytorchjob", "--image", "x", "--clean-task-policy", "None", *flags, "--timeout", "30s")

    def run(job: str, **options: Any) -> Done:
        done = shell.run(*words, "--name", job, command, name=job, **options)
        lines = [line.partition("master-0 ")[2].lstrip() for line in done.out.splitlines() if "master-0 " in line]
        return done._replace(out="".join(f"{line}\n" for line in lines))

    clean = run("clean")
    assert clean.code == code, clean.err
    wanted = LINES if "--follow" in flags else []
    assert clean.out.splitlines() == wanted
    found = Findings()
    for cell in cells(clean, list(STAYING).index(name)):
        job = f"j{cell.number}"
        done = run(job, fault=cell.fault, at=cell.at)
        wrong = fair(done)
        there = count(local_cluster, path, job, ending=False)
        if done.code in (0, 20) and (done.code != code or there != 1):
            wrong.append(f"{done.code} instead of {code}; {there} jobs are there")
        if done.code not in (0, 20) and there and f"{job} was created" not in done.err and f"arena get {job}" not in done.err:
            wrong.append(f"fails and does not say that the job is there: {done.err.strip()!r}")
        wrong.append(in_order_once(done._replace(code=0 if done.code == 20 else done.code), wanted))
        local_cluster.request("DELETE", f"{path}/{job}")
        found.add(cell, done, *wrong)
    found.check()
