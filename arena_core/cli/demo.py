"""``arena demo``: two processes of this machine train a model together, as the job of an example on the local cluster."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import sys
from pathlib import Path

import arena_core
from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.terminal import note, say
from arena_core.client import ArenaClient
from arena_core.contract.errors import NotFound, UsageError
from arena_core.home import local_state


def example(name: str) -> Path:
    """Return the folder of an example: beside the package in a checkout, inside it where it was installed from a wheel."""
    package = Path(arena_core.__file__).parent
    for folder in (package / "examples" / name, package.parent / "examples" / name):
        if (folder / "train.py").exists():
            return folder
    raise NotFound(f"the example {name} is not installed", "reinstall arena-core: its examples are part of it")


def run(context: Context, parsed: Parsed) -> int:
    """Submit the example, follow both ranks, show the job, and say what to try next."""
    from arena_core.cli.connect import configured
    from arena_core.cli.following import follow_to_the_end
    from arena_core.cli.jobpage import head
    from arena_core.cli.submit.jobfile import load
    from arena_core.cli.waiting import going_on

    workers = int(parsed.text("workers", "2")) if parsed.text("workers", "2").isdigit() else 0
    if workers < 1:
        raise UsageError("--workers must be a whole number from 1")
    elsewhere = configured(context.settings)
    client = context.__dict__["client"] = ArenaClient(local=True, namespace=context.namespace)
    folder, name = example("digits-ddp"), f"digits-{secrets.token_hex(2)}"
    job = load(str(folder / "job.yaml"))
    handle, _ = client.jobs.get(str(job.pop("type"))), client.cluster  # what is not installed is said before anything else
    kind = handle.job_type.resource.kind
    note(f"{workers} processes learn to read handwritten digits together, as {kind} {name} on the local cluster of this machine")
    # The local cluster starts a job where its submitter stands.
    os.chdir(folder)
    note(f"$ cd {shlex.quote(str(folder))}\n$ arena submit -f job.yaml --name {name} --workers {workers}")
    words = [sys.executable, *str(job.pop("command")).split()[1:]]
    done = client.submit(handle.job_type.name, {**job, "name": name, "workers": workers, "command": words})
    note(f"$ arena logs {name} --all-instances -f")
    flags = f" --config {shlex.quote(str(Path(local_state(), 'kubeconfig')))}" if elsewhere else ""
    with going_on(name, flags):
        code = follow_to_the_end(context, name, job_type=handle.job_type.name, timeout=None)
    note(f"\n$ arena get {name}")
    say(head(client.get(name, job_type=handle.job_type.name, namespace=done.namespace)), painted=True)
    say("")
    arena = _typed()
    tries = (f"list{flags}", f"logs {name} -i worker-0{flags}", f"delete {name}{flags}", "local status", "local down   # keeps its jobs")
    note("The job is still there. Try:\n" + "\n".join(f"  {arena} {words}" for words in tries))
    return code


def _typed() -> str:
    """Return how this program is started from where the user stands: by name only if that finds this very program."""
    own, found = Path(sys.executable).parent / "arena", shutil.which("arena")
    if not own.exists() or (found and Path(found).resolve() == own.resolve()):
        return "arena"
    start = Path(os.environ.get("PWD") or "/")
    return shlex.quote(str(own.relative_to(start)) if own.is_relative_to(start) else str(own))


COMMAND = Command(
    "demo",
    "train a small model with two processes on this machine",
    run,
    usage="arena demo [--workers N]",
    details="Runs on the local cluster, whatever kubeconfig there is. Each run leaves a job with a new name for you to look at.",
    flags=(Flag("workers", "how many processes", default="2", metavar="N"),),
)
