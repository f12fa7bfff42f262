"""What is installed, from metadata alone: no plugin is imported to be named in a help text."""

from __future__ import annotations

from arena_core.installed import blocked, offers


def command_groups() -> list[tuple[str, str]]:
    """Command groups of plugins: name and the distribution's summary."""
    return [(o.name, o.summary) for o in offers("arena.commands") if o.name not in blocked()]


def job_types() -> list[tuple[str, str]]:
    """Installed job types with their aliases: ``pytorchjob, pytorch, py`` and the distribution's summary."""
    found = [o for o in offers("arena.jobs", "arena.job_aliases") if o.name not in blocked()]
    aliases: dict[str, list[str]] = {}
    for offer in found:
        if offer.group == "arena.job_aliases":
            aliases.setdefault(offer.value, []).append(offer.name)
    return [(", ".join((o.name, *aliases.get(o.value, ()))), o.summary) for o in found if o.group == "arena.jobs"]


def type_names() -> list[str]:
    """Names of the installed job types."""
    return [o.name for o in offers("arena.jobs") if o.name not in blocked()]


def distributions() -> list[tuple[str, str]]:
    """Distributions that bring a job type, commands, an extension or a cluster: name and version."""
    return sorted({(o.distribution, o.version) for o in offers("arena.jobs", "arena.commands", "arena.extensions", "arena.clusters")})
