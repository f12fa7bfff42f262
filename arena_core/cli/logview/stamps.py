"""Times of log lines as nanoseconds: compact, and sorted as numbers. Of a second that was read before only the fraction is read."""

from __future__ import annotations

from functools import lru_cache

from arena_core.k8s.time import nanos


@lru_cache(maxsize=4096)
def _second(stamp: bytes) -> int:
    return nanos(f"{stamp.decode('ascii', 'replace')}Z")


def nanoseconds(stamp: bytes) -> int:
    """Return an RFC 3339 time of a node in nanoseconds since 1970, 0 for what is none.

    >>> nanoseconds(b"1970-01-01T00:00:02.5Z")
    2500000000
    """
    if stamp[-1:] != b"Z":
        return nanos(stamp.decode("ascii", "replace"))
    second = _second(stamp[:19])
    fraction = stamp[20:29].rstrip(b"Z")
    return second + int(fraction.ljust(9, b"0")) if second and fraction.isdigit() else second
