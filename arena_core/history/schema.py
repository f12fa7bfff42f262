"""The tables of the store, as steps: a store of an older version is brought up to date, one of a newer version is left alone."""

from __future__ import annotations

import sqlite3

from arena_core.contract.errors import ArenaError

#: Each step takes a store from one version to the next; they are never changed once released.
STEPS: tuple[str, ...] = (
    """
    CREATE TABLE submission (
        id TEXT PRIMARY KEY, submitted TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', namespace TEXT NOT NULL DEFAULT '',
        type TEXT NOT NULL DEFAULT '', context TEXT NOT NULL DEFAULT '', server TEXT NOT NULL DEFAULT '', user TEXT NOT NULL DEFAULT '',
        folder TEXT NOT NULL DEFAULT '', "commit" TEXT NOT NULL DEFAULT '', branch TEXT NOT NULL DEFAULT '', dirty INTEGER,
        command TEXT NOT NULL DEFAULT '[]', arguments TEXT NOT NULL DEFAULT '{}', objects TEXT NOT NULL DEFAULT '[]',
        uid TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT 'UNKNOWN', reason TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '', started TEXT NOT NULL DEFAULT '', ended TEXT NOT NULL DEFAULT '',
        seen TEXT NOT NULL DEFAULT '', instances TEXT NOT NULL DEFAULT '[]',
        gone TEXT NOT NULL DEFAULT '', gone_by TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX submission_name ON submission (name, submitted);
    CREATE INDEX submission_uid ON submission (uid);
    CREATE TABLE state (
        submission TEXT NOT NULL, time TEXT NOT NULL, phase TEXT NOT NULL, exact TEXT NOT NULL, reason TEXT NOT NULL,
        message TEXT NOT NULL, instances TEXT NOT NULL, command TEXT NOT NULL, PRIMARY KEY (submission, time)
    );
    """,
    """
    CREATE TABLE log (
        submission TEXT NOT NULL, instance TEXT NOT NULL, pod TEXT NOT NULL, container TEXT NOT NULL, lines TEXT NOT NULL,
        missing TEXT NOT NULL, PRIMARY KEY (submission, pod, container)
    );
    """,
)
VERSION = len(STEPS)


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Bring a store up to date, all or nothing; raises where a newer program has written it."""
    found = version(connection)
    if found == VERSION:
        return
    if found > VERSION:
        raise ArenaError(
            f"{path} was written by a newer version of this program (store {found}, this one knows {VERSION})", "update this program"
        )
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for step in STEPS[version(connection) :]:
            for statement in step.split(";"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def version(connection: sqlite3.Connection) -> int:
    """Return the version of a store; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
