"""Help texts. Plain text without a library: help must cost no more than a bare start."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from arena_core.cli import catalog
from arena_core.cli.command import Command
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.terminal import screen
from arena_core.records import replace
from arena_core.typed import TypedDict


class _Whole(TypedDict):
    break_long_words: bool
    break_on_hyphens: bool


#: So many flags more are no reason to leave them out.
FEW = 5
#: Words stay whole: a flag that is cut cannot be copied.
_WHOLE: _Whole = {"break_long_words": False, "break_on_hyphens": False}


def width() -> int:
    """Columns to fill: those of the terminal, within reason."""
    return max(40, min(110, screen(100, 24)[0]))


def wrapped(text: str) -> str:
    """Text filled to the terminal's width; a line that begins with blanks keeps them, and no word is cut."""
    lines: list[str] = []
    for line in text.split("\n"):
        blanks = line[: len(line) - len(line.lstrip())]
        more = blanks + "    " if blanks else ""
        filled = textwrap.wrap(line.strip(), width(), initial_indent=blanks, subsequent_indent=more, **_WHOLE)
        lines += filled or [""]
    return "\n".join(lines)


def two_columns(rows: Sequence[tuple[str, str]], left: int = 0) -> str:
    """Names and what they mean, the second column wrapped; a name that is too long gets lines of its own."""
    left = min(left or min(30, max((len(name) for name, _ in rows), default=0) + 2), max(8, width() // 3))
    room = width() - left - 2
    lines: list[str] = []
    for name, text in rows:
        parts = textwrap.wrap(text, room, **_WHOLE) or [""]
        if len(name) + 2 > left:
            lines += textwrap.wrap(name, width(), initial_indent="  ", subsequent_indent="  ", **_WHOLE)
            lines += [" " * (left + 2) + part for part in parts if part]
            continue
        lines.append(f"  {name:<{left}}{parts[0]}".rstrip())
        lines += [" " * (left + 2) + part for part in parts[1:]]
    return "\n".join(lines)


def flag_row(flag: Flag) -> tuple[str, str]:
    """One flag as it stands in the help."""
    short = f"-{flag.short}, " if flag.short else "    "
    value = f" {flag.value_name}" if flag.value_name else ""
    remarks = []
    if flag.choices and flag.value_name != "|".join(flag.choices):
        remarks.append(", ".join(flag.choices))
    if flag.default:
        remarks.append(f"default {flag.default}")
    if flag.repeat:
        remarks.append("repeatable")
    text = flag.help + (f" ({'; '.join(remarks)})" if remarks else "")
    return f"{short}{flag.flag}{value}", text


def flag_sections(flags: Iterable[Flag]) -> str:
    """All flags, by group in the order in which groups appear; hidden ones are left out."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for flag in flags:
        if not flag.hidden:
            groups.setdefault(flag.group, []).append(flag_row(flag))
    return "\n\n".join(f"{group}:\n{two_columns(rows, left=34)}" for group, rows in groups.items())


def command_help(command: Command, parsed: Parsed | None = None) -> str:
    """The help of one command: of many flags those that are used often, unless ``--help=all`` was asked for."""
    parts = [wrapped(command.summary[:1].upper() + command.summary[1:] + ("" if command.summary.endswith(".") else "."))]
    if command.details:
        parts.append(wrapped(command.details.strip()))
    parts.append(wrapped(f"Usage:\n  {command.synopsis}"))
    if command.footer is not None:
        parts.append(command.footer())
    flags = list(command.flags)
    few = [flag for flag in flags if flag.often and not flag.hidden]
    rest = sum(1 for flag in flags if not flag.often and not flag.hidden)
    if rest > FEW and not (parsed and parsed.help_all):
        parts.append(flag_sections([*_in_short(few), *GLOBAL_FLAGS[:1]]))
        parts.append(wrapped(f"{rest} more flags, and the global ones: `arena {command.path} --help=all` shows every flag."))
    else:
        parts.append(flag_sections([*_required_first(flags), *GLOBAL_FLAGS]))
    return "\n\n".join(p for p in parts if p) + "\n"


def _in_short(flags: Sequence[Flag]) -> list[Flag]:
    """The required flags, the others without their groups, and those of the command itself."""
    return _required_first([replace(f, group="Flags") if f.group not in ("Required", "Submission") else f for f in flags])


def _required_first(flags: Sequence[Flag]) -> list[Flag]:
    return sorted(flags, key=lambda flag: flag.group != "Required")


def top_help(groups: Sequence[tuple[str, str]], job_types: Sequence[tuple[str, str]]) -> str:
    """``arena --help``: commands, those of plugins, job types; from metadata alone."""
    parts = [
        wrapped("Machine-learning jobs on Kubernetes, or on this machine if there is no cluster."),
        "Usage:\n  arena COMMAND [flags]",
    ]
    sections: dict[str, list[tuple[str, str]]] = {}
    for entry in catalog.ENTRIES:
        sections.setdefault(entry.section, []).append((", ".join((entry.name, *entry.aliases)), entry.summary))
    parts += [f"{title}:\n{two_columns(rows, left=18)}" for title, rows in sections.items()]
    if groups:
        parts.append(f"From plugins:\n{two_columns(groups, left=18)}")
    if job_types:
        parts.append(f"Job types (arena submit TYPE):\n{two_columns(job_types, left=18)}")
    else:
        text = "No job type is installed: install the plugins that you need (distributions arena-TYPE) from where arena-core came."
        parts.append(wrapped(text))
    parts.append(flag_sections(GLOBAL_FLAGS))
    parts.append(wrapped("`arena COMMAND --help` says more about a command, `arena submit TYPE --help` about a job type."))
    return "\n\n".join(parts) + "\n"
