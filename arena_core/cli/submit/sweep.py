"""A sweep: one job for each combination of values, all at once or so many at a time, and a table of what came of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from arena_core.args import ArgsGroup, field_for_key, must_be_brought
from arena_core.cli.command import Context
from arena_core.cli.flags import Parsed
from arena_core.cli.foreign import plain
from arena_core.cli.inactive import inactive_of
from arena_core.cli.output import FORMATS, write
from arena_core.cli.seconds import seconds
from arena_core.cli.submit import parameters, setpath
from arena_core.cli.submit.finish import full_name, only_built
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import AlreadyExists, TimedOut, UsageError
from arena_core.k8s import names
from arena_core.usecases.dryrun import dry_run_of
from arena_core.usecases.marks import SWEEP, SWEEP_PARAMETERS

if TYPE_CHECKING:
    from pydantic import BaseModel

    from arena_core.contract.types import JobHandle, Submission
    from arena_core.usecases.views import Job


class Member(NamedTuple):
    """One job of a sweep."""

    name: str
    parameters: Mapping[str, str]
    args: BaseModel


def members(parsed: Parsed, model: type[BaseModel], file: Mapping[str, Any], gather: Any, read: Any) -> tuple[str, list[Member]]:
    """Return the sweep's name and its jobs, every one of them checked before the first is submitted."""
    values = parameters.read(parsed.many("sweep"))
    base = str(gather(_copy(parsed), file).get("name") or "")
    if not base:
        read(gather(_copy(parsed), file), parsed.problems)  # says what is missing, all of it
    if names.label_value(base):
        raise UsageError(
            f"--name {base} cannot be the name of a sweep", "it is also a label of its jobs: at most 63 letters, digits, '-', '_' and '.'"
        )
    found = []
    for number, chosen in enumerate(parameters.combinations(values), 1):
        name = f"{base}-{number}"
        one, data = _with(parsed, model, file, chosen, base, name)
        raw = gather(one, data)
        used = "{" in str(raw.get("command"))
        raw["command"] = parameters.filled(raw["command"], chosen) if "command" in raw and used else raw.get("command")
        found.append(Member(name, chosen, read({key: value for key, value in raw.items() if value is not None}, one.problems)))
    return base, found


def _copy(parsed: Parsed) -> Parsed:
    one = Parsed(deepcopy(parsed.values))
    one.args, one.problems, one.dashed = list(parsed.args), list(parsed.problems), parsed.dashed
    return one


def _with(
    parsed: Parsed, model: type[BaseModel], file: Mapping[str, Any], chosen: Mapping[str, str], base: str, name: str
) -> tuple[Parsed, Mapping[str, Any]]:
    """Return the command line and the job file of one job: its values are flags, keys of the file, or variables of the program."""
    one, data = _copy(parsed), deepcopy(dict(file))
    one.values["name"] = name
    data.pop("name", None)
    for key, value in chosen.items():
        field = field_for_key(model, key)
        if "." in key:
            setpath.put(data, key, value)
        elif field and field != "command":
            repeated = isinstance(one.values.get(field), list) or model.model_fields[field].annotation not in (str, int, float, bool)
            one.values[field] = [value] if repeated else value
        elif "env" in model.model_fields:
            _add(one, "env", f"{key}={value}")
    _add(one, "label", f"{SWEEP}={base}")
    _add(one, "annotation", f"{SWEEP_PARAMETERS}={json.dumps(dict(chosen))}")
    return one, data


def _add(parsed: Parsed, field: str, item: str) -> None:
    before = parsed.values.get(field)
    parsed.values[field] = [*(before if isinstance(before, list) else []), item]


def run(context: Context, parsed: Parsed, handle: JobHandle, base: str, jobs: Sequence[Member]) -> int:
    """Submit them; with ``--at-once`` and ``--wait`` stay until all have ended, and show the table."""
    dry_run = dry_run_of(parsed.text("dry_run"))
    at_once = parsed.number("at_once", 0)
    if at_once < 0 or ("at_once" in parsed.values and at_once == 0):
        raise UsageError(f"--at-once {at_once}: at least one job must be allowed to run")
    if parsed.on("follow") or parsed.text("output") == "jobfile":
        raise UsageError(
            "--sweep makes several jobs: --follow and -o jobfile are for one", f"`arena logs -f -l {SWEEP}={base}` follows all"
        )
    if any(must_be_brought(one.args) for one in jobs):
        hint = "--workdir-claim CLAIM brings it once, through a volume"
        raise UsageError("--workdir: packed, the folder is too large to travel with each job of a sweep", hint)
    for text in handle.behind("its notes", lambda: list(jobs[0].args.notes()) if isinstance(jobs[0].args, ArgsGroup) else []):
        note(f"note: {text}")
    if inactive_of(parsed) is not None:
        raise UsageError("--inactive is for one job, --sweep makes several", "`arena wait NAME --inactive 10m` watches one of them")
    if dry_run:
        return _dry(context, parsed, handle, jobs, dry_run)
    stays = parsed.on("wait") or at_once > 0
    if "timeout" in parsed.values and not stays:
        raise UsageError("--timeout has no effect without --wait or --at-once")
    sweep = Sweep(context, parsed, handle, base, jobs)
    if not stays:
        for member in jobs:
            sweep.submit(member)
        note(f"`arena sweep {base}` shows what comes of them, `arena delete -l {SWEEP}={base}` removes them")
        return 0
    try:
        sweep.stay(at_once or len(jobs), seconds(parsed))
    except KeyboardInterrupt:
        note(
            f"\n{len(sweep.waiting)} jobs of {base} were not submitted; those that were keep running. The same command continues from there"
        )
        raise
    return sweep.show()


