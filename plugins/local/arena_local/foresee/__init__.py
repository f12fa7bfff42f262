"""``arena what-if``: a copy of a cluster in memory, whose controllers and schedulers say what becomes of a job."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from arena_core.contract.foresight import Forecast, Outlook
from arena_local.sdk.bundle import Obj

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


def foresee(outlook: Outlook, job: Sequence[Obj], smaller: Sequence[Sequence[Obj]] = ()) -> Forecast:
    """Return what is to be expected of a job (its objects, the job first); ``smaller`` are alternatives, the largest first."""
    from arena_local.foresee.verdict import judge

    found: list[Forecast] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(asyncio.run(judge(outlook, job, smaller)))
        except BaseException as error:  # raised again in the caller's thread
            failed.append(error)

    # A loop of its own, also where the caller (a notebook) has one that runs.
    thread = threading.Thread(target=work, name="arena-what-if")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]
