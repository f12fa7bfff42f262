"""Tables: what ``kubectl get`` prints."""

from __future__ import annotations

from arena_local.server.tables.build import table_of

__all__ = ["table_of"]
