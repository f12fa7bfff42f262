"""What is installed, from metadata alone: no plugin is imported to be named in a help text."""

from __future__ import annotations

from arena_core.cli.jobtypes import registry


def command_groups() -> list[tuple[str, str]]:
    """Command groups of plugins: name and the distribution's summary."""
    return [(entry.name, entry.summary) for entry in registry().commands()]


def job_types() -> list[tuple[str, str]]:
    """Installed job types with their aliases: ``pytorchjob, py, pytorch`` and the distribution's summary."""
    found = registry()
    aliases: dict[str, list[str]] = {}
    for alias, name in sorted(found.aliases().items()):
        aliases.setdefault(name, []).append(alias)
    entries = [(name, found.entry(name)) for name in found.names()]
    return [(", ".join((name, *aliases.get(name, ()))), entry.summary if entry else "") for name, entry in entries]


def job_types_together() -> list[tuple[str, str]]:
    """As ``job_types``, those of one distribution in one row: they share its summary."""
    rows: dict[str, list[str]] = {}
    for names, summary in job_types():
        rows.setdefault(summary or names, []).append(names)
    return [(", ".join(names), summary if summary != names[0] else "") for summary, names in rows.items()]


def type_names() -> list[str]:
    """Names of the installed job types."""
    return registry().names()


def distributions() -> list[tuple[str, str]]:
    """Distributions that bring a plugin: name and version."""
    return sorted({(row.distribution, row.version) for row in registry().report()})
