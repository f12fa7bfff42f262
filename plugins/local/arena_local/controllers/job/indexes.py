"""Completion indexes: sets of them as the compressed text of the status (``0-2,5``)."""

from __future__ import annotations

from collections.abc import Iterable

from arena_local.sdk.bundle import Obj

INDEX_KEY = "batch.kubernetes.io/job-completion-index"
FAILURES_KEY = "batch.kubernetes.io/job-index-failure-count"


def index_of(pod: Obj) -> int | None:
    """Return the completion index of a pod, or None."""
    text = (pod["metadata"].get("annotations") or {}).get(INDEX_KEY, "")
    return int(text) if str(text).isdecimal() else None


def parse(text: str) -> set[int]:
    """Read the compressed text."""
    found: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def compress(indexes: Iterable[int]) -> str:
    """Return the compressed text: runs of three and more are ``a-b``, of two too, single ones stand alone."""
    runs: list[list[int]] = []
    for index in sorted(set(indexes)):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    parts: list[str] = []
    for first, last in runs:
        if last == first:
            parts.append(str(first))
        elif last == first + 1:
            parts.extend((str(first), str(last)))
        else:
            parts.append(f"{first}-{last}")
    return ",".join(parts)
