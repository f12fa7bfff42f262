"""What a network, a load balancer, a crashing server or a busy one do to an answer. Each function returns a fault for ``FaultProxy.add``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from tests.faults.proxy import Exchange, Fault


def _named(name: str, play: Callable[[Exchange], None]) -> Fault:
    play.__name__ = name
    return play


def answer(code: int, message: str = "injected fault", *, reason: str = "", retry_after: int | None = None) -> Fault:
    """The API server itself answers with a Status (429, 500, 503, 401, 403, 404, 410 …) and does nothing."""

    def play(exchange: Exchange) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}
        headers = {"Content-Type": "application/json"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        data = json.dumps(status).encode()
        exchange.head(code, headers, length=len(data))
        exchange.body(data)

    return _named(f"answer-{code}", play)


def page(code: int = 200, body: bytes = b"<html>Please log in</html>", content_type: str = "text/html") -> Fault:
    """Something that is no API server answers: a captive portal, a balancer's error page, an empty object."""

    def play(exchange: Exchange) -> None:
        exchange.head(code, {"Content-Type": content_type}, length=len(body))
        exchange.body(body)

    return _named(f"page-{code}", play)


def redirect(to: str = "https://login.example.org/", code: int = 302) -> Fault:
    """A login proxy sends the client elsewhere."""

    def play(exchange: Exchange) -> None:
        exchange.head(code, {"Location": to}, length=0)

    return _named(f"redirect-{code}", play)


def empty() -> Fault:
    """A stream that ends at once, well formed: what a watch does whose server gives up."""

    def play(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Type": "application/json"})
        exchange.end()

    return _named("empty", play)


def late(seconds: float) -> Fault:
    """The answer comes late, but whole."""

    def play(exchange: Exchange) -> None:
        exchange.pause(seconds)
        exchange.pass_on()

    return _named(f"late-{seconds:g}", play)


def silent(seconds: float = 3600.0) -> Fault:
    """Nothing is answered at all, and the connection stays open."""

    def play(exchange: Exchange) -> None:
        exchange.pause(seconds)
        exchange.hang_up()

    return _named("silent", play)


def stalled(after: int = 0) -> Fault:
    """The head and ``after`` bytes of the body come, and then nothing more."""

    def play(exchange: Exchange) -> None:
        def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
            yield from first(body, after)
            exchange.pause(3600.0)

        exchange.pass_on(pieces)

    return _named(f"stalled-{after}", play)


def slow(bytes_per_second: int) -> Fault:
    """The body trickles."""

    def play(exchange: Exchange) -> None:
        def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
            step = max(1, bytes_per_second // 20)
            for data in body:
                for at in range(0, len(data), step):
                    yield data[at : at + step]
                    exchange.pause(min(step, len(data) - at) / bytes_per_second)

        exchange.pass_on(pieces)

    return _named(f"slow-{bytes_per_second}", play)


def refused() -> Fault:
    """The connection is reset before anything reaches the server."""
    return _named("refused", lambda exchange: exchange.reset())


def lost() -> Fault:
    """The server gets the request and does it; its answer is lost."""

    def play(exchange: Exchange) -> None:
        exchange.forward().read()
        exchange.reset()

    return _named("lost", play)


def cut(after: int = 0) -> Fault:
    """The connection is reset after ``after`` bytes of the body."""

    def play(exchange: Exchange) -> None:
        def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
            yield from first(body, after)
            exchange.reset()

        exchange.pass_on(pieces)

    return _named(f"cut-{after}", play)


def ended(after: int) -> Fault:
    """The body ends cleanly after ``after`` bytes, as if there were no more: a server that shuts down does that to its streams."""

    def play(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.head(answer.status, dict(answer.getheaders()))
        for piece in first(iter(lambda: answer.read1(65536), b""), after):
            exchange.body(piece)
        exchange.end()

    return _named(f"ended-{after}", play)


def truncated(short_by: int = 10) -> Fault:
    """``Content-Length`` promises more than comes before the connection is closed (cleanly)."""

    def play(exchange: Exchange) -> None:
        answer = exchange.forward()
        data = answer.read()
        exchange.head(answer.status, dict(answer.getheaders()), length=len(data))
        exchange.body(data[: max(0, len(data) - short_by)])
        exchange.hang_up()

    return _named(f"truncated-{short_by}", play)


def closing() -> Fault:
    """The answer says ``Connection: close``: a server that is about to shut down."""

    def play(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.head(answer.status, {**dict(answer.getheaders()), "Connection": "close"})
        for data in iter(lambda: answer.read1(65536), b""):
            exchange.body(data)
        exchange.end()
        exchange.hang_up()

    return _named("closing", play)


def http10() -> Fault:
    """An old proxy: HTTP/1.0, no length, the end of the connection is the end of the body."""

    def play(exchange: Exchange) -> None:
        answer = exchange.forward()
        exchange.head(answer.status, dict(answer.getheaders()), version="1.0", chunked=False)
        for data in iter(lambda: answer.read1(65536), b""):
            exchange.body(data)
        exchange.hang_up()

    return _named("http10", play)


def garbled() -> Fault:
    """What comes is not HTTP."""

    def play(exchange: Exchange) -> None:
        exchange.send(b"\x15\x03\x01\x00\x02\x02\x50 this is not HTTP\r\n\r\n")
        exchange.hang_up()

    return _named("garbled", play)


def bad_chunks(after: int = 0) -> Fault:
    """The chunks of the body make no sense after ``after`` bytes."""

    def play(exchange: Exchange) -> None:
        def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
            yield from first(body, after)
            exchange.send(b"zz;\r\nnonsense\r\n")
            exchange.hang_up()

        answer = exchange.forward()
        exchange.head(answer.status, dict(answer.getheaders()))
        for piece in pieces(iter(lambda: answer.read1(65536), b"")):
            exchange.body(piece)

    return _named(f"bad-chunks-{after}", play)


def first(body: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield the first ``size`` bytes."""
    while size > 0 and (data := next(body, b"")):
        yield data[:size]
        size -= len(data)


#: How late a late answer is, and when a busy server wants to be asked again (whole seconds, 0 for at once).
LATE = 1.0
RETRY_AFTER = 1

#: One of each kind, by name: for tests that play all of them on every request.
EVERY: dict[str, Callable[[], Fault]] = {
    "429-once": lambda: answer(429, "slow down", reason="TooManyRequests", retry_after=RETRY_AFTER),
    "503": lambda: answer(503, "not ready", reason="ServiceUnavailable"),
    "500": lambda: answer(500, "it broke", reason="InternalError"),
    "401": lambda: answer(401, "Unauthorized", reason="Unauthorized"),
    "403": lambda: answer(403, "no", reason="Forbidden"),
    "404": lambda: answer(404, "the server could not find the requested resource", reason="NotFound"),
    "410": lambda: answer(410, "too old resource version", reason="Expired"),
    "portal": page,
    "bad-gateway": lambda: page(502, b"<html>502 Bad Gateway</html>"),
    "empty-object": lambda: page(200, b"{}", "application/json"),
    "redirect": redirect,
    "empty": empty,
    "late": lambda: late(LATE),
    "slow": lambda: slow(50_000),
    "refused": refused,
    "lost": lost,
    "cut": lambda: cut(0),
    "cut-later": lambda: cut(100),
    "ended": lambda: ended(100),
    "truncated": truncated,
    "closing": closing,
    "http10": http10,
    "garbled": garbled,
    "bad-chunks": lambda: bad_chunks(50),
}
