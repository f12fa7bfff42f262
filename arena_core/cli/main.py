"""The console script ``arena``: find the command, load only its module, run it inside the error boundary."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from arena_core.cli import catalog
from arena_core.cli.boundary import guarded
from arena_core.cli.command import Command, Context, Group, NothingThere
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.parse import Parser, nearest
from arena_core.cli.run import Run, current
from arena_core.cli.terminal import note, prepare, readable, say
from arena_core.contract.errors import InvalidArguments, NotFound, UsageError
from arena_core.lazily import module_named

#: Commands for scripts: what completion asks for, and how the reference pages are made.
HIDDEN = {"__complete": "complete", "__reference": "reference"}
#: Arena's commands that are not here: a command group of a plugin may bring them.
ELSEWHERE = frozenset(["scalein", "scaleout", "llm"])
_DELETE, _LIST, _GET, _LOGS = "`arena delete JOB`", "`arena list`", "`arena get JOB`", "`arena logs JOB`"
_SUBMIT, _ATTACH = "`arena submit TYPE --name NAME ...`", "`arena attach JOB [-- COMMAND...]`"
#: Commands of other tools, and ours for the same.
COUSINS = {
    **dict.fromkeys(["cancel", "kill", "rm", "remove", "terminate", "scancel"], f"{_DELETE} ends a job and removes it"),
    **dict.fromkeys(["ps", "jobs", "squeue"], f"{_LIST} shows the jobs"),
    **dict.fromkeys(
        ["describe", "show", "status", "info"], f"{_GET} shows a job, with -e its events, too; `arena why JOB` says what it waits for"
    ),
    **dict.fromkeys(["exec", "ssh", "shell", "sh", "bash"], f"{_ATTACH} runs a command, or a shell, in an instance"),
    **dict.fromkeys(["watch", "follow", "tail"], "`arena logs -f JOB` follows the log, `arena wait JOB` the state of a job"),
    **dict.fromkeys(["log-view", "output"], f"{_LOGS} prints the log of a job, `arena logview JOB` shows it in the browser"),
    **dict.fromkeys(["run", "create", "start", "train", "launch", "sbatch", "srun"], f"{_SUBMIT} starts a job"),
    **dict.fromkeys(["apply"], "`arena submit -f FILE` starts the job of a job file"),
    **dict.fromkeys(["up", "down", "cluster"], "`arena local up` and `arena local down` start and end the local cluster"),
    **dict.fromkeys(
        ["login", "use-context"], "--config and --context choose the cluster, as with kubectl; `arena whoami` says who you are"
    ),
}
VERSION = Flag("version", "print the version", boolean=True, hidden=True)


def main(argv: Sequence[str] | None = None, run: Run | None = None) -> int:
    """Run ``arena`` with these words; returns the exit code. What the run has read lives as long as ``run`` does."""
    if argv is None:
        prepare()
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--loglevel=debug" in words or _after(words, "--loglevel") == "debug"
    with run or Run():
        return guarded(lambda: _profiled(readable(words)), debug=lambda: debug)


def _after(words: Sequence[str], flag: str) -> str:
    return words[words.index(flag) + 1] if flag in words[:-1] else ""


def _profiled(words: list[str]) -> int:
    """Run, under the profiler if ``--pprof`` stands anywhere before a program begins."""
    head = words[: words.index("--")] if "--" in words else words
    if "--pprof" not in head and "--pprof=true" not in head:
        return dispatch(words)
    from arena_core.cli.profile import profiled

    return profiled(lambda: dispatch(words))


def dispatch(words: list[str]) -> int:
    """Find the command and run it."""
    head = Parser([*GLOBAL_FLAGS, VERSION], stop=True).parse(words)
    if not head.args:
        check(head, "arena --help")
        return _without_command(head)
    if head.help:
        head.args.append("--help")
    name, rest = head.args[0], head.args[1:]
    if name == "help":
        return dispatch([*rest, "--help"])
    if name in HIDDEN:
        return int(module_named(f"arena_core.cli.{HIDDEN[name]}").main(rest))
    entry = catalog.find(name)
    if entry is None:
        check(head, "arena --help")
        return _plugin_group(name, rest, head)
    try:
        module = module_named(f"arena_core.cli.{entry.module}")
    except ModuleNotFoundError as exc:
        if exc.name != f"arena_core.cli.{entry.module}":
            raise
        raise UsageError(f"arena {name} is not part of this version") from exc
    found: Command | Group = module.COMMAND
    if isinstance(found, Group):
        found, rest = found.open(rest, head)
    try:
        return run_command(found, rest, head)
    except NotFound as error:
        parsed = current().parsed
        if error.name and parsed is not None:
            from arena_core.cli.called import correct

            correct(Context(parsed), found.path, error)
        raise


def run_command(command: Command, words: Sequence[str], head: Parsed) -> int:
    """Parse what follows the command's name, with the persistent flags given before it, and run it."""
    current().parsed = None
    parsed = Parser([*command.flags, *GLOBAL_FLAGS], program=command.program, unknown=command.unknown).parse(words)
    if parsed.help:
        from arena_core.cli.usage import command_help

        say(command_help(command, parsed))
        return 0
    for text in dict.fromkeys([*head.notes, *parsed.notes]):
        note(f"note: {text}")
    parsed.problems = [*head.problems, *parsed.problems]
    parsed.values = {**head.values, **parsed.values}
    if not command.collects:
        check(parsed, f"arena {command.path} --help")
    if parsed.args and not (command.words or command.program):
        hint = f"`arena get {parsed.args[0]}` shows one job" if command.path == "list" else f"`arena {command.path} --help` says more"
        raise UsageError(f"{command.path} takes no name: what is {parsed.args[0]!r}?", hint)
    _settle(parsed)
    if parsed.on("explain_config") and not command.collects:
        from arena_core.cli.explained import explain

        return explain(Context(parsed), command, parsed)
    try:
        named = parsed.args or parsed.text("name")
        return command.run(Context(parsed, command.looks_for if named else ""), parsed)
    except NothingThere:
        if parsed.on("ignore_not_found"):
            return 0
        raise
    except InvalidArguments as error:
        error.hint = error.hint or f"`arena {command.path} --help` lists the flags"
        raise


