"""Which rules belong to which kind."""

from __future__ import annotations

from arena_local.api.kinds.base import Strategy

STRATEGIES: dict[str, Strategy] = {}