def _dry(context: Context, parsed: Parsed, handle: JobHandle, jobs: Sequence[Member], dry_run: str) -> int:
    def tried(one: Member) -> Submission:
        if dry_run == "client":
            return only_built(context, handle, one.args)
        return context.client.submit(handle.job_type.name, one.args, dry_run=dry_run)

    made = [obj for one in jobs for obj in tried(one).manifests]
    if parsed.text("output") in FORMATS:
        write(parsed, made if parsed.text("output") == "jsonl" else {"apiVersion": "v1", "kind": "List", "items": made})
        return 0
    for obj in made:
        say(full_name(obj) if parsed.text("output") == "name" else f"{full_name(obj)} created ({dry_run} dry run)")
    return 0


class Sweep:
    """A sweep under way."""

    def __init__(self, context: Context, parsed: Parsed, handle: JobHandle, base: str, jobs: Sequence[Member]) -> None:
        self._context = context
        self._parsed = parsed
        self._handle = handle
        self._base = base
        self.waiting = list(jobs)
        self._all = {one.name: one for one in jobs}
        self._seen: dict[str, Job] = {}
        self._gone: set[str] = set()

    def submit(self, member: Member) -> None:
        """Submit one; one that is there already belongs to the same sweep, or it is an error."""
        try:
            done = self._context.client.submit(self._handle.job_type.name, member.args)
        except AlreadyExists:
            there = self._context.client.get(member.name, job_type=self._handle.job_type.name)
            if there.labels.get(SWEEP) != self._base:
                raise
            note(f"{member.name} is there already")
        else:
            for warning in done.warnings:
                note(f"warning: {warning}")
            if self._parsed.text("output") not in FORMATS:
                say(full_name(done.manifests[0]) if self._parsed.text("output") == "name" else f"{full_name(done.manifests[0])} created")
        self.waiting = [one for one in self.waiting if one.name != member.name]

    def stay(self, at_once: int, timeout: float | None) -> None:
        """Submit what there is room for, each time one has ended, until all have."""
        deadline = None if timeout is None else time.monotonic() + timeout
        selector, kind = f"{SWEEP}={self._base}", self._handle.job_type.name
        for change in self._context.client.watch_list(job_type=kind, selector=selector):
            self._heard(change.changed, change.gone)
            submitted = [name for name in self._all if name not in {one.name for one in self.waiting}]
            busy = sum(not self._ended(name) for name in submitted)
            for member in self.waiting[: max(0, at_once - busy)]:
                self.submit(member)
            if not self.waiting and all(self._ended(name) for name in self._all):
                return
            if deadline is not None and time.monotonic() > deadline:
                left = sum(not self._ended(name) for name in self._all)
                raise TimedOut(
                    f"{left} of {len(self._all)} jobs of {self._base} have not ended after {timeout:g} s", f"`arena sweep {self._base}`"
                )

    def _ended(self, name: str) -> bool:
        return name in self._gone or (name in self._seen and self._seen[name].status.phase.finished)

    def _heard(self, changed: Sequence[Job], gone: Sequence[Job]) -> None:
        for job in changed:
            before = self._seen.get(job.name)
            self._seen[job.name] = job
            self._gone.discard(job.name)
            # One that was there before is not submitted again.
            self.waiting = [one for one in self.waiting if one.name != job.name]
            if before is None or before.status.phase != job.status.phase:
                note(f"{plain(job.name)} is {job.status.phase}")
        for job in gone:
            self._gone.add(job.name)
            note(f"{plain(job.name)} is gone")

    def show(self) -> int:
        """Show the table; returns 20 where one has failed."""
        from arena_core.cli.sweeptable import show

        return show(self._context, self._parsed, self._base, self._handle.job_type.name)
