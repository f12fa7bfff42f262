"""Requests to the API server: keep-alive, gzip, retries with back-off, one renewal of credentials after a 401."""

from __future__ import annotations

import http.client
import json
import logging
import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from arena_core import __version__
from arena_core.errors import ClusterUnreachable
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.wire import BROKEN, Wire, unreachable

log = logging.getLogger(__name__)

READ_TIMEOUT = 60.0
#: Seconds between tries; each is varied by up to a half, so that many clients do not come back together.
DELAYS = (0.1, 0.4, 1.0, 2.0)
MAX_RETRY_AFTER = 30.0
_TRANSIENT = (500, 502, 503, 504)
_SAFE = ("GET", "DELETE", "PUT")


class Answer(NamedTuple):
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
        """Return the decoded body."""
        return json.loads(self.body) if self.body else None


class Stream:
    """An answer that is read line by line (watch, log) on a connection of its own."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self.response = response

    def settimeout(self, seconds: float | None) -> None:
        """Limit how long one read may wait."""
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)

    def lines(self) -> Iterator[bytes]:
        """Yield line by line, each with its newline; the last one lacks it if the stream ends without. Raises what the socket raises."""
        rest = b""
        while chunk := self.response.read1(65536):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line + b"\n"
        if rest:
            yield rest

    def close(self) -> None:
        """End the stream; a reader in another thread wakes up."""
        import socket

        sock = self._connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._connection.close()


class Transport:
    """Sends requests; safe for several threads. ``requests`` counts what went over the wire, for tests and ``--loglevel debug``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.wire = Wire(endpoint)
        self.requests = 0
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._reached = False

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        content_type: str = "application/json",
        repeatable: bool | None = None,
        timeout: float = READ_TIMEOUT,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        ``repeatable`` says that the request may be sent again when it is unknown whether it arrived; by default this holds for
        GET, PUT and DELETE.
        """
        payload = None if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        again = method in _SAFE if repeatable is None else repeatable
        tries = 0
        renewed = False
        while True:
            tries += 1
            pause = DELAYS[tries - 1] if tries <= len(DELAYS) else None
            try:
                answer = self._once(method, path, query, payload, content_type, timeout, again)
            except _Broken as broken:
                if pause is None or not broken.retry or not (again or broken.unsent):
                    raise unreachable(broken.cause, self.endpoint) from broken.cause
                log.debug("%s %s: connection broke (%s), trying again", method, path, type(broken.cause).__name__)
            else:
                if answer.status == 401 and self.endpoint.refresh and not renewed:
                    renewed = True
                    self._renew()
                    continue
                wait = _retry_after(answer, again, method)
                if wait is None or pause is None:
                    log.debug("%s %s: %d", method, path, answer.status)
                    return answer._replace(tries=answer.tries + tries - 1)
                pause = max(pause, wait)
                log.debug("%s %s: %d, trying again in %.1f s", method, path, answer.status, pause)
            time.sleep(pause * random.uniform(0.5, 1.0) if pause < 1 else pause)

    def stream(self, path: str, query: Mapping[str, Any] | None = None, *, timeout: float | None = None) -> Stream | Answer:
        """Open a GET whose body is read while it comes; an answer that is not 2xx is returned whole.

        Connection failures are raised as ``ClusterUnreachable``; resuming is the caller's, who knows from where.
        """
        renewed = False
        while True:
            connection = self.wire.open(READ_TIMEOUT)
            try:
                response = self._send(connection, "GET", path, query, None, "", gzip=False)
                if 200 <= response.status < 300:
                    connection.sock.settimeout(timeout)
                    return Stream(connection, response)
                answer = Answer(response.status, _lower(response), response.read())
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise unreachable(error, self.endpoint) from error
            connection.close()
            if answer.status != 401 or not self.endpoint.refresh or renewed:
                return answer
            renewed = True
            self._renew()

    def headers(self) -> list[tuple[str, str]]:
        """Return what every request carries: who we are and what we accept."""
        found = [("User-Agent", f"arena/{__version__}"), ("Accept", "application/json")]
        found += list(self.endpoint.credentials.headers().items())
        found += list(self.wire.proxy_headers.items())
        found += [(name, value) for name, values in self.endpoint.impersonate.items() for value in values]
        return found

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _renew(self) -> None:
        if self.endpoint.refresh is None:
            return
        self.endpoint = replace(self.endpoint, credentials=self.endpoint.refresh())
        self.wire.renew(self.endpoint)
        self.close()

    def _once(
        self, method: str, path: str, query: Mapping[str, Any] | None, payload: bytes | None, content_type: str, timeout: float, again: bool
    ) -> Answer:
        connection, fresh = self._take(timeout)
        try:
            response = self._send(connection, method, path, query, payload, content_type, gzip=not self.endpoint.loopback)
            body = response.read()
        except BROKEN as error:
            connection.close()
            if not fresh and again and not isinstance(error, TimeoutError):
                # A kept connection that the server had closed meanwhile: not a failure, just a stale connection. Yet the request may
                # have arrived, so it counts as a try.
                second = self._once(method, path, query, payload, content_type, timeout, again)
                return second._replace(tries=second.tries + 1)
            raise _Broken(error, retry=not isinstance(error, TimeoutError)) from error
        except BaseException:
            connection.close()
            raise
        self._reached = True
        headers = _lower(response)
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        if headers.get("content-encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        return Answer(response.status, headers, body)

    def _take(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None and kept.sock is not None:
            kept.sock.settimeout(timeout)
            return kept, False
        try:
            return self.wire.open(timeout), True
        except ClusterUnreachable as error:
            # A server that was there a moment ago is probably restarting; one that never answered is probably not there.
            if self._reached and isinstance(error.__cause__, OSError):
                raise _Broken(error.__cause__, retry=True, unsent=True) from error
            raise

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        payload: bytes | None,
        content_type: str,
        *,
        gzip: bool,
    ) -> http.client.HTTPResponse:
        self.requests += 1
        connection.putrequest(method, self.target(path, query), skip_accept_encoding=True)
        for name, value in self.headers():
            connection.putheader(name, value)
        if gzip:
            connection.putheader("Accept-Encoding", "gzip")
        if payload is not None:
            connection.putheader("Content-Type", content_type)
            connection.putheader("Content-Length", str(len(payload)))
        connection.endheaders(payload)
        return connection.getresponse()

    def target(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """Return the request line's target: prefix, path and query."""
        return self.wire.prefix + quote(path, safe="/:@!$&'()*+,;=~%") + encode_query(query or {})


