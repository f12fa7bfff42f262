"""``arena check monitoring``."""

from __future__ import annotations

import sys

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, output_flag
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Parsed
from arena_core.cli.prometheus import prometheus_of
from arena_core.cli.render import dump_json, dump_yaml, print_table
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError

TOPICS = ("monitoring",)


def run(context: Context, parsed: Parsed) -> int:
    """Say what is there, missing or not known; 1 if something is missing."""
    if len(parsed.args) != 1 or parsed.args[0] not in TOPICS:
        raise UsageError(f"check what? `arena check {TOPICS[0]}`", f"topics: {', '.join(TOPICS)}")
    if nothing_yet(context.settings):
        note("no cluster is configured and there is no local one yet, so there is nothing to check; `arena local up` starts one")
        return 0
    findings = context.client.check_monitoring(**prometheus_of(context))
    output = parsed.text("output", "wide")
    if output in ("json", "yaml"):
        data = [finding._asdict() for finding in findings]
        (dump_json if output == "json" else dump_yaml)(data)
    else:
        rows = [(f.what, f.state, f.detail, f.costs or "-") for f in findings]
        print_table([*([] if parsed.on("no_headers") else [("WHAT", "STATE", "DETAIL", "WITHOUT IT")]), *rows])
        sys.stdout.flush()
        for mend in dict.fromkeys(f"{f.what}: {f.mend}" for f in findings if f.mend):
            note(f"hint: {mend}")
    return int(any(finding.state == "missing" for finding in findings))


COMMAND = Command(
    path="check",
    summary="check what of a cluster's monitoring is there",
    usage="arena check monitoring [flags]",
    details="Each row is ok, missing (with what it costs and how to mend it) or unknown (no permission to look). Ends with 1 if something "
    "is missing.",
    run=run,
    flags=(output_flag("wide", "json", "yaml"), NO_HEADERS),
    words="check",
)
