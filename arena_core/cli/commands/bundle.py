"""``arena bundle JOB``: one file with everything that helps somebody else to help."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.past import looking, pages
from arena_core.cli.commands.shared import TYPE, one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.discreet import redacted, redacted_text
from arena_core.history.journal import is_noted


def run(context: Context, parsed: Parsed) -> int:
    """Write the archive; what cannot be read is left out, and named in it."""
    from arena_core.usecases import bundle

    name = one_name(parsed, command="bundle")
    files: list[tuple[str, str]] = []
    there = _live(context, parsed, name, files)
    known = _kept(context, name, files)
    if not (there or known):
        raise NotFound(f"nothing is known of a job {name}, neither here nor on the cluster", "`arena list` and `arena history` show jobs")
    files += _machine()
    path = parsed.text("output_file") or f"arena-bundle-{bundle.safe(name)}.tar.gz"
    try:
        bundle.write(path, f"arena-bundle-{name}", files)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", "name another file with -o") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}", "name another file with -o") from error
    note("look into it before you pass it on: what a program has printed is in it as it is")
    say(path)
    return 0


def _live(context: Context, parsed: Parsed, name: str, files: list[tuple[str, str]]) -> bool:
    try:
        files += [(f"cluster/{path}", text) for path, text in context.client.bundle(name, job_type=parsed.text("type"))]
    except NotFound:
        return False
    except ArenaError as error:
        files.append(("cluster/unread.txt", redacted_text(error.message) + "\n"))
        note(f"note: the cluster cannot be read: {error.message}")
        return False
    return True


def _kept(context: Context, name: str, files: list[tuple[str, str]]) -> bool:
    """Add what the history has, if it can be read: with a full disk the rest is wanted all the more."""
    try:
        return _remembered(context, name, files)
    except ArenaError as error:
        files.append(("history/unread.txt", redacted_text(error.message) + "\n"))
        note(f"note: {error.message}")
        return False


def _remembered(context: Context, name: str, files: list[tuple[str, str]]) -> bool:
    if not is_noted(looking.journal()):
        return False
    from arena_core.history import followed

    with looking.store() as store:
        try:
            entry = store.entry(name, context.settings.text("namespace"))
        except NotFound:
            return False
        whole: dict[str, Any] = {**pages.as_data(entry), "states": [pages.state_data(one) for one in store.states(entry)]}
        files += [
            ("history/entry.json", _json(whole)),
            ("history/arguments.json", _json(store.arguments(entry))),
            ("history/objects.json", _json(store.objects(entry))),
        ]
        logs = [followed.fuller(store.journal, entry.id, one) for one in store.logs(entry)] or followed.only(store.journal, entry.id)
    files += [(f"history/logs/{one.instance or 'none'}.log", redacted_text(one.lines or f"(nothing: {one.missing})\n")) for one in logs]
    return True


def _machine() -> Iterator[tuple[str, str]]:
    """What runs here: versions and plugins, no names of files, users or variables."""
    import platform

    from arena_core import __version__
    from arena_core.cli.jobtypes import registry

    yield "machine/version.json", _json({"arena": __version__, "python": platform.python_version(), "system": platform.platform()})
    rows = [{"kind": row.kind, "name": row.name, "version": row.version, "status": row.status} for row in registry().report()]
    yield "machine/plugins.json", _json(rows)


def _json(data: Any) -> str:
    return json.dumps(redacted(data), indent=2, ensure_ascii=False, default=str) + "\n"


COMMAND = Command(
    "bundle",
    "write everything about a job into one file, for whoever is to help",
    run,
    usage="arena bundle JOB [-o FILE]",
    details="The archive has the job with its pods, events, reasons and logs as the cluster knows them, what the history has of it, and "
    "the versions of what is installed. Values that are secret by their names are left out.",
    flags=(TYPE, Flag("output_file", "the file to write", short="o", long="file", metavar="FILE", complete="file")),
    words="job",
)
