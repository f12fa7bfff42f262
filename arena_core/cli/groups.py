"""Command groups of plugins (entry points ``arena.commands``), loaded when used: typer applications, or groups as the core's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.flags import Parsed
from arena_core.cli.jobtypes import registry
from arena_core.cli.terminal import say
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.records import replace
from arena_core.registry import border
from arena_core.registry.discovery import Entry


def _loaded(name: str) -> tuple[Entry, Any]:
    plugins = registry()
    entry = next(e for e in plugins.commands() if e.name == name)
    return entry, plugins.load(entry)


def opened(name: str, words: Sequence[str], head: Parsed) -> tuple[Command, list[str]] | None:
    """Return the command of a group that is as the core's own, with the words that are left for it; None for a typer application."""
    entry, app = _loaded(name)
    if not isinstance(app, Group):
        return None
    if entry.built_in:
        return app.open(list(words), head)
    command, rest = border.call(entry, f"arena {name}", lambda: app.open(list(words), head))

    def run(context: Context, parsed: Parsed) -> int:
        try:
            return int(command.run(context, parsed))
        except ArenaError:
            raise
        except Exception as exc:
            raise border.failed(entry, f"arena {name}", f"{type(exc).__name__}: {exc}") from exc

    return replace(command, run=run), rest


def run_group(name: str, words: Sequence[str], head: Parsed) -> int:
    """Run ``arena NAME …`` of a plugin inside our error boundary; the persistent flags given before it are in typer's ``obj``."""
    entry, app = _loaded(name)
    import typer

    command = typer.main.get_command(app)
    _in_full(command)
    try:
        result = command.main(args=list(words), prog_name=f"arena {name}", standalone_mode=False, obj=dict(head.values))
    except ArenaError:
        raise
    except Exception as exc:
        # typer's own exceptions come from its private copy of click, so that they are known by what they can do.
        if type(exc).__name__ == "Abort":
            raise KeyboardInterrupt from exc
        if not hasattr(exc, "format_message"):
            if entry.built_in:
                raise
            raise border.failed(entry, f"arena {name}", f"{type(exc).__name__}: {exc}") from exc
        if type(exc).__name__ == "NoArgsIsHelpError":
            if text := str(exc.format_message()).strip():  # where rich draws the help, it stands there already
                say(text)
            return 0
        raise UsageError(str(exc.format_message()), f"`arena {name} --help` says more") from exc
    return result if isinstance(result, int) else 0


def _in_full(command: Any) -> None:
    """Let the list of sub-commands have each first sentence whole: by itself it would be cut where the line ends."""
    for part in getattr(command, "commands", {}).values():
        part.short_help = part.short_help or " ".join(str(part.help or "").partition("\n\n")[0].split())
        _in_full(part)


def inside(name: str, words: Sequence[str]) -> tuple[Group, str, list[str]] | None:
    """Return the group into which ``arena NAME WORDS`` opens, for completion: with its path, and the words that are left for it."""
    if name not in _names():
        return None
    _, app = _loaded(name)
    if isinstance(app, Group):
        return app, name, list(words)
    from arena_core.cli.opening import group_of

    for number in range(1, len(words) + 1):
        if group := group_of(type(_part_of(app, words[:number]))):
            return group, " ".join((name, *words[:number])), list(words[number:])
    return None


def candidates(name: str, words: Sequence[str], last: str) -> list[tuple[str, str]]:
    """What may stand after the words of a typer application, for completion: sub-commands and flags, each with its help."""
    if name not in _names():
        return []
    command = _part_of(_loaded(name)[1], words)
    if last.startswith("-"):
        return [(option, p.help or "") for p in command.params for option in p.opts if option.startswith("--")]
    return [(n, c.get_short_help_str(80)) for n, c in getattr(command, "commands", {}).items() if not c.hidden]


def _names() -> list[str]:
    return [entry.name for entry in registry().commands()]


def _part_of(app: Any, words: Sequence[str]) -> Any:
    """Return the command that words of a typer application lead to."""
    import typer

    command: Any = typer.main.get_command(app)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    return command


def offered(group: Group, path: str) -> list[tuple[str, str]]:
    """Return the words that a group opens, each with what it does."""
    return [*((part.path.removeprefix(f"{path} "), part.summary) for part in group.parts), *group.starts]
