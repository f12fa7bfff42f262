"""``arena workdir push JOB``: the folder of ``--workdir`` to the instances that wait for it."""

from __future__ import annotations

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.shared import TYPE, check_names
from arena_core.cli.flags import Parsed
from arena_core.cli.parse import first_word
from arena_core.cli.patience import Patience
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.folders import Brought


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    first, rest = first_word(words, PUSH.flags)
    if not first.args:
        if first.help:
            return overview(), ["--help"]
        raise UsageError("what with the working directory? `arena workdir push JOB`", "`arena workdir --help` says more")
    if first.args[0] != "push":
        raise UsageError(f"arena workdir {first.args[0]}: expected `arena workdir push JOB`")
    return PUSH, rest


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


def push(context: Context, name: str, folder: str, job_type: str) -> None:
    """Bring it, and stay until every instance has it; interrupted, say how to go on."""
    seen: list[Brought] = []

    def tell(brought: Brought) -> None:
        if not seen or seen[-1].done != brought.done:
            seen.append(brought)

    def text() -> str:
        return (
            f"bringing the folder to {name}: {seen[-1].done} of {seen[-1].wanted} instances have it"
            if seen
            else f"bringing the folder to {name}"
        )

    try:
        with Patience(text):
            done = context.client.push_workdir(name, folder, job_type=job_type, tell=tell)
    except KeyboardInterrupt:
        missing = f"{seen[-1].wanted - seen[-1].done} of {seen[-1].wanted} instances" if seen else "its instances"
        note(f"\n{name} stays, but {missing} have no working directory yet: `arena workdir push {name}` brings it")
        raise
    note(
        f"the folder is in {done.done} of {done.wanted} instances"
        if done.done < done.wanted
        else f"the folder is in all instances of {name}"
    )


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
