"""How ``AsyncArenaClient`` runs its calls, and how its methods are made from those of ``ArenaClient``."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from arena_core.client import threads

if TYPE_CHECKING:
    from arena_core.client.sync import ArenaClient

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")


class InThreads:
    """A client whose calls run in threads of their own; cancelling their task ends them."""

    _client: ArenaClient

    async def _run(self, call: Callable[[ArenaClient], T]) -> T:
        return await threads.run(lambda scope: call(self._client.within(scope)))


def awaited(method: Callable[Concatenate[ArenaClient, P], T]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Return a method of ``ArenaClient`` as a coroutine with the same arguments."""

    async def call(client: Any, /, *args: P.args, **named: P.kwargs) -> T:
        found: T = await client._run(lambda arena: getattr(arena, method.__name__)(*args, **named))
        return found

    return _like(call, method)


def made(
    method: Callable[Concatenate[ArenaClient, P], T], make: Callable[[Any, T], U]
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, U]]:
    """Return a method of ``ArenaClient`` as a coroutine that returns what ``make`` makes of the client and of what the method returns."""
    plain = awaited(method)

    async def call(client: Any, /, *args: P.args, **named: P.kwargs) -> U:
        return make(client, await plain(client, *args, **named))

    return _like(call, method, lambda returns: str(inspect.signature(make).return_annotation))


def yielded(method: Callable[Concatenate[ArenaClient, P], Iterator[T]]) -> Callable[Concatenate[Any, P], AsyncGenerator[T]]:
    """Return a method that yields for ``async for``. Closing the generator, or cancelling its task, ends the reading."""

    def call(client: Any, /, *args: P.args, **named: P.kwargs) -> AsyncGenerator[T]:
        return threads.lines(lambda scope: getattr(client._client.within(scope), method.__name__)(*args, **named))

    return _like(call, method, lambda returns: returns.replace("Iterator[", "AsyncGenerator["))


def _like(call: T, method: Callable[..., Any], returned: Callable[[str], str] = lambda returns: returns) -> T:
    """Give a method the name, the words and the signature of the one that it calls, but for what it returns."""
    signature = inspect.signature(method)
    wrapper: Any = update_wrapper(call, method)  # type: ignore[arg-type]
    wrapper.__signature__ = signature.replace(return_annotation=returned(str(signature.return_annotation)))
    return call
