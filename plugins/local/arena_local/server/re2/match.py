"""Matching: all paths through a pattern at once, so that the time grows with the text and not with the ways to read it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from arena_local.server.re2.chars import Chars, is_word
from arena_local.server.re2.parse import PatternError, Tree, parse

_LARGEST = 4000
_CACHED = 4096
#: So many steps that are not in the cache are taken for one text; beyond, the text is too much for the pattern.
_BUDGET = 2_000_000
_LONGEST = 1 << 20
_START, _NEWLINE, _WORD, _OTHER = range(4)


@dataclass(slots=True)
class _Step:
    """One step: take a sign of ``chars``, or hold ``check``, or neither; then any of ``after`` (none: the pattern has been found)."""

    after: tuple[int, ...]
    chars: Chars | None = None
    check: str = ""


class TooCostlyError(ValueError):
    """The text takes more work than a request may cost."""


class _Builder:
    """Builds the steps from the end to the beginning: each part is told what comes after it."""

    def __init__(self) -> None:
        self.steps = [_Step(())]

    def add(self, step: _Step) -> int:
        if len(self.steps) >= _LARGEST:
            raise PatternError("expression too large")
        self.steps.append(step)
        return len(self.steps) - 1

    def build(self, tree: Tree, then: int) -> int:
        kind = tree[0]
        if kind == "char":
            return self.add(_Step((then,), chars=tree[1]))
        if kind == "assert":
            return self.add(_Step((then,), check=tree[1]))
        if kind == "cat":
            for part in reversed(tree[1]):
                then = self.build(part, then)
            return then
        if kind == "alt":
            return self.add(_Step(tuple(self.build(part, then) for part in tree[1])))
        return self.repeat(tree[1], tree[2], tree[3], then)

    def repeat(self, low: int, high: int | None, tree: Tree, then: int) -> int:
        if high is None:
            loop = self.add(_Step((then,)))
            self.steps[loop].after = (self.build(tree, loop), then)
            then = loop
        else:
            for _ in range(high - low):
                then = self.add(_Step((self.build(tree, then), then)))
        for _ in range(low):
            then = self.build(tree, then)
        return then


class Pattern:
    """A compiled pattern."""

    def __init__(self, pattern: str) -> None:
        builder = _Builder()
        self.pattern = pattern
        self._first = builder.build(parse(pattern), 0)
        self._steps = builder.steps
        self._cache: dict[tuple[frozenset[int], int, str], frozenset[int] | None] = {}

    def search(self, text: str) -> bool:
        """Whether the pattern occurs in the text; raises ``TooCostlyError``."""
        if len(text) > _LONGEST:
            raise TooCostlyError
        states, before, cache, spent = frozenset((self._first,)), _START, self._cache, 0
        for sign in text:
            key = (states, before, sign)
            if key not in cache:
                spent += self._learn(key)
                if spent > _BUDGET:
                    raise TooCostlyError
            after = cache[key]
            if after is None:
                return True
            states, before = after, _WORD if is_word(sign) else _NEWLINE if sign == "\n" else _OTHER
        return 0 in self._reached(states, before, "")

    def _learn(self, key: tuple[frozenset[int], int, str]) -> int:
        """Put what follows a state into the cache (None: the pattern has been found); returns what it cost."""
        states, before, sign = key
        if len(self._cache) >= _CACHED:
            self._cache.clear()
        reached = self._reached(states, before, sign)
        if 0 in reached:
            self._cache[key] = None
        else:
            taken = [step for at in reached if (step := self._steps[at]).chars is not None and sign in step.chars]
            self._cache[key] = frozenset([*(step.after[0] for step in taken), self._first])
        return len(reached) + 1

    def _reached(self, states: frozenset[int], before: int, sign: str) -> set[int]:
        """Return all steps that can be reached at a place between two signs without taking one."""
        found: set[int] = set()
        open_ = list(states)
        while open_:
            at = open_.pop()
            if at in found:
                continue
            found.add(at)
            step = self._steps[at]
            if step.chars is None and (not step.check or _holds(step.check, before, sign)):
                open_ += step.after
        return found


def _holds(kind: str, before: int, sign: str) -> bool:
    """Whether an assertion holds; ``sign`` is what comes next, empty at the end."""
    if kind in ("text-start", "line-start"):
        return before == _START or (kind == "line-start" and before == _NEWLINE)
    if kind in ("text-end", "line-end"):
        return sign == "" or (kind == "line-end" and sign == "\n")
    boundary = (before == _WORD) is not (sign != "" and is_word(sign))
    return boundary is (kind == "word")


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> Pattern:
    """Compile a pattern; raises ``PatternError``."""
    return Pattern(pattern)


__all__ = ["Pattern", "TooCostlyError", "compile_pattern"]
