"""Where Prometheus is said to be."""

from __future__ import annotations

import os

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.command import Context


def prometheus_of(context: Context) -> dict[str, str]:
    """Return address and token for the client: the environment goes before the configuration, as in Arena."""
    if address := os.environ.get("PROMETHEUS_ADDRESS", ""):
        return {"prometheus": address, "prometheus_token": os.environ.get("PROMETHEUS_TOKEN", "")}
    return {"prometheus": context.config.prometheus_address, "prometheus_token": context.config.prometheus_token}
