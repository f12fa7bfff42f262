"""Where a job is, in a sentence: ``7 ranks wait in all_reduce (ddp.py:88), rank 3 waits in DataLoader (data.py:41)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.usecases.stacks.model import Group, Process, Stacks


def sentence(found: Stacks, most: int = 3) -> str:
    """Return the one line: the largest groups, and how many more places there are."""
    parts = [told(group) for group in found.groups[:most]]
    more = len(found.groups) - len(parts)
    if more > 0:
        parts.append(f"{more} more place{'s' if more > 1 else ''}")
    if found.unread:
        parts.append(f"{len(found.unread)} could not be read" if found.groups else f"none of {len(found.unread)} could be read")
    return ", ".join(parts)


def told(group: Group) -> str:
    """Return who is where."""
    return f"{who(group.members)} {verb(group)} {place(group)}"


def verb(group: Group) -> str:
    """Return what they do there: a thread that does not run at that moment waits for something."""
    if len(group.members) == 1:
        return "waits in" if group.sleeps else "is in"
    return "wait in" if group.sleeps else "are in"


def place(group: Group) -> str:
    """Return the call and the line of the user's code, and where those are that work for it."""
    file = group.file.rpartition("/")[2] or "?"
    text = f"{group.what} ({file}:{group.line or '?'})"
    return text + (f", working for it: {', '.join(group.helpers[:2])}" if group.helpers else "")


def who(members: Sequence[Process]) -> str:
    """Return one by name, several by number."""
    if len(members) == 1:
        return members[0].label
    ranked = all(p.rank is not None for p in members)
    return f"{len(members)} {'ranks' if ranked else 'processes'}"


def names(members: Sequence[Process]) -> str:
    """Return all by name: ``ranks 0-2, 4``.

    >>> names([Process("worker-0", "p", 1, rank) for rank in (0, 1, 2, 4)])
    'ranks 0-2, 4'
    """
    ranks = [p.rank for p in members if p.rank is not None]
    others = [p.label for p in members if p.rank is None]
    parts = [f"rank{'s' if len(ranks) > 1 else ''} {', '.join(_ranges(ranks))}"] if ranks else []
    return ", ".join([*parts, *others])


def collectives(found: Stacks) -> str:
    """Return which collective each is in by NCCL's count: ``ranks 0-6 in all_reduce 42 (started), rank 7 in all_reduce 41 (completed)``."""
    at: dict[tuple[str, int, str, str], list[Process]] = {}
    for one in found.ranks:
        if one.collective:
            at.setdefault((one.collective.name, one.collective.sequence, one.collective.state, one.collective.group), []).append(one)
    rows = sorted(at.items(), key=lambda row: (-len(row[1]), row[0]))
    return ", ".join(f"{names(members)} in {name} {number} ({state})" for (name, number, state, _), members in rows)


def _ranges(numbers: Iterable[int]) -> list[str]:
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in found]


def behind(found: Stacks) -> str:
    """Return whom the others seem to wait for, as far as one look tells; empty where nothing tells it."""
    if not found.behind:
        return ""
    shown = ", ".join(found.behind[:4]) + (f" and {len(found.behind) - 4} more" if len(found.behind) > 4 else "")
    return f"the others seem to wait for {shown}"
