"""What is installed, from the metadata of distributions alone, with clashes of names and what is blocked worked out.

Nothing of a plugin is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.installed import Offer, normalized, offers, ours

JOBS = "arena.jobs"
ALIASES = "arena.job_aliases"
COMMANDS = "arena.commands"
EXTENSIONS = "arena.extensions"
CLUSTERS = "arena.clusters"
BUNDLES = "arena.local_controllers"
PRESETS = "arena.presets"
#: Where the administrator of a machine names the extensions that nobody may go without.
SITE = "/etc/arena/required-extensions"


class Entry:
    """One entry point of a plugin. ``clash`` names the other distributions that claim the same name."""

    __slots__ = ("blocked", "clash", "offer")

    def __init__(self, offer: Offer, blocked: bool = False, clash: tuple[str, ...] = ()) -> None:
        self.offer = offer
        self.blocked = blocked
        self.clash = clash

    @property
    def group(self) -> str:
        """The entry-point group."""
        return self.offer.group

    @property
    def name(self) -> str:
        """The entry point's name."""
        return self.offer.name

    @property
    def value(self) -> str:
        """``module`` or ``module:attribute``."""
        return self.offer.value

    @property
    def distribution(self) -> str:
        """The distribution's name."""
        return self.offer.distribution

    @property
    def version(self) -> str:
        """The distribution's version."""
        return self.offer.version

    @property
    def summary(self) -> str:
        """The distribution's one-line description."""
        return self.offer.summary

    @property
    def built_in(self) -> bool:
        """Whether the distribution belongs to this program: a name of its own is never taken over by another distribution."""
        return normalized(self.distribution) in ours()


def required_names(path: str = SITE) -> frozenset[str]:
    """Return the extensions or distributions that the administrator of this machine requires, one a line; none where there is no file.

    A file that cannot be read requires something that nobody has: what it says may be a policy.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.partition("#")[0].strip() for line in file]
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except (OSError, UnicodeDecodeError):
        return frozenset({f"what {path} says (it cannot be read)"})
    return frozenset(normalized(line) for line in lines if line)


def entries(
    groups: Iterable[str], blocked: frozenset[str] = frozenset(), required: frozenset[str] = frozenset()
) -> dict[str, dict[str, list[Entry]]]:
    """Return group → name → entry points, the one that counts first: not blocked, then built-in, then by distribution.

    Every entry that shares its name with one of another distribution says so. An extension that the site requires is never blocked.
    """
    found: dict[str, dict[str, list[Entry]]] = {group: {} for group in groups}
    for offer in offers(*found):
        off = bool(offer.names & blocked) and not (offer.group == EXTENSIONS and offer.names & required)
        found[offer.group].setdefault(offer.name, []).append(Entry(offer, off))
    for by_name in found.values():
        for same in by_name.values():
            if len(same) > 1:
                same.sort(key=lambda e: (e.blocked, not e.built_in, e.distribution))
            live = [e for e in same if not e.blocked]
            for entry in live:
                entry.clash = tuple(o.distribution for o in live if o is not entry)
    return found


def chosen(same: Iterable[Entry]) -> Entry | None:
    """Return the entry that a name means: a built-in, or the only one; None where foreign ones clash or all are blocked."""
    live = [e for e in same if not e.blocked]
    if not live:
        return None
    return live[0] if len(live) == 1 or live[0].built_in else None
