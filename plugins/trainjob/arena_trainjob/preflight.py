"""What the cluster says to a TrainJob before it is created: its runtime, and what the runtime has places for. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena_core.contract.types import Note, Problem
from arena_core.families.preflight import existing
from arena_core.k8s import dig
from arena_trainjob.names import CLUSTER_RUNTIME, DATASET, LAUNCHER, MODEL, NODE, RUNTIME, STEP

if TYPE_CHECKING:
    from typing import Any

    from arena_core.contract.types import Lookup
    from arena_trainjob.args import TrainJobArgs


def runtime_problems(args: TrainJobArgs, lookup: Lookup) -> Iterator[Problem | Note]:
    """Yield what is wrong with the runtime: it is not there, or lacks a job that was asked for."""
    cluster = args.runtime_kind == CLUSTER_RUNTIME.kind
    resource, other = (CLUSTER_RUNTIME, RUNTIME) if cluster else (RUNTIME, CLUSTER_RUNTIME)
    if lookup.exists(resource, args.runtime) is False:
        if lookup.serves(resource) is False:
            return  # the whole operator is missing, and that is told by itself
        if lookup.exists(other, args.runtime):
            hint = f"there is a {other.kind} of that name: add --runtime-kind {other.kind}"
        else:
            hint = existing(lookup, resource, "runtimes here")
        yield Problem(f"there is no {resource.kind} {args.runtime!r}", "runtime", hint)
        return
    found = lookup.get(resource, args.runtime)
    if found is not None:
        yield from _of_runtime(args, found)


def _of_runtime(args: TrainJobArgs, runtime: Any) -> Iterator[Problem | Note]:
    entries = list(dig.items(runtime, "spec", "template", "spec", "replicatedJobs"))
    known = [dig.text(entry, "name") for entry in entries]
    steps = {dig.text(entry, "template", "metadata", "labels", STEP) for entry in entries}
    for name in args.runtime_jobs:
        if name not in known:
            text = f"the runtime {args.runtime} has no job {name!r}, and the operator refuses a patch of it"
            yield Problem(text, "runtime_jobs", f"its jobs: {', '.join(known) or 'none'}")
    for field, step in (("dataset_uri", DATASET), ("base_model_uri", MODEL)):
        if getattr(args, field) and step not in steps:
            yield Problem(f"the runtime {args.runtime} has no {step}", field, "choose a runtime that has one, or fetch it in your command")
    if LAUNCHER in known and LAUNCHER not in args.runtime_jobs and NODE in args.runtime_jobs:
        text = f"the runtime {args.runtime} also has a launcher, which gets no volumes and labels"
        yield Note(text, "runtime_jobs", f"--runtime-job {LAUNCHER} --runtime-job {NODE}")
    if not args.command and not args.image and not _has_command(entries):
        text = f"the runtime {args.runtime} has no command of its own: what runs is what its image starts with"
        yield Note(text, "command", "write the command last")


def _has_command(entries: list[Any]) -> bool:
    """Whether some container of a training is told what to run."""
    training = [entry for entry in entries if dig.text(entry, "template", "metadata", "labels", STEP) == "trainer"]
    containers = [c for entry in training for c in dig.items(entry, "template", "spec", "template", "spec", "containers")]
    return any(list(dig.items(c, "command")) or list(dig.items(c, "args")) for c in containers if dig.text(c, "name") == NODE)
