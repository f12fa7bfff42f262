"""Find, block, probe and load plugins; see ``Registry``."""

from arena_core.registry.discovery import Entry
from arena_core.registry.registry import PluginRow, Registry

__all__ = ["Entry", "PluginRow", "Registry"]
