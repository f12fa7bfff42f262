"""``arena workdir push JOB``: the folder of ``--workdir`` to the instances that wait for it."""

from __future__ import annotations

from arena_core.cli.bringing import push
from arena_core.cli.choosing import part_of
from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.shared import TYPE, check_names
from arena_core.cli.flags import Parsed
from arena_core.contract.errors import UsageError


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    missing = UsageError("what with the working directory? `arena workdir push JOB`", "`arena workdir --help` says more")

    def strange(word: str) -> UsageError:
        return UsageError(f"arena workdir {word}: expected `arena workdir push JOB`")

    return part_of(words, {"push": PUSH}, overview, missing, strange)


def overview() -> Command:
    """`arena workdir` without a further word."""
    return Command(
        path="workdir",
        summary="bring the folder of --workdir to instances that wait for it",
        usage="arena workdir push JOB [DIR] [flags]",
        run=lambda *_: 2,
    )


def _push(context: Context, parsed: Parsed) -> int:
    if not 1 <= len(parsed.args) <= 2:
        raise UsageError("which job? `arena workdir push JOB [DIR]`", "`arena list` shows the jobs")
    check_names(parsed.args[:1])
    push(context, parsed.args[0], (parsed.args[1:] or [""])[0], parsed.text("type"))
    return 0


PUSH = Command(
    path="workdir push",
    summary="bring the folder of --workdir to instances that wait for it",
    usage="arena workdir push JOB [DIR] [flags]",
    details="A folder that is too large to travel with the job is brought by `arena submit`, which stays until every instance has it. "
    "An instance that is made later waits: this command brings it. DIR is the folder where it is not known here.",
    run=_push,
    flags=(TYPE,),
    words="job",
)
COMMAND = Group(_open, overview, (PUSH,))
