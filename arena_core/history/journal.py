"""What commands note of the jobs that were submitted here: a file for each event, which the store takes in later.

An event is there whole or not at all (it is written aside, then renamed), needs no lock, and may be taken in twice. Which jobs still
have something to be noted stands in the names of empty files: a list of jobs reads one folder to know that nothing has changed.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from arena_core.home import arena_home
from arena_core.records import record
from arena_core.typed import Any

VERSION = 1
_ID = frozenset("0123456789abcdef")
#: Given up when the disk is full, so that a submission can still be noted.
_BALLAST = 32 * 1024


@record
class Rules:
    """What is kept, and for how long: ``history`` (on or off), ``history_days``,
    ``history_lines`` (of each instance at the end) and ``history_megabytes`` (of a log that was followed) in the configuration file.
    """

    on: bool = True
    days: int = 365
    lines: int = 200
    megabytes: int = 20


class Journal:
    """Writes events; trouble of the disk is told once to ``on_trouble`` and stops nothing."""

    def __init__(
        self,
        folder: str = "",
        *,
        command: tuple[str, ...] = (),
        rules: Rules | None = None,
        notify: tuple[str, ...] = (),
        told_of_this: tuple[str, ...] = (),
        on_trouble: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._folder = folder
        self.command = command
        self.rules = rules or Rules()
        #: Whom the configuration wants to be told of every end, and whom of the jobs that are submitted through this journal.
        self.notify, self.told_of_this = notify, told_of_this
        self._on_trouble = on_trouble
        self._told = False
        self._number = 0

    @property
    def folder(self) -> str:
        """Where it is kept."""
        return self._folder or os.path.join(arena_home(), "history")

    def path(self, *parts: str) -> str:
        """Return a path below the folder."""
        return os.path.join(self.folder, *parts)

    def has(self, name: str) -> bool:
        """Whether there is anything of this name below the folder."""
        return os.path.exists(self.path(name))

    def opened(self) -> dict[str, str]:
        """Return by id of the submission how each job was last seen of whose end nothing, or not everything, is noted."""
        try:
            names = os.listdir(self.path("open"))
        except OSError:
            return {}
        pairs = (name.partition(".") for name in names)
        return {found[0]: found[2] for found in pairs if is_id(found[0])}

    def note(self, kind: str, job: str, facts: Mapping[str, Any]) -> bool:
        """Write an event of a submission; returns whether it is written."""
        import json

        event = {"version": VERSION, "kind": kind, "id": job, "time": now(), **facts}
        self._number += 1
        name = f"{time.time_ns():020d}-{os.getpid()}-{self._number}.{kind}.json"
        try:
            self._write(name, json.dumps(event, ensure_ascii=False, default=str).encode("utf-8", "replace"))
        except OSError as error:
            self.trouble(error)
            return False
        return True

    def mark(self, job: str, state: str, before: str | None = None) -> None:
        """Say how an open job was seen; ``before`` is how the marker says it, None where there is none yet."""
        try:
            if before is None:
                os.makedirs(self.path("open"), mode=0o700, exist_ok=True)
                os.close(os.open(self._marker(job, state), os.O_CREAT | os.O_WRONLY, 0o600))
            elif before != state:
                os.rename(self._marker(job, before), self._marker(job, state))
        except FileNotFoundError:
            pass  # another command has seen it at the same moment
        except OSError as error:
            self.trouble(error)

    def close(self, job: str, state: str) -> None:
        """Everything of a job is noted."""
        try:
            os.unlink(self._marker(job, state))
        except FileNotFoundError:
            pass
        except OSError as error:
            self.trouble(error)

    def say(self, text: str) -> None:
        """Tell something that stops nothing."""
        self._on_trouble(text)

    def trouble(self, error: Exception) -> None:
        """Tell, once, that something cannot be kept."""
        if not self._told:
            self._told = True
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._on_trouble(f"the history of jobs cannot be kept in {self.folder}: {reason}")

    def _marker(self, job: str, state: str) -> str:
        return self.path("open", f"{job}.{state}")

    def _write(self, name: str, data: bytes) -> None:
        spool = self.path("spool")
        draft = os.path.join(spool, f".{name}")
        try:
            os.makedirs(spool, mode=0o700, exist_ok=True)
            self._fill(draft, data)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._throw_off():
                raise
            self._fill(draft, data)
        os.rename(draft, os.path.join(spool, name))

    def _fill(self, path: str, data: bytes) -> None:
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            with open(handle, "wb") as file:
                file.write(data)
        except OSError:
            os.unlink(path)
            raise

    def _throw_off(self) -> bool:
        try:
            os.unlink(self.path("ballast"))
        except OSError:
            return False
        return True

    def ballast(self) -> None:
        """Hold some room for the day on which the disk is full."""
        path = self.path("ballast")
        if os.path.exists(path):
            return
        try:
            self._fill(path, b"\0" * _BALLAST)
        except OSError:
            pass  # a help for later; whatever is wrong now is told by what needs it now


def is_id(text: object) -> bool:
    """Whether this is the id of a submission, which is the only foreign text that becomes part of a path."""
    return isinstance(text, str) and len(text) == 32 and _ID.issuperset(text)


def now() -> str:
    """Return the time with microseconds."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def is_noted(journal: Journal) -> bool:
    """Whether anything was ever noted: where not, no store is made only to be looked at."""
    return os.path.exists(journal.path("history.db")) or os.path.isdir(journal.path("spool"))
