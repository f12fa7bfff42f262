"""The list of the controllers that every Kubernetes cluster has."""

from __future__ import annotations

from collections.abc import Sequence

from arena_local.bundle import Api, Controller


def builtin_controllers(api: Api) -> Sequence[Controller]:
    """Return the built-in controllers."""
    return ()