def check(parsed: Parsed, help_command: str) -> None:
    """Refuse a command line that has problems, naming all of them."""
    if parsed.problems:
        from arena_core.contract.types import Problem

        error = InvalidArguments([Problem(p) for p in parsed.problems])
        error.hint = f"`{help_command}` lists the flags"
        raise error


def _settle(parsed: Parsed) -> None:
    """Do what the persistent flags ask for."""
    current().parsed = parsed
    level = parsed.text("loglevel", "info")
    if level != "info":
        from arena_core.cli.logs import configure

        configure(level)
    if parsed.on("trace"):
        note("note: --trace writes nothing; --pprof writes a CPU profile")


def _without_command(head: Parsed) -> int:
    if head.on("version"):
        return dispatch(["version", "--short"])
    from arena_core.cli.discover import command_groups, job_types_together
    from arena_core.cli.usage import top_help

    say(top_help(command_groups(), job_types_together()))
    return 0


def _plugin_group(name: str, rest: list[str], head: Parsed) -> int:
    from arena_core.cli.discover import command_groups

    groups = [g for g, _ in command_groups()]
    if name in groups:
        from arena_core.cli.groups import opened, run_group

        if found := opened(name, rest, head):
            return run_command(*found, head)
        _settle(head)
        if head.on("explain_config") or "--explain-config" in rest:
            from arena_core.cli.explained import general, show

            show(list(general(head)))
            return 0
        return run_group(name, rest, head)
    if name == "local":
        raise UsageError("the local cluster is not installed or switched off", "install arena-local from where arena-core came")
    if name in ("model", "evaluate"):
        raise UsageError(f"arena {name} is not installed or switched off", "install arena-model from where arena-core came")
    if name in ELSEWHERE:
        raise UsageError(f"arena {name}: Arena (Go) has this command, this program does not", "`arena --help` lists the commands")
    if name in COUSINS:
        raise UsageError(f"unknown command {name!r}", COUSINS[name])
    close = nearest(name, [*catalog.names(), *groups])
    raise UsageError(f"unknown command {name!r}", f"did you mean `arena {close}`?" if close else "`arena --help` lists the commands")
