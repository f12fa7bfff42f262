"""Arena for programs: ``ArenaClient``, and ``AsyncArenaClient`` with the same names for asyncio (docs/library.md).

>>> from arena_core.client import ArenaClient                                                    # doctest: +SKIP
>>> arena = ArenaClient(namespace="research")                                                    # doctest: +SKIP
>>> job = arena.submit("pytorchjob", {"name": "mnist", "image": "pytorch/pytorch", "workers": 2,
...                                   "command": "python train.py"})                             # doctest: +SKIP
>>> for line in job.logs(follow=True):                                                           # doctest: +SKIP
...     print(line.text)
>>> job.wait().status.phase                                                                      # doctest: +SKIP
<Phase.SUCCEEDED: 'SUCCEEDED'>

It prints nothing and configures nothing. Every failure that is to be expected is an ``ArenaError`` with a message, a hint and an exit
code.
"""

from __future__ import annotations

from arena_core.client.sync import ArenaClient, BoundJob, BoundSubmission
from arena_core.kube.scope import CancelScope
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena_core.client.aio import AsyncArenaClient, AsyncBoundJob, AsyncBoundSubmission

__all__ = [
    "ArenaClient",
    "AsyncArenaClient",
    "AsyncBoundJob",
    "AsyncBoundSubmission",
    "BoundJob",
    "BoundSubmission",
    "CancelScope",
]


def __getattr__(name: str) -> Any:
    # The command line needs no asyncio.
    if name in ("AsyncArenaClient", "AsyncBoundJob", "AsyncBoundSubmission"):
        from arena_core.client import aio

        return getattr(aio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
