"""What annotations on an AppWrapper set, with the operator's defaults (project-codeflare/appwrapper, FaultToleranceConfig)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arena_core.k8s import duration
from arena_local.sdk.bundle import Obj

PREFIX = "workload.codeflare.dev.appwrapper/"
#: The label that the operator puts on everything that it makes, pods included.
LABEL = "workload.codeflare.dev/appwrapper"
FINALIZER = "workload.codeflare.dev/finalizer"
MANAGER = "appwrapper-controller"
COMPONENT = "appwrappers"
CEILING = 24 * 3600.0
SUCCESS_TTL = 7 * 24 * 3600.0


def _seconds(text: str) -> float | None:
    try:
        return duration.parse(text)
    except ValueError:
        return None


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
            value = _seconds(str(notes.get(PREFIX + key, "")))
            return default if value is None else min(max(value, 0.0), CEILING)

        def codes(key: str) -> frozenset[int]:
            return frozenset(int(c) for c in str(notes.get(PREFIX + key, "")).split(",") if re.fullmatch(r"[+-]?\d+", c))

        limit = str(notes.get(PREFIX + "retryLimit", ""))
        ttl = _seconds(str(notes.get(PREFIX + "successTTLDuration", "")))
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
