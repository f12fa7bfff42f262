"""Sets of characters, as classes in a pattern name them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

Ranges = tuple[tuple[str, str], ...]
_LAST = chr(0x10FFFF)
DIGIT: Ranges = (("0", "9"),)
SPACE: Ranges = (("\t", "\n"), ("\f", "\r"), (" ", " "))
WORD: Ranges = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
#: Escapes of classes; a capital letter means everything else.
PERL: dict[str, Ranges] = {"d": DIGIT, "s": SPACE, "w": WORD}
POSIX: dict[str, Ranges] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": DIGIT,
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": WORD,
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}


@dataclass(frozen=True)
class Chars:
    """A set: ranges and Unicode categories (``L``, ``Nd``), folded or not, and all of it or everything else."""

    ranges: Ranges = ()
    categories: tuple[tuple[str, bool], ...] = ()
    negated: bool = False
    folded: bool = False

    def __contains__(self, sign: str) -> bool:
        found = self._has(sign) or (self.folded and (self._has(sign.lower()) or self._has(sign.upper())))
        return found is not self.negated

    def _has(self, sign: str) -> bool:
        if any(low <= sign <= high for low, high in self.ranges):
            return True
        return any(unicodedata.category(sign).startswith(name) is wanted for name, wanted in self.categories)


def complement(ranges: Ranges) -> Ranges:
    """Return everything that is in none of the ranges."""
    found, low = [], 0
    for start, end in sorted(ranges):
        if ord(start) > low:
            found.append((chr(low), chr(ord(start) - 1)))
        low = max(low, ord(end) + 1)
    return (*found, (chr(low), _LAST)) if low <= ord(_LAST) else tuple(found)


def is_word(sign: str) -> bool:
    """Whether a sign belongs to a word, as word boundaries see it."""
    return sign.isascii() and (sign.isalnum() or sign == "_")
