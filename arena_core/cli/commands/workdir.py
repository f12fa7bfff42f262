"""``arena workdir push JOB``: the folder of ``--workdir`` to the instances that wait for it; ``workdir prune``: what lies in a claim."""

from __future__ import annotations

from arena_core.cli.bringing import push
from arena_core.cli.choosing import part_of
from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands.moving import FLAGS, how
from arena_core.cli.commands.shared import TYPE, check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.patience import Patience
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena_core.usecases.shelves import Tidied


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    missing = UsageError(
        "what with the working directory? `arena workdir push JOB` or `arena workdir prune CLAIM`", "`arena workdir --help` says more"
    )

    def strange(word: str) -> UsageError:
        return UsageError(f"arena workdir {word}: expected `push JOB` or `prune CLAIM`")

    return part_of(words, {"push": PUSH, "prune": PRUNE}, overview, missing, strange)


def overview() -> Command:
    """`arena workdir` without a further word."""
    return Command(
        "workdir",
        "bring the folder of --workdir to instances that wait for it, or remove what no job needs from a claim",
        lambda *_: 2,
        usage="arena workdir push JOB [DIR] [flags]\n  arena workdir prune CLAIM [flags]",
    )


def _push(context: Context, parsed: Parsed) -> int:
    if not 1 <= len(parsed.args) <= 2:
        raise UsageError("which job? `arena workdir push JOB [DIR]`", "`arena list` shows the jobs")
    check_names(parsed.args[:1])
    push(context, parsed.args[0], (parsed.args[1:] or [""])[0], parsed.text("type"))
    return 0


def _prune(context: Context, parsed: Parsed) -> int:
    if len(parsed.args) != 1:
        raise UsageError("which claim? `arena workdir prune CLAIM`", "`arena data list` shows the claims")
    check_names(parsed.args, "claim")
    older = seconds(parsed, "older_than")
    waits: list[str] = []
    with Patience(lambda: f"looking into claim {parsed.args[0]}{f': {waits[-1]}' if waits and waits[-1] else ''}"):
        more: Any = {"dry_run": parsed.on("dry_run"), "how": how(context, parsed), "tell": waits.append}
        done = context.client.prune_workdirs(parsed.args[0], *([] if older is None else [older]), **more)
    return _tidied(parsed, done)


def _tidied(parsed: Parsed, done: Tidied) -> int:
    from arena_core.workdir.words import size

    for one in done.removed:
        note(f"{one.name} ({size(one.size)}){' would be removed' if parsed.on('dry_run') else ' removed'}")
    kept = len(done.kept)
    what = "1 archive stays" if kept == 1 else f"{kept} archives stay"
    note(f"{what} in claim {parsed.args[0]}: needed, or not old enough")
    return 0


PUSH = Command(
    "workdir push",
    "bring the folder of --workdir to instances that wait for it",
    _push,
    takes="JOB [DIR]",
    details="A folder that is too large to travel with the job is brought by `arena submit`, which stays until every instance has it. "
    "An instance that is made later waits: this command brings it. DIR is the folder where it is not known here.",
    flags=(TYPE,),
    words="job",
)
PRUNE = Command(
    "workdir prune",
    "remove the archives of --workdir that no job needs any more from a claim",
    _prune,
    takes="CLAIM",
    details="`arena submit --workdir DIR --workdir-claim CLAIM` puts an archive into the claim, for all jobs with that content. Those that "
    "no job, cron or pod of the namespace needs any more are removed; what has ended needs none. Where one of them cannot be read, "
    "nothing is removed. A small pod that mounts the claim is made for it.",
    flags=(
        Flag("older_than", "how long ago they must have been brought last (1d)", metavar="DURATION"),
        Flag("dry_run", "show what would be removed, remove nothing", boolean=True),
        *FLAGS,
    ),
    words="claim",
)
COMMAND = Group(_open, overview, (PUSH, PRUNE))
