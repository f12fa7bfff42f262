"""Seeing: lists and tops over 1,000 jobs with 10,000 pods, once and while they change; logs of 64 instances at full speed."""

from __future__ import annotations

import collections
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from arena_local.context import Options
from arena_local.testing import LocalCluster
from benchmarks.harness import BIN, compare, kubectl, table
from benchmarks.proxy import Way
from benchmarks.server import Client

ARENA = str(BIN / "arena")
JOBS, PODS_EACH = 1000, 10
INSTANCES, LINES = 64, 1_000_000
#: Seconds for which a watched view is left alone; that the pods may take to run; that a screen or a change may take to be seen.
QUIET, FILLING, PATIENCE = 5.0, 400.0, 90.0


class Counting(Way):
    """Counts the requests that pass."""

    def __init__(self, server: str) -> None:
        self.requests = 0
        super().__init__(server)

    def seen(self, data: bytes) -> None:
        """Count request lines; a body that holds one is none of ours."""
        self.requests += len(re.findall(rb"(?:^|\r\n\r\n)(?:GET|POST|PATCH|PUT|DELETE) ", data))


class Watched(NamedTuple):
    """A view that was watched: seconds to its first screen and until a change was seen, requests, cpu by then and while nothing changed."""

    first: float
    change: float
    requests: int
    cpu: float
    quiet: float
    rss: float


def run(rounds: int) -> str:
    """Return the tables."""
    return f"{many(max(1, rounds // 4))}\n\n{logs()}"


def many(rounds: int) -> str:
    """Return the tables of lists, tops, and what is watched."""
    with LocalCluster.start(Options(simulate=True, nodes=100, resources={"nvidia.com/gpu": 200})) as cluster:
        client = Client(cluster.server)
        begin = time.perf_counter()
        # In a process of its own: a child's peak of memory begins with what its parent has.
        subprocess.run([sys.executable, "-m", "benchmarks.see", "fill", cluster.server, str(JOBS)], check=True)
        filled = time.perf_counter() - begin
        way = Counting(cluster.server)
        try:
            env = cluster.environment() | {"KUBECONFIG": str(_through(way, cluster))}
            once = _once(env, way, rounds)
            watched = _watched(env, way, client)
        finally:
            way.close()
    head = f"{JOBS:,} jobs with {JOBS * PODS_EACH:,} simulated pods on 100 nodes (made in {filled:.0f} s):\n\n"
    return f"{head}{once}\n\n{watched}"


def fill(server: str, count: int) -> None:
    """Make the jobs, and wait until all of their pods run."""
    client = Client(server)
    for n in range(count):
        client.send("POST", "/apis/kubeflow.org/v1/namespaces/default/tfjobs", _job(f"job-{n:04}"))
    # Seldom: reading 10,000 pods is work for the server, which has others to make.
    end = time.monotonic() + FILLING
    while (running := _running(json.loads(client.send("GET", "/api/v1/namespaces/default/pods")))) < count * PODS_EACH:
        if time.monotonic() > end:
            raise SystemExit(f"only {running:,} of {count * PODS_EACH:,} pods run")
        time.sleep(5)


def _job(name: str) -> dict[str, object]:
    template = {
        "metadata": {"annotations": {"arena.local/simulate": "36000"}},
        "spec": {
            "containers": [{"name": "tensorflow", "image": "x", "command": ["true"], "resources": {"limits": {"nvidia.com/gpu": "1"}}}]
        },
    }
    # No init containers, as those of a PyTorchJob's workers, whose cpu the nodes of one machine could not give to so many.
    roles = {"Worker": {"replicas": PODS_EACH, "template": template}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"tfReplicaSpecs": roles},
    }


def _running(pods: Mapping[str, list[dict[str, dict[str, str]]]]) -> int:
    return sum(pod["status"].get("phase") == "Running" for pod in pods["items"])


def _through(way: Way, cluster: LocalCluster) -> Path:
    file = cluster.state.folder.parent / "counted.kubeconfig"
    file.write_text(cluster.kubeconfig.read_text().replace(cluster.server.rpartition("/")[0], way.server.rpartition("/")[0]))
    return file


