from __future__ import annotations

from arena_local.testing import local_cluster

__all__ = ["local_cluster"]
