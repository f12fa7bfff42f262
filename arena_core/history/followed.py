"""Logs that were followed, read back. Of several followers of an instance the one who kept most counts."""

from __future__ import annotations

import os

from arena_core.history.journal import Journal, is_id
from arena_core.history.store import KeptLog


def files(journal: Journal, submission: str) -> dict[str, str]:
    """Return by instance the path of the fullest log that was followed."""
    folder = journal.path("logs", submission)
    best: dict[str, tuple[int, str]] = {}
    try:
        names = os.listdir(folder) if is_id(submission) else []
    except OSError:
        names = []
    for name in names:
        instance, tilde, _ = name.partition("~")
        path = os.path.join(folder, name)
        if tilde:
            best[instance] = max(best.get(instance, (-1, "")), (os.stat(path).st_size, path))
    return {instance: path for instance, (_, path) in sorted(best.items())}


def fuller(journal: Journal, submission: str, log: KeptLog) -> KeptLog:
    """Return a kept log with all that was followed of it, where that is more and ends as it does."""
    path = files(journal, submission).get(log.instance)
    if path is None:
        return log
    text = _text(path)
    last = log.lines.splitlines()[-1:]
    if log.lines and (len(text) <= len(log.lines) or text.splitlines()[-1:] != last):
        return log
    return KeptLog(log.instance, log.pod, log.container, text, "") if text else log


def only(journal: Journal, submission: str) -> list[KeptLog]:
    """Return what was followed of a job whose end was not noted."""
    return [KeptLog(instance, instance, "", _text(path), "") for instance, path in files(journal, submission).items()]


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except OSError:
        return ""
