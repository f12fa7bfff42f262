"""What commands cost beside kubectl's for the same, on one server with 100 PyTorchJobs: directly, with 20 ms a request, over TLS."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from arena_local.testing import LocalCluster
from benchmarks.growth import fill, suspended_job
from benchmarks.harness import BIN, Figure, compare, kubectl, table
from benchmarks.proxy import through
from benchmarks.server import Client

ARENA = str(BIN / "arena")
#: What a command runs in a round; objects that are made or deleted have another name each time.
Words = Callable[[str], Sequence[str]]
PAIRS: dict[str, tuple[Words, Words, float]] = {
    "list": (lambda n: ["list"], lambda n: ["get", "pytorchjobs"], 0.9),
    "list -T pytorchjob": (lambda n: ["list", "-T", "pytorchjob"], lambda n: ["get", "pytorchjobs"], 0.9),
    "get": (lambda n: ["get", "job-000", "-T", "pytorchjob"], lambda n: ["get", "pytorchjob", "job-000"], 1.15),
    "logs": (lambda n: ["logs", "done"], lambda n: ["logs", "done-master-0"], 1.15),
    "delete": (
        lambda n: ["delete", f"gone-a-{n}", "-T", "pytorchjob"],
        lambda n: ["delete", "pytorchjob", f"gone-k-{n}", "--wait=false"],
        1.15,
    ),
    "submit pytorchjob": (
        lambda n: ["submit", "pytorchjob", "--name", f"a-{n}", "--image", "i", "--queue", "true x"],
        lambda n: ["apply", "-f", f"{{folder}}/job-{n}.json"],
        1.3,
    ),
    "submit appwrapperjob": (
        lambda n: ["submit", "aw", "--name", f"w-{n}", "--image", "i", "--inner-type", "volcano", "--replicas", "2", "true x"],
        lambda n: ["apply", "-f", f"{{folder}}/wrapper-{n}.json"],
        2.0,
    ),
    "--help": (lambda n: ["--help"], lambda n: ["--help"], 0.8),
}
NEEDED = ("list", "get", "logs", "delete", "submit pytorchjob")


def run(rounds: int) -> str:
    """Return the tables."""
    with LocalCluster.start() as cluster, tempfile.TemporaryDirectory() as name:
        folder, client = Path(name), Client(cluster.server)
        fill(client, "default", 100)
        _finished_job(client)
        env = cluster.environment()
        wrapper = _wrapper(env)
        tables = []
        for title, key, options in (
            ("directly", "d", None),
            ("with 20 ms for every request", "s", {"delay": 0.02}),
            ("over TLS with a client certificate, kubeconfig in YAML", "t", {"tls": True}),
        ):
            _prepare(client, folder, wrapper, key, rounds)
            if options is None:
                tables.append(_measured(title, list(PAIRS), env, folder, key, rounds))
                continue
            place = folder / key
            place.mkdir()
            with through(cluster.server, place, **options) as config:  # type: ignore[arg-type]
                tables.append(_measured(title, NEEDED, {**env, "KUBECONFIG": str(config)}, folder, key, rounds))
    return "\n\n".join(tables)


def _measured(title: str, names: Sequence[str], env: dict[str, str], folder: Path, key: str, rounds: int) -> str:
    commands: dict[str, Callable[[int], Sequence[str]]] = {"python3 -c pass": lambda n: [sys.executable, "-c", "pass"]}
    for name in names:
        ours, theirs, _ = PAIRS[name]
        commands[f"arena {name}"] = lambda n, words=ours: [ARENA, *words(f"{key}{n}")]  # type: ignore[misc]
        commands[f"kubectl for {name}"] = lambda n, words=theirs: [kubectl(), *_placed(words(f"{key}{n}"), folder)]  # type: ignore[misc]
    found = compare(commands, env, rounds)
    bare = found["python3 -c pass"]
    rows = [_row(name, found[f"arena {name}"], found[f"kubectl for {name}"], bare, PAIRS[name][2]) for name in names]
    head = ("command", "CPU ms", "kubectl's", "ratio", "goal", "wall ms", "kubectl's", "ratio", "MiB", "CPU / python3")
    return f"Commands {title}, `python3 -c pass` {bare.cpu:.0f} ms:\n\n" + table(head, rows)


def _row(name: str, ours: Figure, theirs: Figure, bare: Figure, goal: float) -> tuple[str, ...]:
    cpu, wall = ours.cpu / theirs.cpu, ours.wall / theirs.wall
    parts = (f"`arena {name}`", f"{ours.cpu:.0f}", f"{theirs.cpu:.0f}", f"{cpu:.2f}", f"≤ {goal}")
    return (*parts, f"{ours.wall:.0f}", f"{theirs.wall:.0f}", f"{wall:.2f}", f"{ours.rss:.0f}", f"{ours.cpu / bare.cpu:.1f}")


def _placed(words: Sequence[str], folder: Path) -> list[str]:
    return [word.replace("{folder}", str(folder)) for word in words]


def _finished_job(client: Client) -> None:
    """Run a job that writes a line, for its log."""
    job = suspended_job("done")
    job["spec"]["runPolicy"] = {"cleanPodPolicy": "None"}
    job["spec"]["pytorchReplicaSpecs"].pop("Worker")
    job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["command"] = ["echo", "hello"]
    client.send("POST", "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs", job)
    client.until("/api/v1/namespaces/default/pods/done-master-0", lambda pod: pod["status"].get("phase") == "Succeeded")


def _wrapper(env: dict[str, str]) -> str:
    """Return the manifests of an AppWrapper called ``NAME``."""
    import subprocess

    words = ["submit", "aw", "--name", "name", "--image", "i", "--inner-type", "volcano", "--replicas", "2"]
    done = subprocess.run([ARENA, *words, "--dry-run", "client", "-o", "json", "true x"], env=env, capture_output=True, check=True)
    return done.stdout.decode().replace('"name"', '"NAME"').replace('"NAME":', '"name":')


def _prepare(client: Client, folder: Path, wrapper: str, key: str, rounds: int) -> None:
    """Make what the rounds delete, and the files that they apply."""
    path = "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs"
    for n in range(rounds + 1):
        for who in "ak":
            client.send("POST", path, suspended_job(f"gone-{who}-{key}{n}"))
        (folder / f"job-{key}{n}.json").write_text(json.dumps(suspended_job(f"k-{key}{n}")))
        (folder / f"wrapper-{key}{n}.json").write_text(wrapper.replace('"NAME"', f'"v-{key}{n}"'))
