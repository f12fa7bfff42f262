"""For those who write plugins or applications: fixtures, conformance classes, and a reference job type (``dummy``).

The fixtures are there wherever this distribution is installed: ``local_cluster`` and ``arena_client`` for the tests of applications,
``arena_home``, ``arena_registry`` and ``arena_dummy`` for those of plugins.
"""

from __future__ import annotations

from typing import Any

__all__ = ["arena_client", "arena_home", "local_cluster"]


def __getattr__(name: str) -> Any:
    # pytest is needed by tests alone, not by `arena_core.testing.dummy`.
    if name in __all__:
        from arena_core.testing import pytest_plugin

        return getattr(pytest_plugin, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
