"""``arena schema TYPE``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import one_name
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.render import dump_json, dump_yaml


def run(context: Context, parsed: Parsed) -> int:
    """Print the JSON Schema of a job type's job file; editors check and complete the file with it."""
    from arena_core.args import json_schema
    from arena_core.cli.jobtypes import find_type

    handle = find_type(one_name(parsed, "job type", "schema"))
    schema = handle.behind("its argument model", lambda: json_schema(handle.job_type.name, handle.args_model))
    (dump_yaml if parsed.text("output") == "yaml" else dump_json)(schema)
    return 0


COMMAND = Command(
    path="schema",
    summary="print the JSON Schema of a job type's job file",
    usage="arena schema TYPE",
    run=run,
    flags=(Flag("output", "output format", short="o", choices=("json", "yaml"), default="json"),),
    words="type",
)
