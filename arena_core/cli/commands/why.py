"""``arena why JOB``."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.cli.again import again
from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.foreign import one_line
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import say
from arena_core.contract.types import Rank
from arena_core.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.cli.shapes.small import Why
    from arena_core.contract.types import Cause, JobStatus


def run(context: Context, parsed: Parsed) -> int:
    """Say why a job is not running, and what to do about it."""
    name = one_name(parsed, command="why")
    job = context.client.get(name, job_type=parsed.text("type"))
    limit = seconds(parsed, "inactive")
    causes = context.client.explain(job)
    if not causes and (silent := context.client.silence(job, AFTER if limit is None else limit)):
        causes = [silent]
    if wants_data(parsed):
        found = [_data(c) for c in causes]
        data: Why = {
            "name": job.name,
            "namespace": job.namespace,
            "trainer": job.job_type,
            "status": str(job.status.phase),
            "causes": found,
        }
        write(parsed, data)
        return 0
    status = job.status
    exact = f" ({status.exact})" if status.exact and status.exact.upper() != status.phase else ""
    say(f"{job.job_type} {job.name} is {status.phase}{one_line(exact)}")
    for cause in causes:
        _show(cause)
    if not causes:
        say("  " + _nothing(status))
    return 0


def _show(cause: Cause) -> None:
    # A sentence that names its object already is not led by it once more.
    named = not cause.object or cause.object.partition("/")[2] in cause.message
    say(f"  {'' if named else one_line(cause.object) + ': '}{one_line(cause.message)}")
    for line in cause.lines:
        say(f"    | {one_line(line)}")
    if cause.hint:
        say(f"    -> {one_line(again(cause.hint))}")


def _nothing(status: JobStatus) -> str:
    if status.phase == "SUCCEEDED":
        return "it has succeeded"
    return "no problem found" if status.phase.runs else "no reason is known"


#: Seconds without a line after which a job that runs is taken for silent.
AFTER = 300.0
#: The words for ranks in data.
_RANKS: Mapping[Rank, Literal["refused", "never", "failed", "held", "waits", "info"]] = {
    Rank.REFUSED: "refused",
    Rank.NEVER: "never",
    Rank.FAILED: "failed",
    Rank.HELD: "held",
    Rank.WAITS: "waits",
    Rank.INFO: "info",
}


def _data(cause: Cause) -> small.Cause:
    return {
        "message": cause.message,
        "hint": cause.hint,
        "object": cause.object,
        "reason": cause.reason,
        "rank": _RANKS[cause.rank],
        "log": list(cause.lines),
    }


COMMAND = Command(
    "why",
    "explain why a job is not running",
    run,
    takes="JOB",
    prints="small.Why",
    flags=(
        Flag("inactive", "of a job that runs, say where it is when nothing has been written for so long", metavar="DURATION", default="5m"),
        TYPE,
        output_flag("wide"),
    ),
    words="job",
)
