"""What is installed, from metadata alone: no plugin is imported to be named in a help text."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.jobtypes import registry
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.registry.discovery import Entry

#: How the names of servers end, and those of what makes jobs at times.
SERVING, SCHEDULES = "-serving", "cron"


def command_groups() -> list[tuple[str, str]]:
    """Command groups of plugins: name and the distribution's summary."""
    return [(entry.name, entry.summary) for entry in registry().commands()]


def job_types(among: Sequence[Entry] | None = None) -> list[tuple[str, str]]:
    """Installed types with their aliases: ``pytorchjob, py, pytorch`` and the distribution's summary."""
    found = registry()
    aliases: dict[str, list[str]] = {}
    for alias, name in sorted(found.aliases().items()):
        aliases.setdefault(name, []).append(alias)
    return [(", ".join((entry.name, *aliases.get(entry.name, ()))), entry.summary) for entry in (entries() if among is None else among)]


def job_types_together() -> list[tuple[str, str]]:
    """The types of jobs alone, those of one distribution in one row: they share its summary."""
    rows: dict[str, list[str]] = {}
    for names, summary in job_types(jobs()):
        rows.setdefault(summary or names, []).append(names)
    return [(", ".join(names), summary if summary != names[0] else "") for summary, names in rows.items()]


def entries() -> list[Entry]:
    """What announces the installed types."""
    found = registry()
    return [entry for name in found.names() if (entry := found.entry(name))]


def of_workload(workload: str, ending: str) -> list[Entry]:
    """Types of one workload, as they said when they were last loaded; before that it is all types of a distribution with such a name."""
    known, found = registry(), entries()
    theirs = {entry.distribution for entry in found if entry.name.endswith(ending)}
    guessed = {entry.name: workload for entry in found if entry.distribution in theirs}
    return [entry for entry in found if (known.workload(entry.name) or guessed.get(entry.name)) == workload]


def servers() -> list[Entry]:
    """Types of model servers, for `arena serve`."""
    return of_workload("service", SERVING)


def jobs() -> list[Entry]:
    """All other types but schedules: what `arena submit` is for and `arena cron` repeats."""
    others = {entry.name for entry in (*servers(), *of_workload("schedule", SCHEDULES))}
    return [entry for entry in entries() if entry.name not in others]


def type_names() -> list[str]:
    """Names of the installed job types."""
    return registry().names()


def distributions() -> list[tuple[str, str]]:
    """Distributions that bring a plugin: name and version."""
    return sorted({(row.distribution, row.version) for row in registry().report()})
