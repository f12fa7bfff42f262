"""What happens with the arguments: print, try, or create; then wait or follow."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from arena_core.args import ArgsGroup, must_be_brought
from arena_core.cli.command import Context
from arena_core.cli.flags import Parsed
from arena_core.cli.foreign import plain
from arena_core.cli.inactive import inactive_of
from arena_core.cli.output import FORMATS, write_line
from arena_core.cli.render import dump_json, dump_yaml
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import RehearsalFailed, UsageError
from arena_core.usecases.dryrun import dry_run_of
from arena_core.usecases.spoken import of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from arena_core.cli.following import Around
    from arena_core.contract.types import JobHandle, Manifest, Submission


def only_built(context: Context, handle: JobHandle, args: BaseModel) -> Submission:
    """Do the client's dry run: no cluster is asked, or started."""
    from arena_core.cli.connect import make_client, namespace_offline

    namespace = namespace_offline(context.settings, context.namespace)
    client = make_client(context.settings, context.namespace)
    return client.submit(handle.job_type.name, args, namespace=namespace, dry_run="client")


def submit(context: Context, parsed: Parsed, handle: JobHandle, args: BaseModel) -> int:
    """Submit, or only show what would be submitted; returns the exit code."""
    output, dry_run = parsed.text("output", "wide"), dry_run_of(parsed.text("dry_run"))
    stays = parsed.on("wait") or parsed.on("follow")
    if output == "jobfile":
        return _jobfile(handle, args)
    if dry_run and stays:
        raise UsageError("--wait and --follow need a job that is really created", "leave out --dry-run")
    if parsed.on("follow") and output in FORMATS:
        raise UsageError(f"-o {output} and --follow both write to stdout", "use -o name, or --wait")
    if "timeout" in parsed.values and not stays:
        raise UsageError("--timeout has no effect without --wait or --follow", "to limit the job itself, use --running-timeout")
    seconds(parsed)
    if inactive_of(parsed) is not None and not stays:
        raise UsageError("--inactive has no effect without --wait or --follow", "`arena wait NAME --inactive 10m` watches a job that runs")
    rehearsed = _rehearsal(parsed, dry_run)
    for text in handle.behind("its notes", lambda: list(args.notes()) if isinstance(args, ArgsGroup) else []):
        note(f"note: {text}")
    if dry_run == "client":
        done = only_built(context, handle, args)
    else:
        done = _submit(context, parsed, handle.job_type.name, args, dry_run, rehearsed)
    for text in done.notes:
        note(f"note: {text}")
    for warning in done.warnings:
        note(f"warning: {warning}")
    _show(done, output, dry_run, handle)
    if dry_run:
        return 0
    bring(context, args, done)
    if output == "wide" and not stays:
        _next_steps(done, handle)
    from arena_core.cli.waiting import going_on

    with going_on(done.name):
        return _stay(context, parsed, done)


def bring(context: Context, args: BaseModel, done: Submission) -> None:
    """Bring the folder of --workdir to the instances, where it does not travel with the job."""
    if must_be_brought(args):
        from arena_core.cli.bringing import push

        push(context, done.name, args.workdir.root, done.job_type)  # type: ignore[attr-defined]


def _rehearsal(parsed: Parsed, dry_run: str) -> float:
    """Return for how many seconds the job is to be rehearsed, 0 for not at all."""
    found = seconds(parsed, "rehearse")
    if found is None:
        if parsed.on("force"):
            raise UsageError("--force has no effect without --rehearse", "`--rehearse 30s` runs the job on a local cluster first")
        return 0.0
    if dry_run:
        raise UsageError("--rehearse runs the job, --dry-run only builds it", "leave one of them out")
    if not found:
        raise UsageError("--rehearse: 0 seconds say nothing", "for example --rehearse 30s")
    return found


def _submit(context: Context, parsed: Parsed, job_type: str, args: BaseModel, dry_run: str, rehearse: float) -> Submission:
    if not rehearse:
        return context.client.submit(job_type, args, dry_run=dry_run)
    note(f"rehearsing it on a local cluster for up to {rehearse:g} s; nothing has been submitted yet")
    try:
        return context.client.submit(job_type, args, rehearse=rehearse, force=parsed.on("force"))
    except RehearsalFailed as error:
        if error.last_lines:
            note("\n".join(("the last lines of its log:", *(f"  {plain(line)}" for line in error.last_lines))))
        raise


def _jobfile(handle: JobHandle, args: BaseModel) -> int:
    from arena_core.args import to_job_file

    dump_yaml(to_job_file(handle.job_type.name, args))
    return 0


def _show(done: Submission, output: str, dry_run: str, handle: JobHandle) -> None:
    if output == "yaml":
        dump_yaml(*done.manifests)
    elif output == "json":
        dump_json(done.manifests[0] if len(done.manifests) == 1 else {"apiVersion": "v1", "kind": "List", "items": list(done.manifests)})
    elif output == "jsonl":
        for obj in done.manifests:
            write_line(obj)
    elif output == "name":
        say(full_name(done.manifests[0]))
    else:
        suffix = {"client": " (dry run)", "server": " (server dry run)"}.get(dry_run, "")
        for obj in done.manifests:
            say(f"{full_name(obj)} created{suffix}")


def full_name(obj: Manifest) -> str:
    """``pytorchjob.kubeflow.org/NAME``, as kubectl writes it."""
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    kind = str(obj.get("kind", "")).lower()
    name = (obj.get("metadata") or {}).get("name", "")
    return f"{kind}.{group}/{name}" if group else f"{kind}/{name}"


def _next_steps(done: Submission, handle: JobHandle) -> None:
    """Tell a person how to go on; a script knows."""
    if not sys.stderr.isatty():
        return
    if handle.job_type.workload == "schedule":
        note(f"`arena cron get {done.name}` shows when the next job is due, `arena cron run-now {done.name}` makes one at once")
        return
    job = done.manifests[0]
    note(f"{of(job, 'logs -f')} follows it, {of(job, 'get')} shows its state")


def _stay(context: Context, parsed: Parsed, done: Submission) -> int:
    inactive = inactive_of(parsed)
    if inactive is None:
        return _watch(context, parsed, done)
    from arena_core.cli.silence import Reaction, Watched, heard, looked_at

    job = Watched(context.client, done.name, done.job_type)
    with Reaction(context, parsed, done.name, done.job_type) as react:
        if parsed.on("follow"):
            return _watch(context, parsed, done, lambda lines: heard(job, done.name, inactive, lines, react))
        with looked_at(job, done.name, inactive, react):
            return _watch(context, parsed, done)


def _watch(context: Context, parsed: Parsed, done: Submission, around: Around = contextlib.nullcontext) -> int:
    """Follow or wait; what is followed passes through ``around``."""
    timeout = seconds(parsed)
    if parsed.on("follow"):
        from arena_core.cli.following import follow_to_the_end

        return follow_to_the_end(context, done.name, job_type=done.job_type, timeout=timeout, around=around)
    if parsed.on("wait"):
        from arena_core.cli.waiting import wait_for

        uid = str(done.manifests[0]["metadata"].get("uid", ""))
        return wait_for(context, done.name, "", done.job_type, timeout, uid)
    return 0
