"""What was packed last, for whoever asks again: the jobs of a sweep share one folder, and arguments are read more than once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from arena_core.workdir.listing import Listing, listing
from arena_core.workdir.pack import Packed, pack


def packed(root: str, wrong: Callable[[Listing], list[tuple[str, str]]]) -> Packed | list[tuple[str, str]]:
    """Return the folder as it is now, packed, or what is wrong with it. It is listed each time; unchanged it is not read again."""
    found = listing(root)
    if problems := wrong(found):
        return problems
    return _packed(found)


@lru_cache(maxsize=1)
def _packed(found: Listing) -> Packed:
    return pack(found)
