"""HTTP/1.1 over one socket: a request goes out, the head of its answer is read, its body comes as it comes.

In place of ``http.client``, whose import (with ``email``, ``calendar``, ``random``) costs as much as a whole ``kubectl get``, and which
is lenient where a damaged answer could pass for a whole one. What is read is RFC 9112; what breaks its rules is a ``HttpError``.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Iterable

from arena_core.kube.sockets import SHUT_RDWR
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

#: How long the head of an answer may be: Go's servers send a megabyte at most.
MAX_HEAD = 1 << 20
#: How long the line before a chunk may be.
MAX_LINE = 1 << 12
PIECE = 1 << 18
_HEX = frozenset(b"0123456789abcdefABCDEF")
_ENDS_A_HEADER = ("\r", "\n", "\0")


class HttpError(Exception):
    """The answer is damaged, or it is not HTTP at all."""


class RemoteDisconnected(HttpError):
    """The connection was closed before anything of an answer had come."""


class IncompleteRead(HttpError):
    """The connection was closed in the middle of an answer."""


def shut(sock: socket.socket) -> None:
    """Shut a socket down: whoever reads from it in another thread wakes up."""
    try:
        sock.shutdown(SHUT_RDWR)
    except (OSError, ValueError):
        pass  # it is closed already


class Connection:
    """A connected socket on which one request follows the other. ``host`` is the value of the Host header."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self.sock = sock
        self._host = host
        self._buffer = b""
        self._lock = allocate_lock()
        self._reading = False
        self._closed = False

    def ask(self, method: str, target: str, headers: Iterable[tuple[str, str | bytes]], body: bytes | None = None) -> Response:
        """Send a request and read the head of the final answer to it; raises what the socket raises, and ``HttpError``."""
        head = [f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\n".encode("ascii")]
        head += [_line(name, value) for name, value in headers]
        if body is not None:
            head.append(b"Content-Length: %d\r\n" % len(body))
        self.sock.sendall(b"".join([*head, b"\r\n", body or b""]))
        while True:
            response = _response(self, self._head())
            # Preliminary answers (102, 103) have no body and stand for nothing; 101 is final.
            if response.status >= 200 or response.status == 101:
                return response

    def close(self) -> None:
        """End the connection; again does nothing.

        Where another thread reads from it, that one wakes up and closes the socket: its number must not belong to another meanwhile.
        """
        with self._lock:
            self._closed = True
            if not self._reading:
                self.sock.close()
                return
        shut(self.sock)

    def receive(self, limit: int = PIECE) -> bytes:
        """Return what has come and was not read, or wait for something; empty when the other side has closed."""
        if self._buffer:
            found, self._buffer = self._buffer[:limit], self._buffer[limit:]
            return found
        with self._lock:
            self._reading = not self._closed
        try:
            return self.sock.recv(limit)
        finally:
            with self._lock:
                self._reading = False
                if self._closed:
                    self.sock.close()

    @property
    def clean(self) -> bool:
        """Whether nothing has come that nobody asked for: it would be taken for the next answer."""
        return not self._buffer

    def put_back(self, data: bytes) -> None:
        """Give back what was received too much."""
        self._buffer = data + self._buffer

    def _head(self) -> bytes:
        """Return the head of an answer, up to and without the empty line."""
        data = b""
        while True:
            piece = self.receive(1 << 16)
            if not piece:
                raise IncompleteRead("the head is cut") if data else RemoteDisconnected("no answer")
            begin = max(0, len(data) - 3)
            data += piece
            # Lines may end in a bare newline, as Go takes them, too.
            ends = [(at, len(mark)) for mark in (b"\n\r\n", b"\n\n") if (at := data.find(mark, begin)) >= 0]
            if ends:
                at, size = min(ends)
                self.put_back(data[at + size :])
                return data[:at]
            if len(data) > MAX_HEAD:
                raise HttpError("the head has no end")
            if not b"HTTP/".startswith(data[:5]):
                raise HttpError("this is not HTTP")


class Response:
    """An answer whose head has been read. ``headers`` are by their names in lower case; of several with one name, a line each."""

    def __init__(self, connection: Connection, status: int, headers: dict[str, str], body: _Body) -> None:
        self.status = status
        self.headers = headers
        self._connection = connection
        self._body = body
        #: Whether the connection ends with this answer.
        self.will_close = True

    def read(self, limit: int = PIECE) -> bytes:
        """Return a piece of the body as soon as there is one, b"" at its end; raises ``IncompleteRead`` where it is cut.

        After a time-out it can be called again.
        """
        return self._body.read(self._connection, limit)


class _Body:
    """No body."""

    def read(self, connection: Connection, limit: int) -> bytes:
        """Return a piece, b"" at the end."""
        return b""


class _ToTheEnd(_Body):
    """A body that ends with the connection."""

    def read(self, connection: Connection, limit: int) -> bytes:
        return connection.receive(limit)


class _Sized(_Body):
    """A body of so many bytes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, connection: Connection, limit: int) -> bytes:
        if not self._left:
            return b""
        piece = connection.receive(min(limit, self._left))
        if not piece:
            raise IncompleteRead(f"{self._left} bytes are missing")
        self._left -= len(piece)
        return piece


class _Chunked(_Body):
    """A body in chunks. Of what comes at once all whole and begun chunks are one piece."""

    def __init__(self) -> None:
        self._raw = b""
        #: Bytes of the chunk that are still to come; -1 between chunks, -2 in the trailers, -3 when all is read.
        self._left = -1

    def read(self, connection: Connection, limit: int) -> bytes:
        while self._left != -3:
            piece = self._decoded()
            if self._left == -3:
                connection.put_back(self._raw)
            if piece or self._left == -3:
                return piece
            more = connection.receive(limit)
            if not more:
                raise IncompleteRead("a chunk is missing")
            self._raw += more
        return b""

    def _decoded(self) -> bytes:
        """Take what can be taken of the raw bytes."""
        raw, at, found = self._raw, 0, list[bytes]()
        while True:
            if self._left >= 0:
                piece = raw[at : at + self._left]
                found.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left or len(raw) < at + 2:
                    break
                if raw[at : at + 2] != b"\r\n":
                    raise HttpError("a chunk is longer than it says")
                at += 2
                self._left = -1
            newline = raw.find(b"\n", at)
            if newline < 0:
                if len(raw) - at > (MAX_HEAD if self._left == -2 else MAX_LINE):
                    raise HttpError("a chunk's line has no end")
                break
            line, at = raw[at:newline].rstrip(b"\r"), newline + 1
            if self._left == -1:
                # No chunk is empty but the last one, which trailers follow.
                self._left = _size(line) or -2
            elif not line:
                self._left = -3
                break
        self._raw = raw[at:]
        return b"".join(found)


def _size(line: bytes) -> int:
    """Return the size of a chunk from the line before it; what follows a semicolon is for others."""
    digits = line.partition(b";")[0].strip(b" \t")
    if not digits or len(digits) > 15 or not _HEX.issuperset(digits):
        raise HttpError("a chunk has no size")
    return int(digits, 16)


def _line(name: str, value: str | bytes) -> bytes:
    """Return a header's line. Values are checked where they come from; here nothing may end a line, whatever came."""
    if isinstance(value, bytes):
        if b"\r" in value or b"\n" in value or b"\0" in value:
            raise ValueError(f"the header {name} would end its line")
        return name.encode("ascii") + b": " + value + b"\r\n"
    if any(c in value for c in _ENDS_A_HEADER):
        raise ValueError(f"the header {name} would end its line")
    return f"{name}: {value}\r\n".encode("latin-1")


def _response(connection: Connection, head: bytes) -> Response:
    """Read a head."""
    first, *lines = head.decode("latin-1").split("\n")
    version, _, rest = first.rstrip("\r").partition(" ")
    code = rest.lstrip(" ")[:4].rstrip(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0") or len(code) != 3 or not (code.isascii() and code.isdigit()) or code < "100":
        raise HttpError("the answer has no status")
    status, headers = int(code), _headers(lines)
    body = _body(status, headers)
    response = Response(connection, status, headers, body)
    tokens = headers.get("connection", "").lower().replace("\n", ",").split(",")
    kept = "close" not in (token.strip() for token in tokens) if version == "HTTP/1.1" else "keep-alive" in map(str.strip, tokens)
    response.will_close = not kept or status == 101 or isinstance(body, _ToTheEnd)
    return response


def _headers(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    key = ""
    for line in lines:
        line = line.rstrip("\r")
        if line[:1] in (" ", "\t"):
            if not key:
                raise HttpError("the head is damaged")
            found[key] += " " + line.strip(" \t")
            continue
        name, colon, value = line.partition(":")
        key = name.lower()
        if not colon or not key or key != key.strip(" \t"):
            raise HttpError("the head is damaged")
        value = value.strip(" \t")
        found[key] = f"{found[key]}\n{value}" if key in found else value
    return found


def _body(status: int, headers: dict[str, str]) -> _Body:
    """Return how the body ends, which must not be in doubt: what follows would be taken for the next answer."""
    if status < 200 or status in (204, 304):
        return _Body()
    coding = headers.get("transfer-encoding", "").strip().lower()
    if coding:
        if coding != "chunked":
            raise HttpError("the answer has a coding that was not asked for")
        return _Chunked()
    sizes = set(headers["content-length"].replace("\n", ",").split(",")) if "content-length" in headers else set()
    if not sizes:
        return _ToTheEnd()
    size = sizes.pop().strip()
    if sizes or not (size.isascii() and size.isdigit()) or len(size) > 15:
        raise HttpError("the answer has no usable length")
    return _Sized(int(size))
