"""From the last lines of a log to a training's progress."""

from __future__ import annotations

import re
from collections.abc import Iterator

from arena_core.records import replace
from arena_core.usecases.progress.formats import RECOGNISERS
from arena_core.usecases.progress.model import Progress
from arena_core.usecases.progress.text import clean

#: So many lines are looked at, from the end: what is older says nothing of now.
LINES = 60
#: A line that is longer is looked at in its first letters only.
LONGEST = 2000


def read_progress(text: str) -> Progress | None:
    """Return the progress that the last lines of a log tell, None where they tell none.

    The last line that says how far the training is decides; what it leaves out (the epoch above a bar, figures) is taken from the lines
    before it, where these speak of the same.
    """
    found: Progress | None = None
    for line in _lines(text):
        one = recognised(line)
        if one is None:
            continue
        if found is None:
            found = one
        else:
            found = _completed(found, one)
        if found.epoch is not None and found.step is not None and found.metrics:
            break
    return found


def recognised(line: str) -> Progress | None:
    """Return what a single line says."""
    for recogniser in RECOGNISERS:
        if (found := recogniser(line)) is not None:
            return found
    return None


def _lines(text: str) -> Iterator[str]:
    """Yield the lines from the last one on; of one that was drawn over again and again only what was drawn last."""
    seen = 0
    for line in reversed(re.split(r"\n", text)):
        shown = next((part for part in reversed(line.split("\r")) if part.strip()), "")
        cleaned = clean(shown[:LONGEST])
        if cleaned:
            seen += 1
            yield cleaned
        if seen >= LINES:
            return


def _completed(found: Progress, before: Progress) -> Progress:
    """Return what is known with what an earlier line adds: never an older count beside a newer one of the same."""
    more: dict[str, object] = {}
    if found.epoch is None and before.epoch is not None and (before.step is None or found.step is None):
        more |= {"epoch": before.epoch, "epochs": found.epochs or before.epochs}
    elif found.epoch is not None and found.epochs is None and before.epochs is not None and before.epoch == found.epoch:
        more["epochs"] = before.epochs
    if found.step is None and before.step is not None and before.epoch is None and before.total is not None and not before.per_epoch:
        more |= {"step": before.step, "total": before.total, "rate": before.rate, "eta": before.eta}
    if not found.metrics and before.metrics:
        more["metrics"] = before.metrics
    return replace(found, **more) if more else found


def history(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the figure that a training is judged by (a loss, else the first) and its values in the lines, the oldest first."""
    found: dict[str, list[float]] = {}
    for line in reversed(list(_lines(text))):
        one = recognised(line)
        for name, value in (one.metrics if one else {}).items():
            found.setdefault(name, []).append(value)
    names = [name for name in found if "loss" in name.lower() and not name.lower().startswith(("val", "eval"))] or list(found)
    return (names[0], tuple(found[names[0]])) if names else ("", ())
