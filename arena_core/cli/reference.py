"""The reference pages, made from the same flags that parse and help: ``arena __reference FOLDER``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from arena_core.cli import catalog
from arena_core.cli.command import Command, Group
from arena_core.cli.flags import GLOBAL_FLAGS, Flag
from arena_core.cli.terminal import say

HEAD = "Made by `arena __reference docs/reference`; do not edit by hand.\n"


def main(words: Sequence[str]) -> int:
    """Write all pages into a folder."""
    folder = Path(words[0] if words else "docs/reference")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        say(f"{folder / name}")
    return 0


def pages() -> dict[str, str]:
    """All pages by file name: the commands, the hooks, and one for each installed job type."""
    from arena_core.cli.commands.submit import for_type
    from arena_core.cli.discover import type_names
    from arena_core.cli.hookpage import hooks_page

    found = {"commands.md": commands_page(), "hooks.md": hooks_page(HEAD)}
    for name in type_names():
        command = for_type(name)
        found[f"submit-{name}.md"] = f"# arena submit {name}\n\n{HEAD}\n{_section(command, level='##')}"
    return found


def commands_page() -> str:
    """Every command of the core, and the flags that all of them take."""
    parts = [f"# Commands\n\n{HEAD}"]
    for entry in catalog.ENTRIES:
        module = import_module(f"arena_core.cli.{entry.module}")
        found: Command | Group = module.COMMAND
        command, inside = (found.overview(), found.parts) if isinstance(found, Group) else (found, ())
        also = f"\n\nAlso: {', '.join(f'`{a}`' for a in entry.aliases)}." if entry.aliases else ""
        parts.append(f"## arena {entry.name}\n\n{_sentence(command.summary)}{also}\n\n{_section(command, level='###')}")
        parts.extend(f"### arena {part.path}\n\n{_sentence(part.summary)}\n\n{_section(part, level='####')}" for part in inside)
    parts.append(f"## Flags of every command\n\n{_table(GLOBAL_FLAGS)}")
    return "\n".join(parts)


def _section(command: Command, *, level: str) -> str:
    usage = command.synopsis
    text = f"```\n{usage.replace(chr(10) + '  ', chr(10))}\n```\n"
    if command.details:
        text += f"\n{command.details}\n"
    groups: dict[str, list[Flag]] = {}
    for flag in command.flags:
        if not flag.hidden:
            groups.setdefault(flag.group, []).append(flag)
    for group, flags in groups.items():
        text += (f"\n{level} {group}\n" if len(groups) > 1 else "") + "\n" + _table(flags)
    return text


def _table(flags: Iterable[Flag]) -> str:
    rows = ["| flag | meaning | default | old names |", "|---|---|---|---|"]
    for flag in flags:
        short = f"`-{flag.short}`, " if flag.short else ""
        value = f" {flag.value_name}".replace("|", "\\|") if flag.value_name else ""
        meaning = flag.help + (f" ({', '.join(flag.choices)})" if flag.choices else "") + ("; repeatable" if flag.repeat else "")
        old = ", ".join(f"`--{o}`" for o in flag.old)
        default = f"`{flag.default}`" if flag.default else ""
        rows.append(f"| {short}`{flag.flag}{value}` | {meaning.replace('|', chr(92) + '|')} | {default} | {old} |")
    return "\n".join(rows) + "\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
