"""The store: one SQLite file, in which everything that was noted can be looked up."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.history import intake, schema
from arena_core.history.journal import Journal
from arena_core.records import record

#: Seconds to wait for another command that writes.
BUSY = 10.0
#: Characters of an id that name a submission.
SHORT = 8
_COLUMNS = (
    "id", "submitted", "name", "namespace", "type", "context", "server", "user", "folder", "commit", "branch", "dirty", "command",
    "status", "reason", "message", "started", "ended", "seen", "uid", "gone", "gone_by", "instances",
)  # fmt: skip


@record(slots=False)
class Entry:
    """One submission. ``status`` is how the job was last seen, REFUSED where it was never made, UNKNOWN where that is not known."""

    id: str
    submitted: str
    name: str
    namespace: str
    type: str
    context: str
    server: str
    user: str
    folder: str
    commit: str
    branch: str
    dirty: bool | None
    command: tuple[str, ...]
    status: str
    reason: str
    message: str
    started: str
    ended: str
    seen: str
    uid: str
    gone: str
    gone_by: str
    instances: tuple[Mapping[str, Any], ...] = ()

    @property
    def short(self) -> str:
        """The beginning of the id, which is enough to name it."""
        return self.id[:SHORT]


@record
class State:
    """How a job was seen at some time, and by which command."""

    time: str
    phase: str
    exact: str
    reason: str
    message: str
    instances: tuple[Mapping[str, Any], ...]
    command: str


@record
class KeptLog:
    """The end of the log of one instance; where it could not be read, ``missing`` says why."""

    instance: str
    pod: str
    container: str
    lines: str
    missing: str


@record
class Wanted:
    """Which entries are meant; empty is all. ``since`` is a time (RFC 3339), ``commit`` the beginning of one."""

    name: str = ""
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    namespace: str = ""
    since: str = ""
    commit: str = ""
    limit: int = 0


class Store:
    """An open store, with everything that was noted until now; a context manager."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.path = journal.path("history.db")
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = None
        try:
            os.makedirs(self.journal.folder, mode=0o700, exist_ok=True)
            connection = _connected(self.path)
            schema.prepare(connection, self.path)
            intake.take_in(connection, self.journal)
        except (OSError, sqlite3.OperationalError) as error:
            _closed(connection)
            return self._open_to_read(error)
        except sqlite3.DatabaseError as error:
            _closed(connection)
            raise _damaged(self.path, error) from error
        except ArenaError:
            _closed(connection)
            raise
        return connection

    def _open_to_read(self, error: Exception) -> sqlite3.Connection:
        """Open a store that cannot be written (a full disk, a folder that may only be read)."""
        try:
            connection = sqlite3.connect(f"file:{_quoted(self.path)}?mode=ro", uri=True, timeout=BUSY)
            if schema.version(connection) < schema.VERSION:  # there was no room for its tables
                connection.close()
                raise sqlite3.OperationalError
        except sqlite3.DatabaseError:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ArenaError(
                f"the history in {self.journal.folder} cannot be opened: {reason}", "is the disk full, or the folder somebody else's?"
            ) from error
        return connection

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def entries(self, wanted: Wanted) -> list[Entry]:
        """Return the submissions that are meant, the newest first."""
        where, values = _conditions(wanted)
        limit = f" LIMIT {int(wanted.limit)}" if wanted.limit else ""
        return self._entries(f"{where} ORDER BY submitted DESC, id{limit}", values)

    def entry(self, reference: str, namespace: str = "") -> Entry:
        """Return the submission that is meant by an id, its beginning, or the name of a job (the last one of that name)."""
        if len(reference) >= SHORT and set(reference) <= set("0123456789abcdef"):
            found = self._entries("WHERE id >= ? AND id < ? ORDER BY id LIMIT 2", [reference, reference + "g"])
            if len(found) > 1:
                raise UsageError(f"{reference} is the beginning of several ids", "give more of it")
            if found:
                return found[0]
        found = self.entries(Wanted(name=reference, namespace=namespace, limit=1))
        if not found:
            where = f" in namespace {namespace}" if namespace else ""
            raise NotFound(f"nothing is known of a job {reference}{where} that was submitted from here", "`arena history` lists what is")
        return found[0]

    def states(self, entry: Entry) -> list[State]:
        """Return how the job was seen, in the order of time."""
        rows = self._connection.execute(
            "SELECT time, phase, exact, reason, message, instances, command FROM state WHERE submission = ? ORDER BY time", [entry.id]
        )
        return [State(row[0], row[1], row[2], row[3], row[4], tuple(_list(row[5])), row[6]) for row in rows]

    def logs(self, entry: Entry) -> list[KeptLog]:
        """Return the ends of the logs."""
        rows = self._connection.execute(
            "SELECT instance, pod, container, lines, missing FROM log WHERE submission = ? ORDER BY rowid", [entry.id]
        )
        return [KeptLog(*row) for row in rows]

    def arguments(self, entry: Entry) -> dict[str, Any]:
        """Return the job file of a submission, without secrets."""
        found = self._value(entry, "arguments")
        return found if isinstance(found, dict) else {}

    def objects(self, entry: Entry) -> list[dict[str, Any]]:
        """Return the objects as they were built, without secrets."""
        found = self._value(entry, "objects")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def forget(self, entries: Sequence[Entry]) -> None:
        """Remove submissions with all that is kept of them."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for entry in entries:
                for table, column in (("submission", "id"), ("state", "submission"), ("log", "submission")):
                    self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", [entry.id])
        opened = self.journal.opened()
        for entry in entries:
            _remove_folder(self.journal.path("logs", entry.id))
            if entry.id in opened:
                self.journal.close(entry.id, opened[entry.id])

    def _value(self, entry: Entry, column: str) -> Any:
        row = self._connection.execute(f"SELECT {column} FROM submission WHERE id = ?", [entry.id]).fetchone()
        return json.loads(row[0]) if row else None

    def _entries(self, rest: str, values: Sequence[Any]) -> list[Entry]:
        columns = ", ".join(f'"{name}"' for name in _COLUMNS)
        try:
            rows = self._connection.execute(f"SELECT {columns} FROM submission {rest}", values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from error
        return [_entry(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def _connected(path: str) -> sqlite3.Connection:
    new = not os.path.exists(path)
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    if new:
        os.chmod(path, 0o600)
    with contextlib.suppress(sqlite3.OperationalError):
        # Readers and one writer side by side. Not everywhere possible (network folders): then they wait for each other.
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _closed(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()


def _damaged(path: str, error: Exception) -> ArenaError:
    return ArenaError(f"{path} is damaged: {error}", "move the file away; what is noted from then on is kept in a new one")


def _entry(row: dict[str, Any]) -> Entry:
    row["dirty"] = None if row["dirty"] is None else bool(row["dirty"])
    row["command"] = tuple(str(word) for word in _list(row["command"]))
    row["instances"] = tuple(_list(row["instances"]))
    return Entry(**row)


def _conditions(wanted: Wanted) -> tuple[str, list[Any]]:
    parts: list[tuple[str, list[Any]]] = []
    if wanted.name:
        parts.append(("name GLOB ?", [wanted.name]))
    if wanted.namespace:
        parts.append(("namespace = ?", [wanted.namespace]))
    for column, words in (("type", wanted.types), ("status", wanted.statuses)):
        if words:
            parts.append((f"{column} IN ({', '.join('?' * len(words))})", list(words)))
    if wanted.since:
        parts.append(("submitted >= ?", [wanted.since]))
    if wanted.commit:
        parts.append(('"commit" GLOB ?', [f"{wanted.commit}*"]))
    where = " AND ".join(text for text, _ in parts)
    return (f"WHERE {where}" if where else ""), [value for _, values in parts for value in values]


def _list(text: str) -> list[Any]:
    found = json.loads(text)
    return found if isinstance(found, list) else []


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


def _remove_folder(path: str) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)


def expired(store: Store, days: int, *, age: float = 0.0) -> list[Entry]:
    """Return the submissions that are older than so many days, and seconds."""
    from datetime import UTC, datetime

    before = datetime.fromtimestamp(time.time() - days * 86400 - age, UTC).replace(tzinfo=None).isoformat() + "Z"
    return [entry for entry in store.entries(Wanted()) if entry.submitted < before]
