"""A support archive: everything about one job that helps somebody else to help, in one file, without secrets."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena_core.contract.errors import ArenaError
from arena_core.discreet import redacted, redacted_text
from arena_core.usecases.events import events_of
from arena_core.usecases.explain import explain
from arena_core.usecases.facts import read
from arena_core.usecases.find import find
from arena_core.usecases.session import Session
from arena_core.usecases.tails import tails

#: Lines of each instance.
LINES = 2000
Files = Iterator[tuple[str, str]]


def of_live(session: Session, name: str, job_type: str, namespace: str) -> Files:
    """Yield (path, text) of what the cluster says of a job; what cannot be read is in a file of its own."""
    failed: list[str] = []
    handle, obj, unread = find(session, name, job_type, namespace)
    job = read(session, handle, obj, unread)
    status = job.status
    yield (
        "status.json",
        _json(
            {"phase": str(status.phase), "exact": status.exact, "reason": status.reason, "message": status.message, "unread": job.unread}
        ),
    )
    for kind, objects in (("job", [job.manifest]), ("pods", job.pods), ("related", job.related)):
        yield f"{kind}.json", _json(objects)

    def attempt(path: str, ask: Callable[[], Any]) -> Files:
        try:
            yield path, _json(ask())
        except ArenaError as error:
            failed.append(f"{path}: {error.message}")

    yield from attempt("events.json", lambda: list(events_of(session, job)))
    yield from attempt("why.json", lambda: [_cause(one) for one in explain(session, job)])
    try:
        for one in tails(session, job, LINES):
            yield f"logs/{one.get('pod') or 'none'}.log", redacted_text(str(one.get("lines") or f"(nothing: {one.get('missing')})\n"))
    except ArenaError as error:
        failed.append(f"logs: {error.message}")
    if failed:
        yield "unread.txt", redacted_text("\n".join(failed) + "\n")


def _cause(cause: Any) -> Mapping[str, Any]:
    return {"message": cause.message, "hint": cause.hint, "object": cause.object, "reason": cause.reason}


def _json(data: Any) -> str:
    return json.dumps(redacted(_without_noise(data)), indent=2, ensure_ascii=False, default=str) + "\n"


def _without_noise(data: Any) -> Any:
    """Return objects without what nobody reads: who manages which field, and a copy of the object as it was applied."""
    if isinstance(data, Mapping):
        left_out = ("managedFields", "kubectl.kubernetes.io/last-applied-configuration")
        return {key: _without_noise(value) for key, value in data.items() if key not in left_out}
    if isinstance(data, list | tuple):
        return [_without_noise(one) for one in data]
    return data


def write(path: str, folder: str, files: Sequence[tuple[str, str]]) -> None:
    """Write the archive, all of it below one folder; a file that is there is not replaced, and half of one does not stay."""
    archive = tarfile.open(path, "x:gz")  # noqa: SIM115 - closed below
    try:
        with archive:
            for name, text in files:
                data = text.encode("utf-8", "replace")
                entry = tarfile.TarInfo(f"{safe(folder)}/{'/'.join(safe(part) for part in name.split('/'))}")
                entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
                archive.addfile(entry, io.BytesIO(data))
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise


def safe(part: str) -> str:
    """Return a part of a path that leads nowhere else.

    >>> safe(".."), safe("a/b"), safe("")
    ('_', 'a_b', '_')
    """
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in part)[:200]
    return kept if kept.strip(".") else "_"
