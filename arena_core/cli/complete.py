"""Candidates for the shells: ``arena __complete SHELL WORD...``; the last word is the one that is being typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module

from arena_core.cli import catalog
from arena_core.cli.command import Command, Context, Group
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.parse import Parser
from arena_core.cli.terminal import say
from arena_core.contract.errors import ArenaError

Candidates = list[tuple[str, str]]
FILES: Candidates = [(":files", "")]
FIXED = {
    "serve": ("attach", "custom", "delete", "get", "list", "logs", "open", "scale", "update", "wait", "why"),
    "cron": ("delete", "get", "list", "resume", "run-now", "suspend"),
    "shell": ("bash", "fish", "zsh"),
    "config": ("get", "set", "unset", "view"),
    "data": ("get", "list", "put"),
    "workdir": ("push",),
    "plugins": ("check", "list", "new"),
    "history": ("export", "list", "logs", "prune", "show"),
    "top": ("job", "node"),
    "check": ("monitoring",),
}


def main(words: Sequence[str]) -> int:
    """Print candidates, one a line with a tab and its meaning; an error is no reason to disturb the line being typed."""
    shell, typed = (words[0], list(words[1:])) if words else ("bash", [])
    try:
        found = candidates(_join_equals(typed) if shell == "bash" else typed)
    except ArenaError:
        return 0
    for word, text in found:
        if shell == "bash":
            # bash takes `=` for the end of a word: only what follows it may be offered.
            word = word.partition("=")[2] if word.startswith("--") and "=" in word[:-1] else word
        say(f"{word}\t{text}" if text else word)
    return 0


def _join_equals(words: Sequence[str]) -> list[str]:
    """Put together what bash has taken apart: ``--type``, ``=``, ``py``."""
    joined: list[str] = []
    for word in words:
        if word == "=" and joined:
            joined[-1] += "="
        elif joined and joined[-1].startswith("--") and joined[-1].endswith("="):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def candidates(words: Sequence[str]) -> Candidates:
    """What may stand in place of the last word."""
    before, last = list(words[:-1]), words[-1] if words else ""
    head = Parser(GLOBAL_FLAGS, stop=True).parse(before)
    if not head.args:
        return _values_or(before, last, GLOBAL_FLAGS, head, lambda: _starting(_commands(), last))
    entry = catalog.find(head.args[0])
    if entry is None:
        from arena_core.cli import groups

        if (found := groups.inside(head.args[0], head.args[1:])) is None:
            return _starting(groups.candidates(head.args[0], head.args[1:], last), last)
        group, path, head.args[1:] = found
        if not head.args[1:] and not last.startswith("-"):
            return _starting(groups.offered(group, path), last)
        return _of_command(_opened(group, head), head, last)
    if entry.name == "submit" and len(head.args) == 1 and not last.startswith("-"):
        return _starting(_types(), last)
    return _of_command(_command(entry, head), head, last)


def _of_command(command: Command, head: Parsed, last: str) -> Candidates:
    """What may stand behind the words of a command."""
    flags = (*command.flags, *GLOBAL_FLAGS)
    parsed = Parser(flags, program=command.program).parse(head.args[1:])
    parsed.values = {**head.values, **parsed.values}
    return _values_or(head.args[1:], last, flags, parsed, lambda: _starting(_offer(command.words, parsed), last))


def _command(entry: catalog.Entry, head: Parsed) -> Command:
    found: Command | Group = import_module(f"arena_core.cli.{entry.module}").COMMAND
    return _opened(found, head) if isinstance(found, Group) else found


def _opened(group: Group, head: Parsed) -> Command:
    try:
        command, head.args[1:] = group.open(head.args[1:], head)
    except ArenaError:
        return group.overview()
    return command


def _values_or(before: Sequence[str], last: str, flags: Iterable[Flag], parsed: Parsed, otherwise: object) -> Candidates:
    """The value of a flag, a flag, or what ``otherwise`` offers."""
    parser = Parser(flags)
    if last.startswith("--") and "=" in last:
        name, _, value = last.partition("=")
        flag = parser.longs.get(name[2:])
        return [(f"{name}={w}", t) for w, t in _one_of(flag, _value(flag, parsed), value)] if flag else []
    previous = before[-1] if before else ""
    flag = None
    if previous.startswith("-"):
        flag = parser.longs.get(previous[2:]) if previous.startswith("--") else parser.shorts.get(previous[-1:])
    if flag is not None and not flag.boolean and "=" not in previous:
        found = _value(flag, parsed)
        return found if found == FILES else _one_of(flag, found, last)
    if last.startswith("-"):
        return _starting([(f.flag, f.help) for f in parser.longs.values() if not f.hidden] + [("--help", "show the help")], last)
    return otherwise() if callable(otherwise) else []


def _one_of(flag: Flag, found: Candidates, typed: str) -> Candidates:
    """Return what the value may become; of a list (``name,status``) its last element, of a column to sort by also with a minus."""
    if not flag.offers:
        return _starting(found, typed)
    head, comma, last = typed.rpartition(",")
    minus = "-" if last.startswith("-") and flag.name == "sort" else ""
    taken = head.split(",")
    return [(f"{head}{comma}{minus}{word}", text) for word, text in _starting(found, last.removeprefix(minus)) if word not in taken]


def _starting(found: Candidates, prefix: str) -> Candidates:
    return list(dict.fromkeys((w, t) for w, t in found if w.startswith(prefix)))


def _commands() -> Candidates:
    from arena_core.cli.discover import command_groups

    return [(e.name, e.summary) for e in catalog.ENTRIES] + command_groups()


def _types() -> Candidates:
    from arena_core.cli.discover import job_types

    return [(name, text) for names, text in job_types() for name in names.split(", ")]


def _value(flag: Flag | None, parsed: Parsed) -> Candidates:
    if flag is None:
        return []
    if flag.choices or flag.offers:
        return [(c, "") for c in flag.choices or flag.offers]
    if flag.names_of:
        return _names(flag, parsed) if _may_ask(parsed) else []
    return FILES if flag.complete == "file" else _offer(flag.complete, parsed)


def _names(flag: Flag, parsed: Parsed) -> Candidates:
    from arena_core.cli.complete_cluster import names

    return names(flag.names_of, Context(parsed))


def _offer(kind: str, parsed: Parsed) -> Candidates:
    if kind in FIXED:
        return [(word, "") for word in FIXED[kind]]
    if kind == "type":
        return _types()
    if kind == "printed":
        from arena_core.cli.printed import commands

        return [(command.path, command.summary) for command in commands() if command.prints]
    if kind == "setting":
        from arena_core.cli.settings import settings

        return [(one.key, one.file) for one in settings().values()]
    if kind == "past":
        from arena_core.cli.commands.past.looking import offered

        return offered(parsed)
    if kind == "context":
        from arena_core.cli.complete_cluster import contexts

        return contexts(parsed)
    if kind and _may_ask(parsed):
        from arena_core.cli.complete_cluster import offer

        return offer(kind, Context(parsed), parsed)
    return []


def _may_ask(parsed: Parsed) -> bool:
    """Whether asking the cluster would start none: completion must not leave a process behind."""
    from arena_core.cli.connect import configured, local_runs

    return configured(parsed) or local_runs()
