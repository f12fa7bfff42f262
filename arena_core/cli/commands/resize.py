"""``arena scalein`` and ``arena scaleout``: fewer or more workers of an elastic job, with what its operator may do meanwhile."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Rescale
from arena_core.k8s import duration

#: The role that Arena's words mean.
ROLE = "worker"
FLAGS = (
    Flag("name", "name of the job", metavar="JOB", complete="job"),
    Flag("count", "how many workers more or fewer", integer=True, default="1"),
    Flag("timeout", "how long the script may run", short="t", metavar="DURATION", default="60s"),
    Flag("retry", "how often it is tried again", integer=True, default="0"),
    Flag("script", "script that the launcher runs (empty: what the operator does itself)", metavar="PATH"),
    Flag("env", "environment variable of the script; repeatable", short="e", metavar="NAME=VALUE", repeat=True),
)


def _run(context: Context, parsed: Parsed, sign: int) -> int:
    """Ask for another number of workers."""
    job_type, name = _job(parsed)
    check_names([name])
    count = _whole(parsed, "count", 1)
    seconds = duration.parse(parsed.text("timeout") or "60s")
    how = Rescale(parsed.text("script"), int(seconds), _whole(parsed, "retry", 0), _variables(parsed.many("env")))
    job = context.client.scale(name, {ROLE: sign * count}, how=how, relative=True, job_type=job_type)
    note(f"{job.job_type} {job.name} is asked for {count} {ROLE}{'s' if count > 1 else ''} {'more' if sign > 0 else 'fewer'}")
    return 0


def _job(parsed: Parsed) -> tuple[str, str]:
    """Return (type, job) of ``etjob --name JOB``, ``etjob JOB`` or ``JOB``."""
    words, name = list(parsed.args), parsed.text("name")
    if not name:
        if not words:
            raise UsageError("which job? `arena scaleout etjob --name JOB`")
        name = words.pop()
    if len(words) > 1:
        raise UsageError(f"{words[1]!r}: what is it? `arena scaleout etjob --name JOB`")
    return (words[0] if words else ""), name


def _whole(parsed: Parsed, flag: str, least: int) -> int:
    text = parsed.text(flag)
    number = int(text) if text else least
    if number < least:
        raise UsageError(f"--{flag}: {number} is less than {least}")
    return number


def _variables(words: list[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not name or not sign:
            raise UsageError(f"--env: {word!r} is not NAME=VALUE")
        found[name] = value
    return found


def _command(path: str, summary: str, sign: int) -> Command:
    return Command(
        path,
        summary,
        lambda context, parsed: _run(context, parsed, sign),
        usage=f"arena {path} [TYPE] --name JOB [--count N] [flags]",
        flags=FLAGS,
        words="job",
    )


IN = _command("scalein", "take workers away from an elastic job", -1)
OUT = _command("scaleout", "give workers to an elastic job", 1)
