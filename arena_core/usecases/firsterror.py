"""The first error among the lines of all instances: what broke a job, rather than what broke after it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from arena_core.usecases.views import LogLine

#: So many lines of a traceback, or behind an error, are kept.
MOST = 60
_TRACEBACK = "Traceback (most recent call last)"
_ERROR = re.compile(
    r"\b(?:ERROR|CRITICAL|FATAL|SEVERE|panic)\b(?!\s*(?:rate|count|s\b|=\s*0\b|:\s*0\b))"
    r"|\b(?:[A-Z]\w*(?:Error|Exception))\b:"
    r"|^(?:error|fatal)\b[:\s]"
    r"|\bSegmentation fault\b|\bcore dumped\b|\bterminate called\b|\bBus error\b|\bout of memory\b|\bOutOfMemory\b"
    r"|\bCUDA error\b|\bNCCL (?:WARN|error)\b|\bKilled$|\bAborted\b(?: \(core)?|\bAssertion .* failed\b|command not found$"
    r"|No module named|No such file or directory$|Permission denied$"
)
_BENIGN = re.compile(r"\b(?:no|0|without|ignor\w+|if an?y?) errors?\b|\berror[_ -]?(?:rate|feedback|correction)\b", re.IGNORECASE)
_CHAINED = re.compile(r"^(?:During handling of|The above exception was)")


#: One of these is in every line that ``_ERROR`` matches, or begins a traceback: most blocks of lines have none of them.
_SIGNS = (
    b"rror", b"ERROR", b"xception", b"Traceback", b"FATAL", b"fatal", b"CRITICAL", b"SEVERE", b"panic", b"Segmentation", b"core dumped",
    b"terminate called", b"out of memory", b"OutOfMemory", b"NCCL WARN", b"Killed", b"Aborted", b"Assertion ", b"not found",
    b"No module named", b"No such file", b"ermission denied",
)  # fmt: skip


class FirstError(NamedTuple):
    """Where it is, and its lines: a whole traceback, or the line of the error."""

    first: LogLine
    lines: tuple[LogLine, ...]


def first_error(lines: Iterable[LogLine]) -> FirstError | None:
    """Return the earliest error of lines that come in the order of time; of an instance that it concerns all lines of a traceback."""
    found: list[LogLine] = []
    traced = False
    for line in lines:
        text = line.text.rpartition("\r")[2]
        if not found:
            traced = _TRACEBACK in text
            if is_error(text):
                found.append(line)
                if not traced:
                    break
            continue
        if line.source != found[0].source:
            continue
        found.append(line)
        if len(found) >= MOST or (traced and _ends(text, found)):
            break
    return FirstError(found[0], tuple(found)) if found else None


def is_error(text: str) -> bool:
    """Whether a line is an error, or begins a traceback."""
    return _TRACEBACK in text or bool(_ERROR.search(text) and not _BENIGN.search(text))


def error_among(lines: Sequence[bytes]) -> int | None:
    """Return which of some lines is the first error, None where none is."""
    together = b"\n".join(lines)
    if not any(sign in together for sign in _SIGNS):
        return None
    return next((at for at, line in enumerate(lines) if is_error(line.decode("utf-8", "replace"))), None)


def _ends(text: str, found: list[LogLine]) -> bool:
    """Whether a line of a traceback is its last: the exception itself, which is no deeper than the traceback's first line."""
    start = found[0].text
    indent = start[: start.index(_TRACEBACK)]
    rest = text[len(indent) :] if text.startswith(indent) else text
    return bool(rest.strip()) and not rest.startswith((" ", "\t")) and _TRACEBACK not in rest and not _CHAINED.match(rest)
