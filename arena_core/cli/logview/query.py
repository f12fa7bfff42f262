"""What is searched for, and whether a line has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from arena_core.contract.errors import UsageError

#: Colours within a line, which a search does not see.
_COLOURS = re.compile(rb"\x1b\[[0-9;:]*[A-Za-z]")


class Query(NamedTuple):
    """A text, or a regular expression. Without ``exact`` case matters where the text has a capital letter."""

    text: str
    regex: bool = False
    exact: bool = False
    inverted: bool = False

    @property
    def cased(self) -> bool:
        """Whether case matters."""
        return self.exact or self.text != self.text.lower()

    def needle(self) -> bytes:
        """Return the bytes that are looked for as they are, or nothing where that is not enough."""
        return b"" if self.regex or not (self.cased or self.text.isascii()) else self.text.encode()

    def picks(self, lines: Sequence[bytes]) -> Sequence[int]:
        """Return which of the lines have it; a regular expression that takes too long is a ``UsageError``."""
        if self.regex:
            from arena_core.cli.logview.patterns import PATTERNS

            return PATTERNS.picks(self.text, lines, cased=self.cased)
        fits = self.matcher()
        return [at for at, line in enumerate(lines) if fits(line)]

    def matcher(self) -> Callable[[bytes], object]:
        """Return what tells whether a line has it; raises ``UsageError`` for what is no regular expression."""
        try:
            found = re.compile(self.text if self.regex else re.escape(self.text), 0 if self.cased else re.IGNORECASE)
            if self.text.isascii():
                return re.compile(found.pattern.encode(), 0 if self.cased else re.IGNORECASE).search
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(f"{self.text!r} is not a regular expression: {error}") from None
        return lambda line: found.search(line.decode("utf-8", "replace"))


def uncoloured(data: bytes) -> bytes:
    """Return text without its colours."""
    return _COLOURS.sub(b"", data) if b"\x1b" in data else data
