"""``arena plugins list|check``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.render import dump_json, print_table
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError

HEADER = ("KIND", "NAME", "DISTRIBUTION", "VERSION", "STATUS", "ALIASES")


def run(context: Context, parsed: Parsed) -> int:
    """List plugins from metadata, or load every one; ``check`` ends with 1 if one of them is not in order."""
    what = parsed.args[0] if parsed.args else "list"
    if len(parsed.args) > 1 or what not in ("list", "check"):
        raise UsageError(f"plugins {' '.join(parsed.args)}: expected `arena plugins list` or `arena plugins check`")
    from arena_core.registry import Registry

    registry = Registry()
    rows = registry.check() if what == "check" else registry.report()
    if parsed.text("output") == "json":
        keys = ("kind", "name", "distribution", "version", "status", "summary", "detail", "aliases")
        dump_json([{key: getattr(row, key) for key in keys} for row in rows])
    else:
        lines = [(r.kind, r.name, r.distribution, r.version, r.status, ", ".join(r.aliases) or "-") for r in rows]
        print_table([*([] if parsed.on("no_headers") else [HEADER]), *lines])
        for row in rows:
            if row.detail:
                note(f"{row.kind} {row.name} of {row.distribution}: {row.detail}")
    return 0 if what == "list" or all(row.healthy for row in rows) else 1


COMMAND = Command(
    path="plugins",
    summary="list installed plugins, or check that they load",
    usage="arena plugins list|check [flags]",
    details="`check` imports every plugin and ends with 1 if one is broken. ARENA_BLOCK_PLUGINS=a,b switches plugins off.",
    run=run,
    flags=(Flag("output", "output format", short="o", choices=("wide", "json"), default="wide"), NO_HEADERS),
    words="plugins",
)
