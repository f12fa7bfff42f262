"""Long lists, sent piece by piece: ten thousand objects are never copied into one text, and others are served meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aiohttp import payload, web
from aiohttp.abc import AbstractStreamWriter

from arena_local.http.respond import accepts_gzip, headers_of, raw_answer

#: Items in one piece; a shorter list is sent as a whole.
_STEP = 256


class Pieces:
    """JSON objects, to be written in a row. Each begins with ``prefix``, of which only the brace is written."""

    def __init__(self, head: bytes, prefix: bytes, items: Sequence[bytes], tail: bytes) -> None:
        self.head = head
        self.cut = len(prefix)
        self.items = items
        self.tail = tail

    def __len__(self) -> int:
        """Return the bytes of all pieces."""
        count = len(self.items)
        return len(self.head) + sum(map(len, self.items)) + count * (1 - self.cut) + max(count - 1, 0) + len(self.tail)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces."""
        begin, cut = self.head + b"{", self.cut
        for start in range(0, len(self.items), _STEP):
            yield begin + b",{".join([raw[cut:] for raw in self.items[start : start + _STEP]])
            begin = b",{"
        yield self.tail if self.items else self.head + self.tail


class _Body(payload.Payload):
    """Pieces as the body of an answer."""

    @property
    def size(self) -> int:
        """The bytes that will be written."""
        return len(self._value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the whole as text."""
        return b"".join(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write one piece after the other, as fast as the client reads."""
        for piece in self._value:
            await writer.write(piece)


def pieces_answer(request: web.Request, pieces: Pieces, *, warnings: Iterable[str] = ()) -> web.Response:
    """Answer pieces; as a whole where they are few, or where the client wants them compressed."""
    if len(pieces.items) <= _STEP or accepts_gzip(request):
        return raw_answer(request, b"".join(pieces), warnings=warnings)
    return web.Response(body=_Body(pieces, content_type="application/json"), headers=headers_of("application/json", warnings))
