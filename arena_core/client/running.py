"""How every part of ``AsyncArenaClient`` runs its calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from arena_core.client import threads

if TYPE_CHECKING:
    from arena_core.client.sync import ArenaClient

T = TypeVar("T")


class InThreads:
    """A client whose calls run in threads of their own; cancelling their task ends them."""

    _client: ArenaClient

    async def _run(self, call: Callable[[ArenaClient], T]) -> T:
        return await threads.run(lambda scope: call(self._client.within(scope)))
