"""Logs that are in no pod: text that the job's own objects hold, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena_core.contract.errors import NotFound
from arena_core.contract.types import LogSource
from arena_core.kube.logoptions import LogOptions
from arena_core.usecases.views import LogLine


def apart(sources: Sequence[LogSource]) -> tuple[list[LogSource], list[LogSource]]:
    """Return (those without a pod, those with one)."""
    return [s for s in sources if not s.pod], [s for s in sources if s.pod]


def lines_of(sources: Sequence[LogSource], options: LogOptions) -> Iterator[LogLine]:
    """Yield the lines that are held; nobody knows when they were written."""
    for source in sources:
        held = (source.text or "").splitlines()
        for text in held[-options.tail :] if options.tail > 0 else [] if options.tail == 0 else held:
            yield LogLine(source, f"{text}\n".encode("utf-8", "replace"))


def notes_of(sources: Sequence[LogSource]) -> Iterator[str]:
    """Yield why there is no more of each."""
    for source in sources:
        if source.missing:
            yield f"note: {source.missing}{f' ({source.hint})' if source.hint else ''}"


def absent(sources: Sequence[LogSource]) -> NotFound | None:
    """Return the error where none of the sources holds anything."""
    if any(source.text is not None for source in sources):
        return None
    return NotFound(sources[0].missing or "its log is in no pod", sources[0].hint)