def _once(env: Mapping[str, str], way: Counting, rounds: int) -> str:
    commands = {
        "arena list": [ARENA, "list"],
        "kubectl get tfjobs": [kubectl(), "get", "tfjobs"],
        "arena top node": [ARENA, "top", "node"],
        "kubectl top nodes": [kubectl(), "top", "nodes"],
        "arena top job": [ARENA, "top", "job"],
        "kubectl top pods": [kubectl(), "top", "pods"],
        "kubectl get pods": [kubectl(), "get", "pods"],
    }
    counted: dict[str, int] = {}
    for name, words in commands.items():
        before = way.requests
        subprocess.run(words, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        counted[name] = way.requests - before
    shown = {name: words for name, words in commands.items() if name != "kubectl top pods" or _answers(words, env)}
    figures = compare(shown, env, rounds)
    rows = [(f"`{name}`", f"{f.wall:.0f}", f"{f.cpu:.0f}", f"{f.rss:.0f}", counted[name]) for name, f in figures.items()]
    return table(("command", "wall ms", "CPU ms", "MiB", "requests"), rows)


def _answers(words: Sequence[str], env: Mapping[str, str]) -> bool:
    return subprocess.run(words, env=dict(env), capture_output=True, check=False).returncode == 0


def _watched(env: Mapping[str, str], way: Counting, client: Client) -> str:
    views = {
        "arena list -w": ([ARENA, "list", "-w", "--sort", "name"], "job-0000"),
        "kubectl get tfjobs -w": ([kubectl(), "get", "tfjobs", "-w"], f"job-{JOBS - 1:04}"),
        "arena top node -w": ([ARENA, "top", "node", "-w"], "In Cluster"),
        "arena top job -w": ([ARENA, "top", "job", "-w"], "job-"),
        "kubectl get pods -w": ([kubectl(), "get", "pods", "-w"], f"job-{JOBS - 1:04}-worker-9"),
    }
    rows = []
    for n, (name, (words, mark)) in enumerate(views.items()):
        new = f"aaa-{n}"
        # Jobs by their names; of the nodes the total tells, where the first three jobs of each are named.
        seen = watch(words, mark, new, env, way, client, told=f"{(JOBS + 1) * PODS_EACH}/" if "node" in words else new)
        change = f"{seen.change * 1000:.0f}" if seen.change >= 0 else "not shown"
        cells = (f"{seen.first:.2f}", change, f"{seen.cpu:.0f}", f"{seen.quiet:.0f}", f"{seen.rss:.0f}", seen.requests)
        rows.append((f"`{name}`", *cells))
    head = (
        "watched",
        "first screen s",
        "a new job is seen after ms",
        "CPU ms until then",
        f"CPU ms in {QUIET:g} quiet s",
        "MiB",
        "requests",
    )
    return table(head, rows)


def watch(words: Sequence[str], mark: str, new: str, env: Mapping[str, str], way: Counting, client: Client, *, told: str) -> Watched:
    """Watch in a terminal until the mark is seen, leave it alone, then make a job and see how long ``told`` takes to be shown."""
    before, begin = way.requests, time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(words[0], list(words), {**env, "COLUMNS": "200", "LINES": "150", "TERM": "xterm"})
    try:
        _read_until(terminal, mark.encode(), must=True)
        first, cpu = time.perf_counter() - begin, _cpu(pid)
        _read_for(terminal, QUIET)
        quiet = _cpu(pid) - cpu
        job = _job(new)
        job["metadata"] = {"name": new, "namespace": "default"}
        sent = time.perf_counter()
        client.send("POST", "/apis/kubeflow.org/v1/namespaces/default/tfjobs", job)
        change = time.perf_counter() - sent if _read_until(terminal, told.encode()) else -1.0
        os.kill(pid, signal.SIGINT)
        _read_for(terminal, 0.5)
    finally:
        os.kill(pid, signal.SIGKILL)
        _, _, usage = os.wait4(pid, 0)
        os.close(terminal)
    client.send("DELETE", f"/apis/kubeflow.org/v1/namespaces/default/tfjobs/{new}")
    client.until(
        "/api/v1/namespaces/default/pods?labelSelector=" + f"training.kubeflow.org/job-name%3D{new}", lambda pods: not pods["items"]
    )
    return Watched(first, change, way.requests - before, cpu, quiet, usage.ru_maxrss / 1024)


def _cpu(pid: int) -> float:
    """Return the cpu milliseconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _read_until(terminal: int, mark: bytes, *, must: bool = False) -> bool:
    end, seen = time.monotonic() + PATIENCE, b""
    while mark not in seen:
        ready = select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0]
        try:
            more = os.read(terminal, 1 << 16) if ready else b""
        except OSError:  # the command has ended
            more = b""
        if not more:
            if must:
                raise SystemExit(f"{mark!r} was not seen within {PATIENCE:g} s; last: {seen[-500:].decode(errors='replace')}")
            return False
        seen = seen[-2000:] + more
    return True


def _read_for(terminal: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                os.read(terminal, 1 << 16)
            except OSError:
                return


def logs(lines: int = LINES) -> str:
    """Return the table of followed logs of 64 instances: once while they are written, to see that all is there, then twice written."""
    each = lines // INSTANCES
    line = "line %.0f of a log that is written as fast as it goes, by one of many instances"
    command = f"seq -f '{line}' {each}"
    with LocalCluster.start() as cluster:
        env, client = cluster.environment(), Client(cluster.server)
        # No instance waits for another, as workers do that must find their master.
        words = ["submit", "volcanojob", "--name", "many", "--image", "x", "--replicas", str(INSTANCES), command]
        subprocess.run([ARENA, *words], env=env, check=True, stdout=subprocess.DEVNULL)
        ours = [ARENA, "logs", "many", "--all-instances", "-f"]
        selector = "volcano.sh/job-name=many"
        theirs = [kubectl(), "logs", "-l", selector, "--prefix", "-f", f"--max-log-requests={INSTANCES}", "--tail=-1"]
        head = ("command", "wall s", "MB/s", "CPU ms", "MiB", "lost / doubled or in disorder")
        rows = [_followed("`arena logs -f --all-instances`, while it is written", ours, env, each)]
        client.until("/api/v1/namespaces/default/pods", lambda pods: all(p["status"].get("phase") == "Succeeded" for p in pods["items"]))
        rows.append(_followed("the same, all is written", ours, env, each))
        rows.append(_followed("`kubectl logs -f --prefix`", theirs, env, each))
    return f"{each * INSTANCES:,} lines of {INSTANCES} instances:\n\n{table(head, rows)}"


def _followed(name: str, words: Sequence[str], env: Mapping[str, str], each: int) -> tuple[str, ...]:
    with tempfile.TemporaryFile() as file:
        begin = time.perf_counter()
        child = subprocess.Popen(words, env=dict(env), stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall, size = time.perf_counter() - begin, file.tell()
        exact = _is_exact(file, each) if not child.returncode else f"exit code {child.returncode}"
    cpu = (usage.ru_utime + usage.ru_stime) * 1000
    return name, f"{wall:.1f}", f"{size / wall / 1e6:.1f}", f"{cpu:.0f}", f"{usage.ru_maxrss / 1024:.0f}", exact


def _is_exact(file: IO[bytes], each: int) -> str:
    """Return how many lines are lost, and how many are not the one after the last of their instance."""
    file.seek(0)
    last: collections.Counter[bytes] = collections.Counter()
    count = disorder = 0
    for text in file:
        label, _, rest = text.partition(b" line ")
        number = int(rest.split(b" ", 1)[0])
        disorder += number != last[label.strip()] + 1
        last[label.strip()] = number
        count += 1
    lost = each * INSTANCES - count
    return f"{lost} / {disorder}" if lost or disorder else "none"


if __name__ == "__main__":
    if sys.argv[1:2] == ["fill"]:
        fill(sys.argv[2], int(sys.argv[3]))
    else:
        print(run(4))
