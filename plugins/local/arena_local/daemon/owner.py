"""A daemon that somebody has started for himself ends with him, however he does: killed, he ends nothing himself any more.

He holds one end of a pipe and lets the daemon have the other, on which the system tells his end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil

from arena_local.daemon.state import State

log = logging.getLogger("arena_local.daemon")

#: A file beside the state folder: the folder above was made for this cluster and goes with it.
TEMPORARY = "temporary"


class Lifeline:
    """The owner's side: one pipe for all daemons of this process, whose one end stays open for as long as the process lives."""

    def __init__(self) -> None:
        self._ends = (-1, -1)
        self._pid = 0

    @property
    def end(self) -> int:
        """The end that a daemon is given."""
        if self._pid != os.getpid():  # whoever was forked off lives on his own
            self._ends, self._pid = os.pipe(), os.getpid()
        return self._ends[0]


async def gone(owner: int) -> None:
    """Return when the owner is no more; never where there is none."""
    over = asyncio.Event()
    if owner >= 0:
        asyncio.get_running_loop().add_reader(owner, over.set)
    await over.wait()
    asyncio.get_running_loop().remove_reader(owner)
    log.warning("whoever has started this cluster for himself is gone: it ends")


def clear(state: State) -> None:
    """Remove what was made for this cluster alone, in the place of the owner."""
    if (state.folder.parent / TEMPORARY).exists():
        shutil.rmtree(state.folder.parent, ignore_errors=True)
