"""Flags that several commands share."""

from __future__ import annotations

from arena_core.cli.flags import Flag, Parsed
from arena_core.errors import UsageError

TYPE = Flag("type", "job type: its name, shorthand or alias, in any case", short="T", metavar="TYPE", complete="type")
ALL_NAMESPACES = Flag("all_namespaces", "in all namespaces", short="A", boolean=True, old=("allNamespaces",))
SELECTOR = Flag("selector", "only jobs with these labels (a=b,c!=d,e)", short="l", metavar="LABELS")
NO_HEADERS = Flag("no_headers", "print no header", boolean=True)
TIMEOUT = Flag("timeout", "give up after this time (90s, 10m, 1h30m)", metavar="DURATION")


def output_flag(*formats: str) -> Flag:
    """``-o`` with these formats, the first as the default."""
    return Flag("output", "output format", short="o", choices=formats, default=formats[0])


def one_name(parsed: Parsed, what: str = "job", command: str = "get") -> str:
    """The one word that names a job."""
    if not parsed.args:
        hint = "`arena list` shows the jobs" if what == "job" else "`arena submit --help` lists them"
        raise UsageError(f"which {what}? `arena {command} NAME`", hint)
    if len(parsed.args) > 1:
        raise UsageError(f"one {what} at a time: what is {parsed.args[1]!r}?", f"`arena {command} {parsed.args[0]}`")
    return parsed.args[0]


def seconds(parsed: Parsed, flag: str = "timeout") -> float | None:
    """The seconds of a duration (``90s``, ``1h30m``, or a number of seconds); None where the flag is not given."""
    text = parsed.text(flag)
    if not text:
        return None
    from arena_core.cli.durations import parse_duration

    value = parse_duration(text)
    if value is None:
        raise UsageError(f"--{flag}: {text!r} is not a duration", "for example 90s, 10m or 1h30m")
    return value
