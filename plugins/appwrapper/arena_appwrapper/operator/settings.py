"""What annotations on an AppWrapper set, with the operator's defaults (project-codeflare/appwrapper, FaultToleranceConfig)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arena_local.sdk.bundle import Obj

PREFIX = "workload.codeflare.dev.appwrapper/"
#: The label that the operator puts on everything that it makes, pods included.
LABEL = "workload.codeflare.dev/appwrapper"
FINALIZER = "workload.codeflare.dev/finalizer"
MANAGER = "appwrapper-controller"
COMPONENT = "appwrappers"
CEILING = 24 * 3600.0
SUCCESS_TTL = 7 * 24 * 3600.0

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def parse_duration(text: str) -> float | None:
    """Read a Go duration (``1h30m``, ``-3s``, ``0``) in seconds; None if it is none."""
    body = text[1:] if text[:1] in "+-" else text
    if body == "0":
        return 0.0
    parts = _PART.findall(body)
    if not parts or "".join(n + u for n, u in parts) != body:
        return None
    total = sum(float(n) * _UNITS[u] for n, u in parts)
    return -total if text.startswith("-") else total


def format_duration(seconds: float) -> str:
    """Write seconds as Go prints a duration (``8s``, ``1m30s``, ``1h0m0s``, ``500ms``)."""
    if 0 < seconds < 1:
        return f"{round(seconds * 1000, 6):g}ms"
    whole, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(whole), 60)
    text = f"{round(rest, 9):g}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


@dataclass(frozen=True)
class Settings:
    """The periods in seconds and the rules of one AppWrapper; malformed values count as absent, as the operator does it."""

    admission: float
    warmup: float
    failure: float
    pause: float
    forceful: float
    retained: float
    success_ttl: float
    retries: int
    terminal: frozenset[int]
    retryable: frozenset[int]

    @classmethod
    def of(cls, wrapper: Obj) -> Settings:
        """Read the annotations of an AppWrapper."""
        notes = wrapper["metadata"].get("annotations") or {}

        def period(key: str, default: float) -> float:
            value = parse_duration(str(notes.get(PREFIX + key, "")))
            return default if value is None else min(max(value, 0.0), CEILING)

        def codes(key: str) -> frozenset[int]:
            return frozenset(int(c) for c in str(notes.get(PREFIX + key, "")).split(",") if re.fullmatch(r"[+-]?\d+", c))

        limit = str(notes.get(PREFIX + "retryLimit", ""))
        ttl = parse_duration(str(notes.get(PREFIX + "successTTLDuration", "")))
        return cls(
            admission=period("admissionGracePeriodDuration", 60),
            warmup=period("warmupGracePeriodDuration", 300),
            failure=period("failureGracePeriodDuration", 60),
            pause=period("retryPausePeriodDuration", 90),
            forceful=period("forcefulDeletionGracePeriodDuration", 600),
            retained=period("deletionOnFailureGracePeriodDuration", 0),
            success_ttl=ttl if ttl is not None and 0 < ttl < SUCCESS_TTL else SUCCESS_TTL,
            retries=int(limit) if re.fullmatch(r"[+-]?\d+", limit) else 3,
            terminal=codes("terminalExitCodes"),
            retryable=codes("retryableExitCodes"),
        )
