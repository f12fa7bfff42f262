"""What a use case needs of another distribution, the local cluster: an entry point of a group of its own."""

from __future__ import annotations

from arena_core.contract.errors import PluginError
from arena_core.installed import switched_on
from arena_core.lazily import referred
from arena_core.typed import Any


def provided(group: str, what: str) -> Any:
    """Return what the entry point of a group names; raises ``PluginError`` where nothing is installed that can do ``what``."""
    found = switched_on(group)
    if not found:
        raise PluginError(f"nothing that is installed can {what}: the local cluster does", "install arena-local from where arena-core came")
    try:
        return referred(found[0].value)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{found[0].distribution} cannot be loaded: {error}", f"reinstall {found[0].distribution}") from error
