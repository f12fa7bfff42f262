"""What the rules of one request may cost: a rule is the work of whoever wrote the CRD, and the server has one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Steps that all rules of one request may take together (well under a second).
REQUEST = 500_000
#: A step of work on texts and lists is so many of their elements.
_ELEMENTS = 10


class CostError(Exception):
    """The rules cost too much; nothing of the request is evaluated any more."""


class _Meter:
    """Counts down."""

    def __init__(self, left: int) -> None:
        self.left = left


_METER: ContextVar[_Meter | None] = ContextVar("arena_cel_budget", default=None)


def spend(steps: int = 1) -> None:
    """Pay for some steps; raises ``CostError``. Outside of a budget nothing costs anything."""
    meter = _METER.get()
    if meter is None:
        return
    meter.left -= steps
    if meter.left < 0:
        raise CostError


def spend_on(size: int) -> None:
    """Pay for work on so many signs or elements."""
    spend(1 + size // _ELEMENTS)


@contextmanager
def budget(steps: int = REQUEST) -> Iterator[None]:
    """Give what is evaluated inside so many steps."""
    before = _METER.set(_Meter(steps))
    try:
        yield
    finally:
        _METER.reset(before)
