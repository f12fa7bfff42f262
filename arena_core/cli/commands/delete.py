"""``arena delete JOB...``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.cli.boundary import show
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import ALL_NAMESPACES, SELECTOR, TIMEOUT, TYPE, check_names, selector_of
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.patience import Patience
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.usecases.views import Deleted


def run(context: Context, parsed: Parsed) -> int:
    """Delete each job; a missing one does not stop the others, the exit code tells that there was one."""
    names, selector = list(dict.fromkeys(parsed.args)), selector_of(parsed)
    check_names(names)
    if bool(names) == bool(selector):
        what = "either names or -l, not both" if names else "which job? `arena delete NAME...`, or -l LABELS"
        raise UsageError(what, "`arena list` shows the jobs")
    everywhere = parsed.on("all_namespaces")
    if everywhere and names:
        raise UsageError("--all-namespaces goes with -l: a name belongs to one namespace", "name the namespace with -n")
    timeout = seconds(parsed)
    if timeout is not None and parsed.values.get("wait") is False:
        raise UsageError("--timeout has no effect with --wait=false")
    what = names[0] if len(names) == 1 else f"{len(names)} jobs" if names else f"jobs with {selector}"
    with Patience(lambda: f"deleting {what}", timeout):
        results = context.client.delete(
            names,
            job_type=parsed.text("type"),
            selector=selector,
            all_namespaces=everywhere,
            # A name must be free again when we return, and finalizers may hold the job (an AppWrapper's do).
            wait=parsed.on("wait") if "wait" in parsed.values else "job",
            timeout=timeout,
            on_wait=lambda text: note(f"{text}; Ctrl-C ends the waiting, not the deletion"),
        )
    if selector and not results:
        note(f"no job has the labels {selector}")
    for result in results:
        if isinstance(result.error, NotFound):
            from arena_core.cli.called import correct

            correct(context, "delete", result.error)
    return report_all(results, parsed)


def as_data(result: Deleted) -> small.Deleted:
    """Return what became of one job for JSON and YAML."""
    return {
        "name": result.name,
        "namespace": result.namespace,
        "type": result.job_type,
        "uid": result.uid,
        "deleted": result.ok,
        "error": "" if result.ok else getattr(result.error, "message", str(result.error)),
        "dryRun": False,
    }


def report_all(results: Sequence[Deleted], parsed: Parsed, said: Callable[[Deleted], str] | None = None) -> int:
    """Say or print what became of each; returns the exit code. ``said`` makes the sentence of one that was deleted."""
    write(parsed, [as_data(result) for result in results])
    worst = 0
    for result in results:
        worst = report(result, parsed, said) or worst
    return worst


def report(result: Deleted, parsed: Parsed, said: Callable[[Deleted], str] | None = None) -> int:
    """Say what became of one; returns the exit code that it asks for."""
    error = result.error
    if error is None:
        if parsed.text("output") == "name":
            say(result.full_name or result.name)
        elif wants_data(parsed):
            pass  # it stands in the data
        elif said is not None:
            note(said(result))
        elif result.record_only:
            note(f"The record of the training job {result.name} has been deleted; the job itself was gone")
        else:
            where = f" in namespace {result.namespace}" if parsed.on("all_namespaces") else ""
            note(f"The training job {result.name}{where} has been deleted successfully")
        return 0
    if isinstance(error, NotFound) and parsed.on("ignore_not_found"):
        return 0
    if isinstance(error, ArenaError):
        show(error)
        return error.exit_code
    note(f"error: {error}")
    return 1


COMMAND = Command(
    "delete",
    "delete jobs and everything that belongs to them",
    run,
    usage="arena delete JOB... [flags]\n  arena delete -l LABELS [-A] [flags]",
    prints="small.Deleted[]",
    flags=(
        TYPE,
        SELECTOR,
        ALL_NAMESPACES,
        Flag("wait", "wait until the instances are gone as well (by default: until the job is; --wait=false: not at all)", boolean=True),
        TIMEOUT,
        Flag("ignore_not_found", "succeed even if a job does not exist", boolean=True),
        output_flag("wide", "name"),
    ),
    words="jobs",
)
