"""The flags that say what follows when a job that is watched writes nothing any more."""

from __future__ import annotations

from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.seconds import seconds
from arena_core.contract.errors import UsageError
from arena_core.records import replace

INACTIVE = Flag("inactive", "warn when nothing has been written to the log for so long (10m)", metavar="DURATION")
ON_INACTIVE = Flag(
    "on_inactive",
    "what follows such a silence: a warning; also where each rank is (stacks); or `arena stop`, and exit code 124",
    choices=("warn", "stacks", "stop"),
    default="warn",
)


def within(group: str) -> tuple[Flag, Flag]:
    """The flags in a group of another command's help, where they are not shown among the usual ones."""
    return replace(INACTIVE, group=group, often=False), replace(ON_INACTIVE, group=group, often=False)


def inactive_of(parsed: Parsed) -> float | None:
    """The seconds of --inactive; what is to follow has no effect without it."""
    if "on_inactive" in parsed.values and "inactive" not in parsed.values:
        raise UsageError("--on-inactive has no effect without --inactive", "for example --inactive 10m")
    return seconds(parsed, "inactive")