class _Broken(Exception):
    """A connection broke: ``unsent`` when the request surely did not arrive."""

    def __init__(self, cause: BaseException, *, retry: bool, unsent: bool = False) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.retry = retry
        self.unsent = unsent


def encode_query(query: Mapping[str, Any]) -> str:
    """Return ``?a=b&c=d``; True is ``true``, a sequence repeats its key, None and "" are left out."""
    parts = []
    for key, value in query.items():
        if value is None or value == "" or value is False:
            continue
        for one in value if isinstance(value, (list, tuple)) else (value,):
            text = "true" if one is True else str(one)
            parts.append(f"{quote(key, safe='')}={quote(text, safe='')}")
    return "?" + "&".join(parts) if parts else ""


def _lower(response: http.client.HTTPResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}\n{value}" if key in found else value
    return found


def _retry_after(answer: Answer, again: bool, method: str) -> float | None:
    """Return how long to wait before sending again, or None if the answer stands."""
    given = answer.headers.get("retry-after", "")
    seconds = min(float(given), MAX_RETRY_AFTER) if given.isdigit() else None
    if answer.status == 429:
        return seconds or 0.0
    if answer.status in _TRANSIENT:
        if again and (answer.status != 500 or method == "GET"):
            return seconds or 0.0
        # The server itself says that it did nothing and may be asked again.
        return seconds if answer.status == 503 else None
    return None
