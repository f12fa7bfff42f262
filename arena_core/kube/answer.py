"""What the API server answered, read whole and within bounds: nothing that comes from outside may fill the memory or never end."""

from __future__ import annotations

import time
from collections.abc import Mapping

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.deadline import remaining
from arena_core.kube.http1 import Connection, Response
from arena_core.kube.jsontext import loads
from arena_core.records import record
from arena_core.typed import Any

#: More than any list of 500 objects: each has at most about 1.5 MB.
MAX_BODY = 1 << 30
#: How long a whole answer may take to arrive, however steadily it drips.
MAX_SECONDS = 300.0
_CHUNK = 1 << 18


class BadAnswer(ClusterUnreachable):
    """What answers is not an API server, or its answer is damaged."""


@record
class Answer:
    """A whole answer. ``tries`` is above 1 when the request was sent again."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    tries: int = 1

    @property
    def ok(self) -> bool:
        """Whether it is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the decoded body; raises ``ValueError`` for whatever is not JSON."""
        return decode(self.body) if self.body else None


def decode(data: bytes) -> Any:
    r"""Decode JSON from outside. All that is wrong with it is a ``ValueError``, and its texts can be printed.

    >>> decode(b'{"a": "\\ud800"}') == {"a": "\N{REPLACEMENT CHARACTER}"}
    True
    """
    try:
        found = loads(data)
        return _printable(found) if b"\\ud" in data or b"\\uD" in data else found
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _printable(value: Any) -> Any:
    """Replace lone surrogates, which no terminal and no file can take."""
    if isinstance(value, str):
        return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, dict):
        return {_printable(k): _printable(v) for k, v in value.items()}
    return [_printable(v) for v in value] if isinstance(value, list) else value


def read_body(response: Response, connection: Connection, timeout: float, deadline: float | None, where: str) -> bytes:
    """Return the body. Raises what the socket raises, ``IncompleteRead`` for one that is cut, ``BadAnswer`` for one without end."""
    end = time.monotonic() + MAX_SECONDS
    parts: list[bytes] = []
    size = 0
    while True:
        connection.sock.settimeout(remaining(deadline, timeout, where))
        chunk = response.read(_CHUNK)
        if not chunk:
            break
        parts.append(chunk)
        size += len(chunk)
        if size > MAX_BODY or time.monotonic() > end:
            raise BadAnswer(f"{where} sends an answer without end ({size >> 20} MiB so far)", "is this really an API server?")
    data = b"".join(parts)
    return gunzip(data, where) if response.headers.get("content-encoding", "").lower() == "gzip" else data


def gunzip(data: bytes, where: str) -> bytes:
    """Unpack a compressed body, up to the same limit as any other."""
    import zlib

    unpack = zlib.decompressobj(wbits=31)
    try:
        found = unpack.decompress(data, MAX_BODY)
    except zlib.error:
        raise BadAnswer(
            f"{where} sent a damaged answer: its compression cannot be undone", "try again; a proxy may be in the way"
        ) from None
    if not unpack.eof:
        raise BadAnswer(f"{where} sent a damaged answer: it is cut off or unpacks to more than {MAX_BODY >> 20} MiB", "try again")
    return found
