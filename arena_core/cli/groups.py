"""Command groups of plugins (entry points ``arena.commands``): typer applications, loaded when they are used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata

from arena_core.cli.flags import Parsed
from arena_core.errors import ArenaError, PluginError, UsageError


def run_group(name: str, words: Sequence[str], head: Parsed) -> int:
    """Run ``arena NAME …`` of a plugin inside our error boundary; the persistent flags given before it are in typer's ``obj``."""
    found = [e for e in metadata.entry_points(group="arena.commands") if e.name == name]
    owners = sorted({e.dist.name for e in found if e.dist is not None})
    if len(owners) > 1:
        raise PluginError(f"`arena {name}` is claimed by {' and '.join(owners)}", "uninstall one of them, or switch one off")
    owner = owners[0] if owners else "a plugin"
    try:
        app = found[0].load()
    except Exception as exc:
        raise PluginError(f"`arena {name}` of {owner} does not load: {exc}", "`arena plugins check` says more") from exc
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
            raise
        if type(exc).__name__ == "NoArgsIsHelpError":
            return 0  # the help has been shown, which is what the group alone is for
        raise UsageError(str(exc.format_message()), f"`arena {name} --help` says more") from exc
    return result if isinstance(result, int) else 0
