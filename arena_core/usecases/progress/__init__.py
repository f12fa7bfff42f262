"""How far a training is, read from the last lines of its log; nothing is claimed that a line does not say."""

from __future__ import annotations

from arena_core.usecases.progress.model import Progress
from arena_core.usecases.progress.parse import read_progress

__all__ = ["Progress", "read_progress"]
