"""``arena diff``: what is different between two jobs, or between a live one and a job file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.foreign import plain
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.terminal import colour_wanted, note, paint, say
from arena_core.contract.errors import UsageError
from arena_core.discreet import discreet

if TYPE_CHECKING:
    from arena_core.cli.shapes import history as shapes
    from arena_core.usecases.compare import Difference


def run(context: Context, parsed: Parsed) -> int:
    """Compare flags, objects and commits."""
    from arena_core.cli.commands.past import sides

    path = parsed.text("file")
    if len(parsed.args) != (1 if path else 2):
        raise UsageError("which jobs? `arena diff JOB JOB`, or `arena diff JOB -f FILE`", "`arena history` lists earlier jobs")
    if (parsed.many("set") or parsed.many("set_string")) and not path:
        raise UsageError("--set has no effect without -f FILE")
    if path:
        from arena_core.cli.submit import jobfile

        data = jobfile.load(path)
        jobfile.change(data, parsed.many("set"), parsed.many("set_string"))
        found = sides.from_live(context, parsed.args[0], data)
    else:
        first, second = (sides.earlier(context, name) for name in parsed.args)
        found = sides.between(first, second)
    if wants_data(parsed):
        write(parsed, [_data(section, one) for section, rows in found.items() for one in rows])
    else:
        _show(found, "as the live job is" if path else parsed.args[0], path or parsed.args[1])
    return 0


def _show(found: Mapping[str, list[Difference]], before: str, after: str) -> None:
    if not any(found.values()):
        note("no difference")
        return
    coloured = colour_wanted(sys.stdout)
    lines = [f"--- {plain(before)}", f"+++ {plain(after)}"]
    for section, rows in found.items():
        lines += [f"{section}:"] if rows else []
        for one in rows:
            lines.append(f"  {plain(one.path)}")
            lines += [paint(f"  - {_text(one.before)}", "31", wanted=coloured)] if not _absent(one.before) else []
            lines += [paint(f"  + {_text(one.after)}", "32", wanted=coloured)] if not _absent(one.after) else []
    say("\n".join(lines), painted=True)


def _absent(value: Any) -> bool:
    from arena_core.usecases.compare import ABSENT

    return value is ABSENT


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return plain(discreet(text)).replace("\n", "\n    ")


def _data(section: Any, one: Difference) -> shapes.Difference:
    before = None if _absent(one.before) else one.before
    return {"section": section, "path": one.path, "before": before, "after": None if _absent(one.after) else one.after}


COMMAND = Command(
    "diff",
    "show what is different between two jobs, or a live job and a job file",
    run,
    usage="arena diff JOB JOB [flags]\n  arena diff JOB -f FILE [flags]",
    details="Of two jobs, which may be gone, flags, objects and commits are compared; the job's name is left out of the objects. With -f "
    "the live job is compared with what the file would make: - is as it is, + as the file says. Secrets are not shown.",
    flags=(
        Flag("file", "compare the live job with this job file", short="f", metavar="FILE", complete="file", once=True),
        Flag("set", "change a value of the job file before: a.b[0]=c", metavar="KEY=VALUE", repeat=True),
        Flag("set_string", "like --set, the value stays text", metavar="KEY=VALUE", repeat=True),
        output_flag("wide"),
    ),
    prints="history.Difference[]",
    words="past",
)
