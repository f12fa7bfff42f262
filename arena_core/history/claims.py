"""Who is to be told of the end of a job, and that somebody was: claimed in one small store, so that two terminals never tell twice."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Sequence

from arena_core.history.journal import Journal, is_id, now

#: Seconds to wait for another command that claims.
_BUSY = 10.0


def keep(journal: Journal, submission: str, targets: Sequence[str]) -> None:
    """Note who wants to be told of this job, before it is submitted; where that cannot be kept it is said."""
    try:
        os.makedirs(journal.path("notify"), mode=0o700, exist_ok=True)
        with open(os.open(_path(journal, submission), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(list(targets), file)
    except OSError as error:
        journal.say(f"nobody will be told of its end: {error.strerror or error}")


def targets(journal: Journal, submission: str) -> list[str]:
    """Return who is to be told: whom the job names, then those of the configuration."""
    found: list[str] = []
    with contextlib.suppress(OSError, ValueError):
        with open(_path(journal, submission), encoding="utf-8") as file:
            said = json.load(file)
        found = [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
    return list(dict.fromkeys([*found, *journal.notify]))


def claim(journal: Journal, submission: str, target: str) -> bool:
    """Return whether it is this command that tells; where that cannot be known nobody is told, rather than twice."""
    import hashlib

    digest = hashlib.sha256(target.encode("utf-8", "replace")).hexdigest()  # an address may hold a secret
    try:
        with contextlib.closing(sqlite3.connect(journal.path("told.db"), timeout=_BUSY, isolation_level=None)) as store:
            store.execute("CREATE TABLE IF NOT EXISTS told (submission TEXT, target TEXT, time TEXT, PRIMARY KEY (submission, target))")
            done = store.execute("INSERT OR IGNORE INTO told VALUES (?, ?, ?)", [submission, digest, now()])
            return done.rowcount == 1
    except sqlite3.Error as error:
        journal.trouble(error)
        return False


def forget(journal: Journal, submission: str) -> None:
    """Everybody was told: the addresses are not needed any more."""
    with contextlib.suppress(OSError):
        os.unlink(_path(journal, submission))


def _path(journal: Journal, submission: str) -> str:
    return journal.path("notify", submission if is_id(submission) else "none")
