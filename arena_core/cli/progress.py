"""Progress in few letters: ``45% epoch 3/10, step 450/1000, 1.5/s, 6m left, loss 0.12 █▆▅▃▂``."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.k8s import duration
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.shapes import jobs
    from arena_core.usecases.progress.model import Progress
    from arena_core.usecases.progress.of_job import Course

_BLOCKS = "▁▂▃▄▅▆▇█"
#: So many figures are named in a line, and so many values make a curve.
_FIGURES, _CURVE = 4, 20


def _number(value: float) -> str:
    """Return a count without a needless fraction."""
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def _figure(value: float) -> str:
    return f"{value:.4g}"


def percent(progress: Progress) -> str:
    """Return how much of the whole is done, or how far it is in words where that is all that is known."""
    fraction = progress.fraction
    return f"{fraction:.0%}" if fraction is not None else place(progress) or "-"


def left(progress: Progress) -> str:
    """Return how long it will take, as far as is known."""
    seconds = progress.seconds_left
    return duration.human(seconds) if seconds is not None else "-"


def place(progress: Progress) -> str:
    """Return the epoch and the step: ``epoch 3/10, step 450/1000``."""
    parts = []
    if progress.epoch is not None:
        parts.append(f"epoch {_number(progress.epoch)}" + (f"/{_number(progress.epochs)}" if progress.epochs else ""))
    if progress.step is not None and progress.line != "status.trainerStatus":
        parts.append(f"step {_number(progress.step)}" + (f"/{_number(progress.total)}" if progress.total else ""))
    return ", ".join(parts)


def sentence(course: Course) -> str:
    """Return all that is known in a line."""
    progress = course.progress
    fraction, rest = progress.fraction, progress.seconds_left
    parts = [
        *([f"{fraction:.0%}"] if fraction is not None else []),
        *([text] if (text := place(progress)) else []),
        *([f"{_figure(progress.rate)} steps/s"] if progress.rate else []),
        *([f"{duration.human(rest)} left"] if rest is not None else []),
        *(f"{name} {_figure(value)}" for name, value in list(progress.metrics.items())[:_FIGURES]),
    ]
    return ", ".join(parts)


def curve(values: Sequence[float]) -> str:
    """Return the course of a figure as a row of blocks; nothing for fewer than three values.

    >>> curve([4, 3, 2, 1]), curve([1, 1, 1]), curve([1, 2])
    ('█▆▃▁', '▁▁▁', '')
    """
    shown = list(values)[-_CURVE:]
    if len(shown) < 3:
        return ""
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    return "".join(_BLOCKS[round((value - low) / span * (len(_BLOCKS) - 1))] for value in shown)


def lines(course: Course | None) -> list[tuple[str, str]]:
    """Return the lines that `get` adds to the block at the top."""
    if course is None:
        return []
    found = [("Progress", sentence(course))]
    if drawn := curve(course.values):
        found.append(("Curve", f"{drawn} {course.figure}"))
    return found


def as_data(course: Course) -> jobs.Progress:
    """Return the same for JSON and YAML."""
    progress = course.progress
    return {
        "fraction": progress.fraction,
        "step": progress.step,
        "total": progress.total,
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "stepsPerSecond": progress.rate,
        "secondsLeft": progress.seconds_left,
        "metrics": dict(progress.metrics),
        "source": progress.line,
    }
