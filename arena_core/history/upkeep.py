"""What is done now and then, by submissions: events are taken in, and what is older than is wanted is forgotten."""

from __future__ import annotations

import os
import time

from arena_core.contract.errors import ArenaError
from arena_core.history import intake
from arena_core.history.journal import Journal

#: So many events may wait.
MANY = 200
_DAY = 86400.0


def upkeep(journal: Journal) -> None:
    """Do what is due; trouble is told, and stops nothing."""
    stamp = journal.path("tidied")
    journal.ballast()
    if intake.waiting(journal) < MANY and _age(stamp) < _DAY:
        return
    from arena_core.history.store import Store, expired

    try:
        with open(stamp, "wb"):
            os.utime(stamp)
        with Store(journal) as store:
            store.forget(expired(store, journal.rules.days))
    except (OSError, ArenaError) as error:
        journal.trouble(error)


def _age(path: str) -> float:
    try:
        return time.time() - os.stat(path).st_mtime
    except OSError:
        return _DAY
