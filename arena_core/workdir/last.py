"""What was packed last, for whoever asks again: the jobs of a sweep share one folder, and arguments are read more than once."""

from __future__ import annotations

from collections.abc import Callable

from arena_core.workdir.listing import Listing, listing
from arena_core.workdir.pack import Packed, pack

_last: list[Packed] = []


def packed(root: str, wrong: Callable[[Listing], list[tuple[str, str]]]) -> Packed | list[tuple[str, str]]:
    """Return the folder as it is now, packed, or what is wrong with it. It is listed each time; unchanged it is not read again."""
    found = listing(root)
    if problems := wrong(found):
        return problems
    for known in _last:
        if known.listing == found:
            return known
    made = pack(found)
    _last[:] = [made]
    return made
