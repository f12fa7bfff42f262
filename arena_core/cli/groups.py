"""Command groups of plugins (entry points ``arena.commands``): typer applications, loaded when they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_core.cli.flags import Parsed
from arena_core.cli.jobtypes import registry
from arena_core.cli.terminal import say
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.registry import border


def run_group(name: str, words: Sequence[str], head: Parsed) -> int:
    """Run ``arena NAME …`` of a plugin inside our error boundary; the persistent flags given before it are in typer's ``obj``."""
    plugins = registry()
    entry = next(e for e in plugins.commands() if e.name == name)
    app = plugins.load(entry)
    import typer

    command = typer.main.get_command(app)
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


def candidates(name: str, words: Sequence[str], last: str) -> list[tuple[str, str]]:
    """What may stand after ``arena NAME WORDS``, for completion: sub-commands and flags, each with its help."""
    plugins = registry()
    entry = next((e for e in plugins.commands() if e.name == name), None)
    if entry is None:
        return []
    import typer

    command: Any = typer.main.get_command(plugins.load(entry))
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    if last.startswith("-"):
        return [(option, p.help or "") for p in command.params for option in p.opts if option.startswith("--")]
    return [(n, c.get_short_help_str(80)) for n, c in getattr(command, "commands", {}).items() if not c.hidden]
