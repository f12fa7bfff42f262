"""Submissions of the history as they are printed: rows, the page of one, the keys of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from arena_core.cli.foreign import one_line
from arena_core.cli.render import local_time, table
from arena_core.k8s import duration, time

if TYPE_CHECKING:
    from arena_core.cli.shapes import history as shapes
    from arena_core.history.store import Entry, KeptLog, State

HEADER = ("ID", "NAME", "STATUS", "TRAINER", "SUBMITTED", "DURATION", "COMMIT")
#: What gives way on a narrow terminal, the least important first.
LEAST = ("COMMIT", "DURATION", "TRAINER", "NAMESPACE")
STATE_HEADER = ("TIME", "STATUS", "INSTANCES", "REASON")
#: Letters of a commit that are shown.
_COMMIT = 10
NONE = "-"


def header(namespaced: bool) -> Sequence[str]:
    """Return the header of the list."""
    return (*HEADER[:2], "NAMESPACE", *HEADER[2:]) if namespaced else HEADER


def row(entry: Entry, namespaced: bool) -> Sequence[str]:
    """Return one line of the list."""
    cells = (
        entry.short,
        entry.name or NONE,
        status(entry),
        entry.type.upper(),
        local_time(entry.submitted),
        duration.compact(time.seconds_between(entry.started, entry.ended)) if entry.started and entry.ended else NONE,
        commit(entry) or NONE,
    )
    return (*cells[:2], entry.namespace, *cells[2:]) if namespaced else cells


def status(entry: Entry) -> str:
    """Return the status; of a job whose end nobody has seen, how old that is."""
    over = entry.status in ("SUCCEEDED", "FAILED", "REFUSED", "DELETED", "UNKNOWN") or not entry.seen
    return entry.status if over else f"{entry.status} ({duration.human(time.seconds_between(entry.seen))} ago)"


def commit(entry: Entry) -> str:
    """Return the commit; ``+`` says that something was changed, ``?`` that it is not known whether."""
    if not entry.commit:
        return ""
    return entry.commit[:_COMMIT] + {True: "+", False: "", None: "?"}[entry.dirty]


def page(entry: Entry, states: Sequence[State], logs: Sequence[KeptLog]) -> str:
    """Return everything about one submission but its objects and logs."""
    parts = ["\n".join(f"{name + ':':<12} {one_line(value)}" for name, value in _lines(entry) if value)]
    if states:
        rows = [(local_time(one.time), one.phase, _instances(one.instances), _reason(one)) for one in states]
        parts.append("States:\n" + table([STATE_HEADER, *rows], indent="  "))
    if logs:
        parts.append("Logs:\n" + "\n".join(f"  {one.instance or 'all instances'}: {_log(one)}" for one in logs))
    return "\n\n".join(parts)


def _lines(entry: Entry) -> list[tuple[str, str]]:
    gone = f"{local_time(entry.gone)} by {entry.gone_by}" if entry.gone_by else local_time(entry.gone)
    dirty = {True: "with changes", False: "unchanged", None: "not known whether changed"}[entry.dirty]
    return [
        ("Id", entry.id),
        ("Name", entry.name),
        ("Status", status(entry)),
        ("Reason", ": ".join(text for text in (entry.reason, entry.message) if text)),
        ("Trainer", entry.type.upper()),
        ("Namespace", entry.namespace),
        ("Cluster", " at ".join(text for text in (entry.context, entry.server) if text)),
        ("User", entry.user),
        ("Submitted", local_time(entry.submitted)),
        ("Started", local_time(entry.started)),
        ("Ended", local_time(entry.ended)),
        ("Deleted", gone if entry.gone else ""),
        ("Folder", entry.folder),
        ("Commit", f"{entry.commit} ({', '.join(t for t in (entry.branch, dirty) if t)})" if entry.commit else ""),
        ("Command", shell(entry.command)),
    ]


def shell(words: Sequence[str]) -> str:
    """Return a command line as it can be typed."""
    import shlex

    return f"arena {shlex.join(words)}" if words else ""


def _instances(found: Sequence[Mapping[str, Any]]) -> str:
    counts: dict[str, int] = {}
    for one in found:
        code = one.get("exitCode")
        word = f"{one.get('status')}({code})" if code else str(one.get("status"))
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in counts.items()) or NONE


def _reason(state: State) -> str:
    return ": ".join(text for text in (state.reason, state.message) if text) or NONE


def _log(one: KeptLog) -> str:
    if one.missing:
        return f"nothing is kept: {one_line(one.missing)}"
    count = one.lines.count("\n")
    return f"the last {count} {'line' if count == 1 else 'lines'}"


def as_data(entry: Entry) -> shapes.Entry:
    """Return a submission as ``-o json`` prints it."""
    return {
        "id": entry.id,
        "name": entry.name,
        "namespace": entry.namespace,
        "trainer": entry.type,
        "status": entry.status,
        "reason": entry.reason,
        "message": entry.message,
        "submitted": entry.submitted,
        "started": entry.started,
        "ended": entry.ended,
        "lastSeen": entry.seen,
        "deleted": entry.gone,
        "deletedBy": entry.gone_by,
        "uuid": entry.uid,
        "context": entry.context,
        "server": entry.server,
        "user": entry.user,
        "folder": entry.folder,
        "commit": entry.commit,
        "branch": entry.branch,
        "dirty": entry.dirty,
        "command": list(entry.command),
        "instances": [_instance(one) for one in entry.instances],
    }


def _instance(one: Mapping[str, Any]) -> shapes.Instance:
    code, restarts = one.get("exitCode"), one.get("restarts")
    return {
        "name": str(one.get("name") or ""),
        "status": str(one.get("status") or ""),
        "exitCode": code if isinstance(code, int) else None,
        "restarts": restarts if isinstance(restarts, int) else 0,
        "node": str(one.get("node") or ""),
    }


def state_data(state: State) -> shapes.State:
    """Return a state as data."""
    return {
        "time": state.time,
        "status": state.phase,
        "exactStatus": state.exact,
        "reason": state.reason,
        "message": state.message,
        "instances": [_instance(one) for one in state.instances],
        "seenBy": state.command,
    }


def log_data(log: KeptLog) -> shapes.Log:
    """Return the end of a log as data."""
    return {"instance": log.instance, "pod": log.pod, "container": log.container, "lines": log.lines, "missing": log.missing}
