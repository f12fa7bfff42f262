"""Objects in memory, written through to SQLite before anyone hears of them."""

from __future__ import annotations

from arena_local.store.disk import StoreError
from arena_local.store.store import Change, Entry, Event, Store

__all__ = ["Change", "Entry", "Event", "Store", "StoreError"]
