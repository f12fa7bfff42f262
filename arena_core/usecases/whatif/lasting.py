"""How long jobs last: their own limits, else what jobs of that name have taken before. Pure but for the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.types import Manifest
from arena_core.k8s import dig, time
from arena_core.lazily import pattern
from arena_core.typed import Any
from arena_core.usecases.ownership import owner_of, uid_of

#: Where kinds keep the seconds after which a job is ended.
_LIMITS = (("spec", "runPolicy", "activeDeadlineSeconds"), ("spec", "activeDeadlineSeconds"), ("spec", "timeToLiveSeconds"))
_NUMBER = pattern(r"[-.]?[0-9]+$")


def limits(jobs: Iterable[Manifest]) -> tuple[dict[str, float], dict[str, str]]:
    """Return by uid how long jobs may run, where they say so, and by uid which job made which."""
    lasts: dict[str, float] = {}
    within: dict[str, str] = {}
    for job in jobs:
        uid = uid_of(job)
        if above := str(owner_of(job).get("uid") or ""):
            within[uid] = above
        if (seconds := limit(job)) is not None:
            lasts[uid] = seconds
    for uid, above in within.items():
        if above not in lasts and uid in lasts:
            lasts[above] = lasts[uid]
    return lasts, within


def limit(job: Any) -> float | None:
    """Return after how many seconds a job is ended by its own wish, or None."""
    for path in _LIMITS:
        found = dig.dig(job, *path)
        if isinstance(found, int) and not isinstance(found, bool) and found > 0:
            return float(found)
    return None


def family(name: str) -> str:
    """Return what jobs that are one after another have in common.

    >>> family("mnist-17"), family("mnist")
    ('mnist', 'mnist')
    """
    return _NUMBER.sub("", name)


def usual(past: Iterable[tuple[str, str, str]]) -> dict[str, float]:
    """Return by family the median of how long jobs ran: of (name, started, ended) of those that succeeded.

    >>> usual([("a-1", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")])
    {'a': 60.0}
    """
    spans: dict[str, list[float]] = {}
    for name, started, ended in past:
        begun, over = time.parse(started), time.parse(ended)
        if begun is not None and over is not None and over > begun:
            spans.setdefault(family(name), []).append((over - begun).total_seconds())
    return {key: sorted(found)[len(found) // 2] for key, found in spans.items()}


def guessed(jobs: Sequence[Manifest], known: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Return by uid how long jobs will take that say no limit, by what their like have taken, and those whose limit is far above that."""
    found = dict(known)
    for job in jobs:
        seconds = before.get(family(dig.text(job, "metadata", "name")))
        uid = uid_of(job)
        if seconds is not None and seconds < found.get(uid, float("inf")):
            found[uid] = seconds
    return found
