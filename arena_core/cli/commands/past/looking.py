"""Open the history for a command; where nothing was ever noted, that is no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.cli.flags import Parsed
from arena_core.contract.errors import NotFound, UsageError
from arena_core.history.journal import Journal, is_noted

if TYPE_CHECKING:
    from arena_core.history.store import Store, Wanted

STATUSES = ("PENDING", "QUEUING", "SUSPENDED", "RUNNING", "READY", "SUCCEEDED", "FAILED", "UNKNOWN", "REFUSED", "DELETED")


def journal() -> Journal:
    """Return where the history is, also where nothing more is noted in it."""
    from arena_core.cli.connect import journal as noted

    return noted() or Journal()


def store() -> Store:
    """Open the store."""
    from arena_core.history.store import Store

    found = journal()
    if not is_noted(found):
        raise NotFound("nothing has been submitted from here yet", "`arena submit` notes what becomes of its jobs")
    return Store(found)


def wanted(pattern: str, types: list[str], statuses: list[str], namespace: str, since: float | None, commit: str, limit: int) -> Wanted:
    """Return which submissions are meant by the flags."""
    from datetime import UTC, datetime, timedelta

    from arena_core.cli.jobtypes import registry
    from arena_core.history.store import Wanted

    names = []
    for word in types:
        entry = registry().entry(word)
        names.append(entry.name if entry is not None else word)  # its plugin may be gone by now
    chosen = [word.strip().upper() for text in statuses for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in STATUSES:
            raise UsageError(f"--status: there is no status {word!r}", f"statuses: {', '.join(STATUSES)}")
    if commit and not (4 <= len(commit) <= 64 and set(commit.lower()) <= set("0123456789abcdef")):
        raise UsageError(f"--commit: {commit!r} is not a commit or the beginning of one", "for example 4b91145")
    after = (datetime.now(UTC) - timedelta(seconds=since)).replace(tzinfo=None).isoformat() if since is not None else ""
    return Wanted(pattern, tuple(names), tuple(chosen), namespace, after, commit.lower(), limit)


def offered(parsed: Parsed) -> list[tuple[str, str]]:
    """Return the names of earlier jobs, for completion."""
    found = journal()
    if not is_noted(found):
        return []
    from arena_core.history.store import Store, Wanted

    with Store(found) as store:
        rows = {entry.name: f"{entry.type} {entry.status}" for entry in reversed(store.entries(Wanted(limit=200))) if entry.name}
    return [(name, text) for name, text in rows.items() if name not in parsed.args]
