"""``arena plugins list|check|new``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, print_fitted
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, write
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.registry import Registry
    from arena_core.registry.registry import PluginRow

HEADER = ("KIND", "NAME", "DISTRIBUTION", "VERSION", "STATUS", "ALIASES")


def run(context: Context, parsed: Parsed) -> int:
    """List plugins from metadata, or load every one; ``check`` ends with 1 if one of them is not in order."""
    from arena_core.registry import Registry

    what, *names = parsed.args or ["list"]
    if what == "new":
        return _new(names, parsed, Registry())
    if names or what not in ("list", "check"):
        raise UsageError(
            f"plugins {' '.join(parsed.args)}: expected `arena plugins list`, `arena plugins check` or `arena plugins new NAME`"
        )
    if parsed.text("dir"):
        raise UsageError(f"--dir belongs to `arena plugins new NAME`, not to `plugins {what}`")
    registry = Registry()
    rows = registry.check() if what == "check" else registry.report()
    if not write(parsed, [_data(row) for row in rows]):
        lines = [(r.kind, r.name, r.distribution, r.version, r.status, ", ".join(r.aliases) or "-") for r in rows]
        print_fitted(parsed, [HEADER, *lines], ("VERSION", "KIND"))
        for row in rows:
            if row.detail:
                note(f"{row.kind} {row.name} of {row.distribution}: {row.detail}")
    return 0 if what == "list" or all(row.healthy for row in rows) else 1


def _data(row: PluginRow) -> small.Plugin:
    return {
        "kind": row.kind,
        "name": row.name,
        "distribution": row.distribution,
        "version": row.version,
        "status": row.status,
        "summary": row.summary,
        "detail": row.detail,
        "aliases": list(row.aliases),
    }


def _new(names: list[str], parsed: Parsed, registry: Registry) -> int:
    """Make a distribution with a job type of its own, and say what to do with it."""
    from arena_core.cli import catalog
    from arena_core.usecases.newplugin import create

    if len(names) != 1:
        given = f", not {' '.join(names)}" if names else ""
        raise UsageError(f"plugins new takes the name of one job type{given}", "for example: arena plugins new mytrainer")
    (name,) = names
    own = {word for entry in catalog.ENTRIES for word in (entry.name, *entry.aliases)}
    own |= {entry.name for entry in registry.commands()}
    files = create(name, Path(parsed.text("dir", ".")), registry, frozenset(own))
    folder = next(path.parent for path in files if path.name == "pyproject.toml")
    made: small.NewPlugin = {"name": name, "folder": str(folder), "files": [str(path) for path in files]}
    if write(parsed, made):
        return 0
    for path in files:
        say(str(path))
    note(f"install it beside arena: pip install -e {shlex.quote(str(folder))}")
    note(f"then: arena submit {name} --help; pytest {shlex.quote(str(folder / 'tests'))}")
    return 0


COMMAND = Command(
    "plugins",
    "list installed plugins, check that they load, or begin a new one",
    run,
    usage="arena plugins list|check [flags]\n       arena plugins new NAME [--dir DIR]",
    details="`check` imports every plugin and ends with 1 if one is broken. ARENA_BLOCK_PLUGINS=a,b switches plugins off.\n"
    "`new` writes a distribution with a job type NAME that runs as it is: the folder arena-NAME.",
    prints="small.Plugins",
    flags=(
        output_flag("wide"),
        NO_HEADERS,
        Flag("dir", "for `new`: the folder to make arena-NAME in", metavar="DIR", default=".", complete="file"),
    ),
    words="plugins",
)
