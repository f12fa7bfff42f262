"""What is known of a training's progress."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.records import record


@record
class Progress:
    """``step`` of ``total`` is within the epoch where ``per_epoch`` is set, else of the whole training. Epochs count from 1.

    ``rate`` are steps a second, ``eta`` the seconds that the tool itself says are left of what ``step`` counts. ``metrics`` are the
    latest figures by the names that the log gives them. What is not known is None.
    """

    step: float | None = None
    total: float | None = None
    epoch: float | None = None
    epochs: float | None = None
    per_epoch: bool = False
    rate: float | None = None
    eta: float | None = None
    metrics: Mapping[str, float] = {}  # noqa: RUF012
    line: str = ""

    @property
    def fraction(self) -> float | None:
        """How much of the whole training is done, 0 to 1; None where that does not follow from what is known."""
        within = self.step / self.total if self.step is not None and self.total else None
        if self.epochs and self.epoch is not None:
            if self.per_epoch and within is not None:
                return _bounded((self.epoch - 1 + within) / self.epochs)
            return _bounded(within if within is not None else self.epoch / self.epochs)
        return None if within is None or self.per_epoch else _bounded(within)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the whole training is done, by what the tool says or by its rate; None where that does not follow."""
        left = self.eta
        if left is None and self.rate and self.step is not None and self.total:
            left = max(0.0, self.total - self.step) / self.rate
        if not self.per_epoch:
            return left
        if left is None or not self.epochs or self.epoch is None or not self.rate or not self.total:
            return None
        return left + max(0.0, self.epochs - self.epoch) * self.total / self.rate


def _bounded(value: float) -> float:
    return min(1.0, max(0.0, value))
