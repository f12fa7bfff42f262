"""Work that is done to its end, however often Ctrl-C is pressed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arena_core.lazily import Logger

log = Logger(__name__)


def finish(work: Callable[[], Any]) -> bool:
    """Run ``work`` to its end, also when Ctrl-C is pressed again and again: only the main thread is interrupted by it.

    Returns whether it went well.
    """
    import threading

    done: list[bool] = []

    def guarded() -> None:
        try:
            work()
        except Exception as error:
            log.info("what had been created could not be removed: %s", error)
        else:
            done.append(True)

    thread = threading.Thread(target=guarded, name="arena-undo")
    thread.start()
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt:
            log.debug("still removing what had been created")
    return bool(done)
