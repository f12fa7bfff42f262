"""The SQLite file under the store: one row per object, the revision, and a schema version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Raised when the layout of the tables changes; a newer file is refused, not guessed at.
SCHEMA_VERSION = 1

_LAYOUT = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
  resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID;
"""

#: One row to write: resource, namespace, name, and the object's JSON or None when it is gone.
Row = tuple[str, str, str, bytes | None]


class StoreError(Exception):
    """The disk refused; nothing of the transaction was kept, in memory as on disk."""


class Disk:
    """A connection that commits each batch of rows together with the revision that it reached."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(":memory:" if path is None else str(path), isolation_level=None, cached_statements=32)
            self._open(durable=path is not None)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error

    def _open(self, *, durable: bool) -> None:
        if durable:
            self._db.execute("PRAGMA journal_mode=WAL")
            # A crash of the process loses nothing; a power cut may lose the last moments.
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_LAYOUT)
        found = self._meta("schema")
        if found is None:
            self._db.execute("INSERT INTO meta VALUES ('schema', ?), ('revision', 1)", (SCHEMA_VERSION,))
        elif found > SCHEMA_VERSION:
            self._db.close()
            raise StoreError(f"{self.path} was written by a newer version (schema {found}, this one knows {SCHEMA_VERSION})")

    def _meta(self, key: str) -> int | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row[0])

    def revision(self) -> int:
        """Return the last revision that was committed."""
        return self._meta("revision") or 1

    def load(self) -> Iterator[tuple[str, str, str, bytes]]:
        """Yield every stored object."""
        yield from self._db.execute("SELECT resource, namespace, name, data FROM objects ORDER BY resource, namespace, name")

    def write(self, rows: Iterable[Row], revision: int) -> None:
        """Commit the rows and the revision in one transaction, or nothing at all."""
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            for resource, namespace, name, data in rows:
                if data is None:
                    db.execute("DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?", (resource, namespace, name))
                else:
                    db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", (resource, namespace, name, data))
            db.execute("UPDATE meta SET value = ? WHERE key = 'revision'", (revision,))
            db.execute("COMMIT")
        except (sqlite3.Error, UnicodeEncodeError) as error:
            if db.in_transaction:
                try:
                    db.execute("ROLLBACK")
                except sqlite3.Error:
                    pass
            raise StoreError(str(error)) from error

    def limit_pages(self, pages: int) -> None:
        """Let the file grow to so many pages only; tests fill a disk with it."""
        self._db.execute(f"PRAGMA max_page_count={int(pages)}")

    def close(self) -> None:
        """Fold the log into the file and close it."""
        self._db.close()
