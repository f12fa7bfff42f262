"""Requests to the API server: keep-alive, gzip, retries with back-off, one renewal of credentials after a 401."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from arena_core import __version__
from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.address import quoted
from arena_core.kube.answer import Answer, read_body
from arena_core.kube.deadline import check, remaining
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.http1 import Connection, Response, shut
from arena_core.kube.jsontext import dumps
from arena_core.kube.pool import Pool
from arena_core.kube.retry import DELAYS, pause_of, varied, wait_for_answer
from arena_core.kube.scope import CancelScope
from arena_core.kube.wire import BROKEN, Wire, unreachable
from arena_core.lazily import Logger, twin
from arena_core.records import record, replace
from arena_core.typed import Any

__all__ = ["DELAYS", "READ_TIMEOUT", "Answer", "Stream", "Transport", "encode_query"]

log = Logger(__name__)

READ_TIMEOUT = 60.0
JSON = "application/json"
_SAFE = ("GET", "DELETE", "PUT")


class Stream:
    """An answer that is read while it comes (watch, log), on a connection of its own."""

    def __init__(self, connection: Connection, response: Response, scope: CancelScope) -> None:
        self._connection = connection
        self.response = response
        self._let_go = scope.hold(self._end)

    def settimeout(self, seconds: float | None) -> None:
        """Limit how long one read may wait."""
        try:
            self._connection.sock.settimeout(seconds)
        except OSError:
            pass  # it has been closed: the next read tells

    def chunks(self) -> Iterator[bytes]:
        """Yield what comes as it comes. Raises what the socket raises, ``IncompleteRead`` for a body that is cut."""
        while chunk := self.response.read():
            yield chunk

    def lines(self) -> Iterator[bytes]:
        """Yield line by line, each with its newline; the last one lacks it if the stream ends without. Raises what the socket raises."""
        rest = b""
        for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
        if rest:
            yield rest

    def close(self) -> None:
        """End the stream; a reader in another thread wakes up."""
        self._let_go()
        self._end()

    def _end(self) -> None:
        self._connection.close()


class Transport:
    """Sends requests over the connections of a pool; safe for several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.pool = Pool(endpoint)
        #: Whoever ends it ends what is asked here. ``within`` gives another.
        self.scope = CancelScope()

    def within(self, scope: CancelScope) -> Transport:
        """Return this transport, with its connections, for a call that ends with ``scope``."""
        found = twin(self)
        found.scope = scope
        return found

    @property
    def endpoint(self) -> Endpoint:
        """Where the server is, with the credentials that hold now."""
        return self.pool.endpoint

    @property
    def wire(self) -> Wire:
        """What opens connections."""
        return self.pool.wire

    @property
    def requests(self) -> int:
        """How many requests went over the wire."""
        return self.pool.requests

    @property
    def where(self) -> str:
        """The server in words."""
        return f"the API server at {self.endpoint.display}"

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
        repeatable: bool | None = None,
        timeout: float = READ_TIMEOUT,
        deadline: float | None = None,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        ``repeatable`` says that the request may be sent again when it is unknown whether it arrived; by default this holds for
        GET, PUT and DELETE. After ``deadline`` (of ``time.monotonic()``) it is ``DeadlineExceeded``.
        """
        payload = None if body is None else dumps(body)
        again = method in _SAFE if repeatable is None else repeatable

        def once() -> Answer:
            return self._once(_Request(method, path, query, payload, content_type, accept), timeout, deadline, again)

        found, tries = self._repeat(once, method, path, again=again, deadline=deadline)
        assert isinstance(found, Answer)
        return found if tries == 1 else replace(found, tries=found.tries + tries - 1)

    def stream(
        self, path: str, query: Mapping[str, Any] | None = None, *, timeout: float | None = None, deadline: float | None = None
    ) -> Stream | Answer:
        """Open a GET whose body is read while it comes, with the retries of any GET; an answer that is not 2xx is returned whole.

        ``timeout`` limits each read of the body, ``deadline`` the opening. Resuming a stream that breaks is the caller's, who knows
        from where.
        """
        found, _ = self._repeat(lambda: self._open(path, query, timeout, deadline), "GET", path, again=True, deadline=deadline)
        return found

    def headers(self) -> list[tuple[str, str | bytes]]:
        """Return what every request carries besides what it accepts: who we are."""
        found: list[tuple[str, str | bytes]] = [("User-Agent", f"arena/{__version__}")]
        if self.endpoint.trusted:
            found += [(name, _encoded(value)) for name, value in self.endpoint.credentials.headers().items()]
        found += list(self.wire.proxy_headers.items())
        found += [(name, _encoded(value)) for name, values in self.endpoint.impersonate.items() for value in values]
        return found

    def close(self) -> None:
        """Close idle connections."""
        self.pool.close()

    def target(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """Return the request line's target: prefix, path and query."""
        return self.wire.prefix + quoted(path, "/:@!$&'()*+,;=~%") + encode_query(query or {})

    def _repeat(
        self, once: Callable[[], Answer | Stream], method: str, path: str, *, again: bool, deadline: float | None
    ) -> tuple[Answer | Stream, int]:
        """Return what a request gave in the end, and after how many tries."""
        tries, renewed = 0, False
        if 0 < self.endpoint.credentials.expires <= time.time():
            self.pool.renew()
        while True:
            self.scope.check()
            tries += 1
            pause = pause_of(tries)
            try:
                found = once()
            except _Broken as broken:
                self.scope.check()
                if pause is None or not broken.retry or not (again or broken.unsent):
                    raise unreachable(broken.cause, self.endpoint) from broken.cause
                log.debug("%s %s: connection broke (%s), trying again", method, path, type(broken.cause).__name__)
            else:
                if isinstance(found, Stream):
                    return found, tries
                if found.status == 401 and self.endpoint.refresh and not renewed:
                    renewed = True
                    self.pool.renew()
                    continue
                wait = wait_for_answer(found, tries, repeatable=again, reads=method == "GET")
                if wait is None or pause is None:
                    log.debug("%s %s: %d", method, path, found.status)
                    return found, tries
                pause = max(pause, wait)
                log.debug("%s %s: %d, trying again in %.1f s", method, path, found.status, pause)
            self.scope.sleep(remaining(deadline, varied(pause) if pause < 1 else pause, self.where))

    def _once(self, request: _Request, timeout: float, deadline: float | None, again: bool) -> Answer:
        connection, fresh = self._take(remaining(deadline, timeout, self.where))
        sock = connection.sock
        let_go = self.scope.hold(lambda: shut(sock))
        try:
            response = self._send(connection, request, gzip=self.endpoint.compress and not self.endpoint.loopback)
            body = read_body(response, connection, timeout, deadline, self.where)
        except BROKEN as error:
            connection.close()
            if not fresh and again and not isinstance(error, TimeoutError):
                # A kept connection that the server had closed meanwhile: not a failure, just a stale connection. Yet the request may
                # have arrived, so it counts as a try.
                second = self._once(request, timeout, deadline, again)
                return replace(second, tries=second.tries + 1)
            raise self._broken(error, deadline) from error
        except BaseException:
            connection.close()
            raise
        finally:
            let_go()
        self.pool.reached = True
        if response.will_close or self.scope.cancelled or not connection.clean:
            connection.close()
        else:
            self.pool.give(connection)
        return Answer(response.status, response.headers, body)

    def _open(self, path: str, query: Mapping[str, Any] | None, timeout: float | None, deadline: float | None) -> Stream | Answer:
        connection = self._dial(remaining(deadline, READ_TIMEOUT, self.where))
        sock = connection.sock
        let_go = self.scope.hold(lambda: shut(sock))
        try:
            response = self._send(connection, _Request("GET", path, query, accept="*/*" if path.endswith("/log") else JSON), gzip=False)
            if 200 <= response.status < 300:
                sock.settimeout(timeout)
                self.pool.reached = True
                return Stream(connection, response, self.scope)
            body = read_body(response, connection, READ_TIMEOUT, deadline, self.where)
        except BROKEN as error:
            connection.close()
            raise self._broken(error, deadline) from error
        except BaseException:
            connection.close()
            raise
        finally:
            let_go()
        connection.close()
        return Answer(response.status, response.headers, body)

    def _broken(self, error: Exception, deadline: float | None) -> _Broken:
        """Return what a failed exchange means: a server that is silent is not asked again, and not beyond the caller's time."""
        slow = isinstance(error, TimeoutError)
        if slow:
            check(deadline, self.where)
        return _Broken(error, retry=not slow)

    def _take(self, timeout: float) -> tuple[Connection, bool]:
        kept = self.pool.take(timeout)
        return (kept, False) if kept is not None else (self._dial(timeout), True)

    def _dial(self, timeout: float) -> Connection:
        try:
            return self.wire.open(timeout)
        except ClusterUnreachable as error:
            # A server that was there a moment ago is probably restarting; one that never answered is probably not there.
            if self.pool.reached and isinstance(error.__cause__, OSError):
                raise _Broken(error.__cause__, retry=True, unsent=True) from error
            raise

    def _send(self, connection: Connection, request: _Request, *, gzip: bool) -> Response:
        self.pool.requests += 1
        headers = [*self.headers(), ("Accept", request.accept)]
        if gzip:
            headers.append(("Accept-Encoding", "gzip"))
        if request.payload is not None:
            headers.append(("Content-Type", request.content_type))
        return connection.ask(request.method, self.target(request.path, request.query), headers, request.payload)


@record
class _Request:
    """One request as it goes over the wire."""

    method: str
    path: str
    query: Mapping[str, Any] | None
    payload: bytes | None = None
    content_type: str = JSON
    accept: str = JSON


class _Broken(Exception):
    """A connection broke: ``unsent`` when the request surely did not arrive."""

    def __init__(self, cause: BaseException, *, retry: bool, unsent: bool = False) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause
        self.retry = retry
        self.unsent = unsent


def _encoded(value: str) -> bytes:
    """Return a header's value as Go sends it: its bytes, whatever they are, without blanks around."""
    return value.strip(" \t").encode("utf-8", "surrogateescape")


def encode_query(query: Mapping[str, Any]) -> str:
    """Return ``?a=b&c=d``; True is ``true``, a sequence repeats its key, None and "" are left out."""
    parts = []
    for key, value in query.items():
        if value is None or value == "" or value is False:
            continue
        for one in value if isinstance(value, (list, tuple)) else (value,):
            text = "true" if one is True else str(one)
            parts.append(f"{quoted(key)}={quoted(text)}")
    return "?" + "&".join(parts) if parts else ""
