"""From the events of the journal into the store: in the order of time, each as often as one likes."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from arena_core.history.journal import VERSION, Journal, is_id

#: Drafts older than this were left behind by a command that was killed.
_STALE = 3600.0
_OWN = ("name", "namespace", "type", "context", "server", "user", "folder", "commit", "branch")
_END = ("REFUSED", "SUCCEEDED", "FAILED")


def take_in(connection: sqlite3.Connection, journal: Journal) -> int:
    """Move all events into the store; returns how many there were. One that cannot be read is left aside, by another name."""
    spool = journal.path("spool")
    taken = []
    with connection:
        # Another command that does the same waits here, and finds the files gone, or events that it knows.
        connection.execute("BEGIN IMMEDIATE")
        for name in _files(spool):
            path = os.path.join(spool, name)
            event = _read(path)
            if event is not None:
                _apply(connection, event)
                taken.append(path)
    for path in taken:
        with contextlib.suppress(OSError):
            os.unlink(path)
    return len(taken)


def waiting(journal: Journal) -> int:
    """Return how many events have not been taken in."""
    return len(_files(journal.path("spool")))


def _files(spool: str) -> list[str]:
    try:
        names = os.listdir(spool)
    except OSError:
        return []
    for name in names:
        if name.startswith("."):
            with contextlib.suppress(OSError):
                path = os.path.join(spool, name)
                if time.time() - os.stat(path).st_mtime > _STALE:
                    os.unlink(path)
    return sorted(name for name in names if name.endswith(".json") and not name.startswith("."))


def _read(path: str) -> dict[str, Any] | None:
    try:
        with open(path, encoding="utf-8") as file:
            event = json.load(file)
    except OSError:
        return None
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, dict) and isinstance(event.get("time"), str) and isinstance(event.get("version"), int):
        if event["version"] > VERSION:
            return None  # of a newer program, which will take it in
        if is_id(event.get("id")) or (event.get("kind") == "gone" and isinstance(event.get("uid"), str)):
            return event
    with contextlib.suppress(OSError):
        os.replace(path, f"{path}.unreadable")
    return None


def _apply(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    applied = _KINDS.get(str(event.get("kind")))
    if applied is not None:
        applied(connection, event)


def _intent(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    _there(connection, event)
    columns = ", ".join(f'"{name}" = ?' for name in _OWN)
    values = [str(event.get(name) or "") for name in _OWN]
    connection.execute(
        f"UPDATE submission SET submitted = ?, {columns}, command = ?, arguments = ? WHERE id = ?",
        [event["time"], *values, _json(event, "command", []), _json(event, "arguments", {}), event["id"]],
    )


def _there(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    connection.execute("INSERT OR IGNORE INTO submission (id, submitted) VALUES (?, ?)", [event["id"], event["time"]])


def _built(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    _there(connection, event)
    connection.execute(
        "UPDATE submission SET name = ?, user = ?, objects = ? WHERE id = ?",
        [str(event.get("name") or ""), str(event.get("user") or ""), _json(event, "objects", []), event["id"]],
    )


def _created(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    _there(connection, event)
    dirty = event.get("dirty")
    connection.execute(
        "UPDATE submission SET uid = ?, dirty = coalesce(?, dirty), status = CASE status WHEN 'UNKNOWN' THEN 'PENDING' ELSE status END"
        " WHERE id = ?",
        [str(event.get("uid") or ""), None if dirty is None else int(bool(dirty)), event["id"]],
    )


def _refused(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    _there(connection, event)
    status = "REFUSED" if event.get("certain") else "UNKNOWN"
    connection.execute(
        "UPDATE submission SET status = ?, message = ?, ended = ?, seen = ? WHERE id = ? AND status IN ('UNKNOWN', 'REFUSED')",
        [status, str(event.get("message") or ""), event["time"] if event.get("certain") else "", event["time"], event["id"]],
    )


def _state(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    row = connection.execute("SELECT uid, seen FROM submission WHERE id = ?", [event["id"]]).fetchone()
    if row is None or (row[0] and row[0] != event.get("uid")):
        return  # somebody has copied the job, marks and all
    new = [str(event.get(name) or "") for name in ("phase", "exact", "reason", "message")]
    instances = _json(event, "instances", [])
    last = connection.execute(
        "SELECT phase, exact, reason, message, instances FROM state WHERE submission = ? ORDER BY time DESC LIMIT 1", [event["id"]]
    ).fetchone()
    if last is None or list(last) != [*new, instances]:
        connection.execute(
            "INSERT OR IGNORE INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [event["id"], event["time"], *new, instances, str(event.get("command") or "")],
        )
    if event["time"] >= row[1]:
        connection.execute(
            "UPDATE submission SET uid = ?, status = ?, reason = ?, message = ?, started = ?, ended = ?, seen = ?, instances = ?"
            " WHERE id = ?",
            [
                str(event.get("uid") or ""),
                new[0],
                *new[2:],
                str(event.get("started") or ""),
                str(event.get("ended") or ""),
                event["time"],
                instances,
                event["id"],
            ],
        )


def _logs(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    found = event.get("logs")
    for one in found if isinstance(found, list) else []:
        if not isinstance(one, dict):
            continue
        values = [str(one.get(name) or "") for name in ("instance", "pod", "container", "lines", "missing")]
        if (
            values[4]
            and connection.execute(
                "SELECT 1 FROM log WHERE submission = ? AND pod = ? AND container = ? AND missing = ''", [event["id"], values[1], values[2]]
            ).fetchone()
        ):
            continue  # what was read before is more than why it cannot be read now
        connection.execute("INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?, ?)", [event["id"], *values])


def _gone(connection: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    column, value = ("id", event["id"]) if is_id(event.get("id")) else ("uid", event.get("uid"))
    connection.execute(
        f"UPDATE submission SET gone = ?, gone_by = ?, status = CASE WHEN status IN {_END} THEN status ELSE 'DELETED' END"
        f" WHERE {column} = ? AND gone = ''",
        [event["time"], str(event.get("by") or ""), value],
    )


def _json(event: Mapping[str, Any], name: str, default: Any) -> str:
    found = event.get(name)
    return json.dumps(found if isinstance(found, type(default)) else default, ensure_ascii=False)


_KINDS: dict[str, Callable[[sqlite3.Connection, Mapping[str, Any]], None]] = {
    "intent": _intent,
    "built": _built,
    "created": _created,
    "refused": _refused,
    "state": _state,
    "logs": _logs,
    "gone": _gone,
}
