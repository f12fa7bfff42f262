"""Numbers of a file as they were written."""

from __future__ import annotations

from arena_core.typed import Any


class WrittenFloat(float):
    """A number of a job file that remembers how it was written: as a text ``0.10`` is not ``0.1``."""

    def __new__(cls, value: float, written: str) -> WrittenFloat:
        """Keep the text beside the value."""
        made = super().__new__(cls, value)
        made.written = written
        return made

    written: str

    def __deepcopy__(self, memo: Any) -> WrittenFloat:
        """Stay itself: a number does not change."""
        return self
