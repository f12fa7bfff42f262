"""``arena schema TYPE`` and ``arena schema --output COMMAND``."""

from __future__ import annotations

from typing import Any

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import FORMATS, write
from arena_core.contract.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Print the JSON Schema of a job type's job file, or of what a command prints."""
    given = parsed.many("output")
    formats, commands = [word for word in given if word in FORMATS], [word for word in given if word not in FORMATS]
    if len(formats) > 1 or len(commands) > 1:
        raise UsageError("one schema in one format at a time", "`arena schema --output list -o yaml`")
    parsed.values["output"] = formats[0] if formats else "json"
    write(parsed, _of_command([*commands[0].split(), *parsed.args]) if commands else _of_type(parsed))
    return 0


def _of_type(parsed: Parsed) -> dict[str, Any]:
    """Editors check and complete a job file with it."""
    from arena_core.args import json_schema
    from arena_core.cli.jobtypes import find_type

    handle = find_type(one_name(parsed, "job type", "schema"))
    schema: dict[str, Any] = handle.behind("its argument model", lambda: json_schema(handle.job_type.name, handle.args_model))
    return schema


def _of_command(words: list[str]) -> dict[str, Any]:
    """Programs check with it what they read."""
    from arena_core.cli.printed import schema_of_command

    return schema_of_command(words)


COMMAND = Command(
    "schema",
    "print the JSON Schema of a job type's job file, or of what a command prints",
    run,
    usage="arena schema TYPE [-o FORMAT]\n  arena schema --output COMMAND [-o FORMAT]",
    details="`arena schema --output list` describes what `arena list -o json` prints: no keys but those, in draft 2020-12. With -o jsonl "
    "each line is an element of the list.",
    prints="small.Schema",
    flags=(
        Flag(
            "output",
            "a command, to describe what it prints (list, top node); or a format: json, yaml, jsonl",
            short="o",
            metavar="COMMAND",
            repeat=True,
            complete="printed",
        ),
    ),
    words="type",
)
