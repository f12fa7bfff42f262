"""The events that were written last: those who watch the same get the same bytes, made once."""

from __future__ import annotations

from collections.abc import Callable

from arena_local.store import Entry

#: Lines that are kept for further watchers, and how long they may be.
_KEPT, _KEPT_SIZE = 32, 64 * 1024


class Lines:
    """Events as lines, by entry, type and version."""

    def __init__(self) -> None:
        # With the entry, so that no other one gets its id.
        self._made: dict[tuple[int, str, str], tuple[Entry, bytes]] = {}

    def line(self, kind: str, entry: Entry, api_version: str, encoded: Callable[[], bytes]) -> bytes:
        """Return an event as a line; ``encoded`` makes the JSON of its object in the version of the path."""
        key = (id(entry), kind, api_version)
        found = self._made.get(key)
        if found is not None:
            return found[1]
        made = b'{"type":"' + kind.encode() + b'","object":' + encoded() + b"}\n"
        if len(made) <= _KEPT_SIZE:
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[key] = entry, made
        return made
