"""``arena check``: what a cluster has and lacks, for jobs as such or for one topic."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import NO_HEADERS, TYPE
from arena_core.cli.connect import nothing_yet
from arena_core.cli.fitting import folded, room
from arena_core.cli.flags import Parsed
from arena_core.cli.output import output_flag, write
from arena_core.cli.prometheus import prometheus_of
from arena_core.cli.render import print_table
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError

if TYPE_CHECKING:
    from arena_core.usecases.findings import Row

TOPICS = ("monitoring",)


def run(context: Context, parsed: Parsed) -> int:
    """Say what is there, missing or not known; of a topic or a type 1 if something is missing."""
    if parsed.args and (len(parsed.args) > 1 or parsed.args[0] not in TOPICS):
        raise UsageError(f"check what? `arena check`, or `arena check {TOPICS[0]}`", f"topics: {', '.join(TOPICS)}; --type for a job type")
    job_type = parsed.text("type")
    if parsed.args and job_type:
        raise UsageError(f"--type has no effect with {parsed.args[0]}", "`arena check --type TYPE` checks what a job type needs")
    if nothing_yet(context.settings):
        write(parsed, [])
        note("no cluster is configured and there is no local one yet, so there is nothing to check; `arena local up` starts one")
        return 0
    if parsed.args:
        findings = context.client.check_monitoring(**prometheus_of(context))
        _show(parsed, findings, ("WHAT", "STATE", "DETAIL", "WITHOUT IT"), _of_topic(findings))
        return int(any(finding.state == "missing" for finding in findings))
    rows = context.client.check(job_type)
    _show(parsed, rows, ("AREA", "WHAT", "STATE", "DETAIL"), _of_jobs(rows))
    return int(bool(job_type) and any(row.state == "missing" for row in rows))


def _of_topic(findings: Sequence[Row]) -> tuple[list[tuple[str, ...]], list[str]]:
    rows: list[tuple[str, ...]] = [(f.what, f.state, f.detail, f.costs or "-") for f in findings]
    return rows, [f"{f.what}: {f.hint}" for f in findings if f.hint]


def _of_jobs(found: Sequence[Row]) -> tuple[list[tuple[str, ...]], list[str]]:
    rows: list[tuple[str, ...]] = [(row.area, row.what, row.state, row.detail) for row in found]
    return rows, [f"{row.what}: {row.hint}" for row in found if row.state != "ok" and row.hint]


def _show(parsed: Parsed, found: Sequence[Any], header: tuple[str, ...], shown: tuple[list[tuple[str, ...]], list[str]]) -> None:
    if write(parsed, [one._asdict() for one in found]):
        return
    rows, hints = shown
    print_table(folded([*([] if parsed.on("no_headers") else [header]), *rows], room()))
    sys.stdout.flush()
    for hint in dict.fromkeys(hints):
        note(f"hint: {hint}")


COMMAND = Command(
    "check",
    "check what the cluster has and lacks for your jobs, or its monitoring",
    run,
    usage="arena check [flags]\n  arena check monitoring [flags]",
    details="Each row is ok, missing (with what it costs and how to mend it) or unknown (no permission to look). Of monitoring, and of one "
    "job type (--type), it ends with 1 if something is missing.",
    prints="small.Check[]",
    flags=(TYPE, output_flag("wide"), NO_HEADERS),
    words="check",
)
