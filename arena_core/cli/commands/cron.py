"""``arena cron``: make jobs of any type at times, and list, show, suspend or delete what does."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands import submit as submitting
from arena_core.cli.commands.crons.parts import PARTS, SHORT
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.parse import Parser, chosen_word, nearest
from arena_core.contract.errors import UsageError
from arena_core.contract.types import JobHandle
from arena_core.records import replace
from arena_core.usecases.dryrun import dry_run_of

BACKEND = Flag(
    "backend",
    "what makes the jobs: a type of cron by name, or the best that the cluster has",
    group="Cron",
    metavar="auto|CRON",
    default="auto",
)
DETAILS = """\
The flags are those of the type, as with `arena submit`, and those of the cron. Each job is called after the cron, with its time behind."""


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Choose by the first word: one of the commands, or the type of the jobs to make."""
    word, rest = chosen_word(words, "make which jobs?", "`arena cron --help` lists types and commands")
    if not word:
        return overview(), ["--help"]
    if part := PARTS.get(SHORT.get(word, word)):
        return part, rest
    return _start(word, _type(word), rest, head), rest


def _type(word: str) -> str:
    """The name of the job type that a word means."""
    from arena_core.cli.jobtypes import is_type, registry

    if is_type(word):
        handle = registry().get(word)
        if handle.job_type.workload == "batch":
            return handle.job_type.name
        raise UsageError(f"{handle.job_type.name} does not end by itself: no cron makes such jobs", _types_text())
    close = nearest(word, [*PARTS, *(name for name, _ in _types())])
    hint = f"did you mean `arena cron {close}`?" if close else _types_text()
    raise UsageError(f"{word!r} is neither a job type nor a command of `arena cron`", hint)


def _start(word: str, job_type: str, words: Sequence[str], head: Parsed) -> Command:
    """The command that makes a cron: what ``arena submit`` of its kind does, for this type."""
    kind = _kind(job_type, words, head)
    chosen = {} if kind.job_type.makes else {"cron_type": job_type}  # one that makes jobs of one type alone is not told
    found = submitting.for_type(kind.job_type.name, [*(["--cron-type", job_type] if chosen else []), *words])

    def run(context: Context, parsed: Parsed) -> int:
        parsed.values.pop("backend", None)
        parsed.values.update(chosen)
        return found.run(context, parsed)

    flags = (*(_as_shown(flag) for flag in found.flags), BACKEND)
    return replace(
        found,
        path=f"cron {word}",
        summary=f"make jobs of the type {job_type} at times",
        usage=submitting.usage(f"cron {word}", flags, "COMMAND [ARG...]"),
        details=DETAILS,
        run=run,
        flags=flags,
    )


def _as_shown(flag: Flag) -> Flag:
    """The type of the jobs is said already; without a schedule there is no cron."""
    if flag.name == "cron_type":
        return replace(flag, hidden=True)
    return replace(flag, group="Required") if flag.name == "schedule" else flag


def _kind(job_type: str, words: Sequence[str], head: Parsed) -> JobHandle:
    """Which type of cron makes these jobs: the one that is asked for, or the best that the cluster has."""
    from arena_core.cli.jobtypes import registry
    from arena_core.usecases.crons import makers

    first = Parser([BACKEND, *submitting.FLAGS, *GLOBAL_FLAGS], program=True).parse(words)
    able = makers(registry(), job_type)
    if not able:
        raise UsageError("no type of cron is installed", "install arena-cron from where arena-core came")
    asked = first.text("backend", "auto")
    if asked != "auto":
        named = next((handle for handle in able if handle.job_type.name == asked), None)
        if named is None:
            known = ", ".join(handle.job_type.name for handle in able)
            raise UsageError(f"--backend: {asked!r} makes no {job_type}", f"one of auto, {known}")
        return named
    offline = first.help or first.on("explain_config") or dry_run_of(first.text("dry_run")) == "client"
    if not offline:
        first.values = {**head.values, **first.values}
        served = Context(first).client.cluster.served()
        able = [handle for handle in able if served.has(handle.job_type.resource) is not False] or able
        return able[0]
    return able[-1]


def _types() -> list[tuple[str, str]]:
    """Types of jobs by the names of their entry points: nothing is imported for a help text."""
    from arena_core.cli.discover import jobs

    return [(entry.name, entry.summary) for entry in jobs()]


def _types_text() -> str:
    return f"types: {', '.join(name for name, _ in _types())}"


def _footer() -> str:
    from arena_core.cli.usage import two_columns

    commands = two_columns([(name, part.summary) for name, part in PARTS.items()], left=18)
    return f"Commands:\n{commands}\n\nTypes (`arena cron TYPE --help` lists the flags):\n{two_columns(_types(), left=18)}"


def overview() -> Command:
    """`arena cron` without a further word."""
    return Command(
        "cron",
        "make jobs at times, and list, suspend or delete what makes them",
        lambda context, parsed: 2,
        usage="arena cron TYPE --name NAME --schedule SCHEDULE --image IMAGE [flags] COMMAND [ARG...]\n  arena cron COMMAND ...",
        words="cron",
        footer=_footer,
    )


COMMAND = Group(_open, overview, tuple(PARTS.values()))
