"""The syntax of RE2: from a pattern to a tree. What RE2 does not have (look-around, references) is an error, in its words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from arena_local.server.re2.chars import PERL, POSIX, Chars, Ranges, complement

#: ``("char", Chars)``, ``("cat", [...])``, ``("alt", [...])``, ``("repeat", low, high or None, tree)``, ``("assert", kind)``.
Tree = tuple[Any, ...]
_ESCAPES = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_ASSERTS = {"A": "text-start", "z": "text-end", "b": "word", "B": "no-word"}
_MOST_REPEATS, _DEEPEST = 1000, 100


class PatternError(ValueError):
    """The pattern is none."""


@dataclass(frozen=True)
class _Flags:
    fold: bool = False
    lines: bool = False
    dot_all: bool = False
    lazy: bool = False


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.flags = _Flags()

    def peek(self, word: str) -> bool:
        return self.text.startswith(word, self.at)

    def take(self, word: str) -> bool:
        found = self.peek(word)
        self.at += len(word) if found else 0
        return found

    def next(self) -> str:
        if self.at >= len(self.text):
            raise PatternError(f"trailing backslash at end of expression: `{self.text}`")
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self) -> Tree:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PatternError("expression nests too deeply")
        found = [self.sequence()]
        while self.take("|"):
            found.append(self.sequence())
        self.depth -= 1
        return found[0] if len(found) == 1 else ("alt", found)

    def sequence(self) -> Tree:
        found: list[Tree] = []
        while self.at < len(self.text) and not self.peek("|") and not self.peek(")"):
            start = self.at
            item = self.atom()
            if item is not None:
                found.append(self.repeated(item, start))
        return ("cat", found)

    def repeated(self, item: Tree, start: int) -> Tree:
        again = False
        while True:
            place, bounds = self.at, self.bounds()
            if bounds is None:
                return item
            self.take("?")  # shortest first: the same language
            if again:
                raise PatternError(f"invalid nested repetition operator: `{self.text[start : self.at]}`")
            again = True
            low, high = bounds
            if low > _MOST_REPEATS or (high or 0) > _MOST_REPEATS or (high is not None and low > high):
                raise PatternError(f"invalid repeat count: `{self.text[place : self.at]}`")
            item = ("repeat", low, high, item)

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, found in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return found
        end = self.text.find("}", self.at)
        if not self.peek("{") or end < 0:
            return None
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if not low.isascii() or not low.isdigit() or (high and not (high.isascii() and high.isdigit())) or len(low) > 6 or len(high) > 6:
            return None  # no count: the brace means itself
        self.at = end + 1
        return int(low), int(high) if high else (None if comma else int(low))

    def atom(self) -> Tree | None:
        sign = self.next()
        if sign == "(":
            return self.group()
        if sign == "[":
            return ("char", self.char_class())
        if sign == ".":
            return ("char", Chars((), negated=True) if self.flags.dot_all else Chars((("\n", "\n"),), negated=True))
        if sign in "^$":
            kind = "start" if sign == "^" else "end"
            return ("assert", f"{'line' if self.flags.lines else 'text'}-{kind}")
        if sign in "*+?":
            raise PatternError(f"missing argument to repetition operator: `{sign}`")
        if sign == "\\":
            return self.escape()
        return self.literal(sign)

    def literal(self, sign: str) -> Tree:
        return ("char", Chars(((sign, sign),), folded=self.flags.fold))

    def group(self) -> Tree | None:
        before = self.flags
        if self.take("?"):
            name = "P<" if self.peek("P<") else "<" if self.peek("<") and not self.peek("<=") and not self.peek("<!") else ""
            if name:
                end = self.text.find(">", self.at)
                if end < 0 or not self.text[self.at + len(name) : end].isidentifier():
                    raise PatternError(f"invalid named capture: `{self.text[self.at - 2 :]}`")
                self.at = end + 1
            elif self.set_flags():
                return None  # (?i): for the rest of the group around it
        found = self.alternatives()
        if not self.take(")"):
            raise PatternError(f"missing closing ): `{self.text}`")
        self.flags = before
        return found

    def set_flags(self) -> bool:
        """Read ``i)`` or ``i:``; returns whether the group ends there."""
        start, on, flags = self.at - 2, True, self.flags
        names = {"i": "fold", "m": "lines", "s": "dot_all", "U": "lazy"}
        while self.at < len(self.text):
            sign = self.next()
            if sign in names:
                flags = replace(flags, **{names[sign]: on})
            elif sign == "-" and on:
                on = False
            elif sign in ":)":
                self.flags = flags
                return sign == ")"
            else:
                break
        raise PatternError(f"invalid or unsupported Perl syntax: `{self.text[start : self.at]}`")

    def escape(self) -> Tree:
        sign = self.next()
        if sign in _ASSERTS:
            return ("assert", _ASSERTS[sign])
        if sign == "Q":
            end = self.text.find("\\E", self.at)
            quoted, self.at = (self.text[self.at :], len(self.text)) if end < 0 else (self.text[self.at : end], end + 2)
            return ("cat", [self.literal(one) for one in quoted])
        found = self.class_escape(sign)
        return ("char", found) if found is not None else self.literal(self.escaped(sign))

    def class_escape(self, sign: str) -> Chars | None:
        if sign.lower() in PERL:
            ranges = PERL[sign.lower()]
            return Chars(ranges if sign.islower() else complement(ranges))
        if sign not in "pP":
            return None
        name = self.next()
        if name == "{":
            end = self.text.find("}", self.at)
            name, self.at = self.text[self.at : end], end + 1
        wanted = (sign == "p") is not name.startswith("^")
        name = name.removeprefix("^")
        if name not in _CATEGORIES:
            raise PatternError(f"invalid character class range: `\\{sign}{{{name}}}`")
        return Chars((), ((name, wanted),))

    def escaped(self, sign: str) -> str:
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if sign == "x":
            braces = self.take("{")
            end = self.text.find("}", self.at) if braces else self.at + 2
            digits, self.at = self.text[self.at : end], end + braces
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise PatternError(f"invalid escape sequence: `\\x{digits}`") from None
        if sign in "01234567":
            while len(sign) < 3 and self.text[self.at : self.at + 1] in tuple("01234567"):
                sign += self.next()
            if len(sign) > 1 or sign == "0":
                return chr(int(sign, 8))
        if sign.isascii() and not sign.isalnum():
            return sign
        raise PatternError(f"invalid escape sequence: `\\{sign}`")

    def char_class(self) -> Chars:
        start, negated = self.at - 1, self.take("^")
        ranges: list[tuple[str, str]] = []
        categories: list[tuple[str, bool]] = []
        while not self.peek("]") or not (ranges or categories):
            if self.at >= len(self.text):
                raise PatternError(f"missing closing ]: `{self.text[start:]}`")
            named = self.posix()
            if named is not None:
                ranges += named
                continue
            low = self.class_sign()
            if isinstance(low, Chars):
                ranges += low.ranges
                categories += low.categories
                continue
            high: Any = low
            if self.peek("-") and not self.peek("-]"):
                self.at += 1
                high = self.class_sign()
            if isinstance(high, Chars) or high < low:
                raise PatternError(f"invalid character class range: `{low}-{'' if isinstance(high, Chars) else high}`")
            ranges.append((low, high))
        self.at += 1
        return Chars(tuple(ranges), tuple(categories), negated, self.flags.fold)

    def posix(self) -> Ranges | None:
        end = self.text.find(":]", self.at)
        if not self.peek("[:") or end < 0:
            return None
        name = self.text[self.at + 2 : end]
        inverted, name = name.startswith("^"), name.removeprefix("^")
        if name not in POSIX:
            raise PatternError(f"invalid character class range: `[:{name}:]`")
        self.at = end + 2
        return complement(POSIX[name]) if inverted else POSIX[name]

    def class_sign(self) -> str | Chars:
        sign = self.next()
        if sign != "\\":
            return sign
        sign = self.next()
        return self.class_escape(sign) or self.escaped(sign)


_GENERAL = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cs"
_CATEGORIES = frozenset(_GENERAL.split())


def parse(pattern: str) -> Tree:
    """Return the tree of a pattern; raises ``PatternError`` in the words of Go's ``regexp/syntax``."""
    parser = _Parser(pattern)
    found = parser.alternatives()
    if parser.at < len(pattern):
        raise PatternError(f"unexpected ): `{pattern}`")
    return found
