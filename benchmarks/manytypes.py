"""What sixty installed job types cost beside four: `arena --help`, `list`, `submit`, with the rounds of requests that each makes."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from arena_local.testing import LocalCluster
from benchmarks.growth import fill
from benchmarks.harness import compare, once, table
from benchmarks.proxy import through
from benchmarks.server import Client

ROOT = Path(__file__).resolve().parents[1]
FOUR = ("pytorchjob", "tfjob", "volcano", "appwrapper")
MANY = 60
#: What grows by more than this is a cost of types that nobody asked for; and so many rounds of requests are allowed.
GOAL, ROUNDS = 1.10, 3
#: Seconds that a request takes where rounds are counted.
FAR = 0.3
START = "import sys; sys.argv[0] = 'arena'; from arena_core.cli.start import start; start()"
COMMANDS: Mapping[str, list[str]] = {
    "--help": ["--help"],
    "list": ["list"],
    "submit": ["submit", "pytorchjob", "--name", "x-{n}", "--image", "i", "--queue", "true x"],
}
PLUGIN = '''"""The hooks of the job type ``many{n}``."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobStatus, JobType, JobView, Phase, Resource
from arena_core.families import kueue
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly

ARENA_CONTRACT = 2


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return JobType(
        name="many{n}",
        resource=Resource("many{n}.example.com", "v1", "Many{n}", "many{n}s"),
        args="arena_core.families.args:SubmitArgs",
        summary="the type number {n}",
        selectors=lambda job: exactly({{"many": dig.text(job, "metadata", "name")}}),
        suspend_path="spec.suspend",
        suspend_check=kueue.decides,
    )


@hookimpl
def arena_build_manifests(args):
    """Return the job."""
    return [{{"apiVersion": "many{n}.example.com/v1", "kind": "Many{n}", "metadata": {{"name": args.name}}}}]


@hookimpl
def arena_job_status(view: JobView) -> JobStatus:
    """Say what the job is doing."""
    return JobStatus(Phase.RUNNING if dig.mapping(view.manifest, "status") else Phase.PENDING)
'''


def install(folder: Path, number: int) -> None:
    """Put a distribution with one job type into a folder, as pip would."""
    package, info = folder / f"arena_many{number}", folder / f"arena_many{number}-1.0.dist-info"
    package.mkdir()
    info.mkdir()
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(PLUGIN.format(n=number))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: arena-many{number}\nVersion: 1.0\nSummary: the type number {number}\n")
    (info / "entry_points.txt").write_text(f"[arena.jobs]\nmany{number} = arena_many{number}.plugin\n")
    (info / "RECORD").write_text("")


def site(folder: Path) -> list[Path]:
    """Return search paths with what is installed here, but of the plugins only four, and no local cluster."""
    folder.mkdir()
    installed = Path(sysconfig.get_path("purelib"))
    named = re.compile(rf"arena_(core|{'|'.join(FOUR)})-.*\.dist-info")
    for entry in installed.iterdir():
        ours = "arena" in entry.name
        if entry.suffix != ".pth" and (not ours or named.fullmatch(entry.name)):
            (folder / entry.name).symlink_to(entry)
    return [folder, ROOT, *(ROOT / "plugins" / name for name in FOUR)]


def run(rounds: int) -> str:
    """Return the table."""
    with LocalCluster.start() as cluster, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environments = {4: site(folder / "four"), MANY: site(folder / "many")}
        for number in range(MANY - len(FOUR)):
            install(folder / "many", number)
        fill(Client(cluster.server), "default", 10)
        rows = [_row(word, words, cluster, environments, folder, rounds) for word, words in COMMANDS.items()]
    head = ("command", "CPU ms, 4 types", f"CPU ms, {MANY} types", "ratio", "goal", "rounds of requests, 4", f"{MANY}", "goal")
    return table(head, rows)


def _row(
    word: str, words: list[str], cluster: LocalCluster, environments: Mapping[int, list[Path]], folder: Path, rounds: int
) -> tuple[object, ...]:
    figures, requests = {}, {}
    for count, paths in environments.items():
        env = {**os.environ, **cluster.environment(), "PYTHONPATH": os.pathsep.join(map(str, paths))}
        name = f"{word.lstrip('-')}-{count}"

        def command(n: int, label: str = name) -> list[str]:
            return [sys.executable, "-S", "-c", START, *(part.format(n=f"{label}-{n}") for part in words)]

        figures[count] = compare({name: command}, env, rounds)[name].cpu
        requests[count] = _rounds(cluster, folder / name, command, env)
    return (
        f"`arena {word}`",
        f"{figures[4]:.0f}",
        f"{figures[MANY]:.0f}",
        f"{figures[MANY] / figures[4]:.2f}",
        f"≤ {GOAL}",
        requests[4],
        requests[MANY],
        f"≤ {ROUNDS}",
    )


def _rounds(cluster: LocalCluster, place: Path, command: Callable[[int], list[str]], env: Mapping[str, str]) -> int:
    """Return how often the command waits for answers, by what a long way there adds: requests side by side count once."""
    place.mkdir()
    with through(cluster.server, place, delay=FAR) as config:
        far = once(command(99), {**env, "KUBECONFIG": str(config)})[1]
    return round((far - once(command(98), env)[1]) / 1000 / FAR)
