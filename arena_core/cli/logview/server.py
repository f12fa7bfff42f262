"""The server of the page: loopback, a secret in every address, this page's own origin, reading only."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl

from arena_core.contract.errors import ArenaError, UsageError
from arena_core.lazily import Logger

log = Logger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Reply(NamedTuple):
    """An answer: its body whole, or in parts."""

    type: str
    body: bytes | Iterable[bytes]
    status: int = 200
    headers: Mapping[str, str] = {}  # noqa: RUF012


#: What answers a path behind the secret, given the query.
Route = Callable[[Mapping[str, str]], Reply]


class PageServer:
    """Serves routes on a port of the loopback interface until ``close``; nobody without the secret gets more than 404."""

    def __init__(self, routes: Mapping[str, Route], port: int = 0) -> None:
        self.secret = secrets.token_urlsafe(24)
        self.routes = routes
        #: An address that can be used once, in the place of the secret: command lines of browsers can be read by everybody here.
        self._tickets: set[str] = set()
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise UsageError(f"port {port} of this machine cannot be used: {error.strerror}", "leave out --port for a free one") from error
        self._server.page = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="arena-page", daemon=True)

    @property
    def address(self) -> str:
        """The address of the page, with the secret."""
        return f"http://127.0.0.1:{self.port}/{self.secret}/"

    def ticket(self) -> str:
        """Return an address that leads to the page once."""
        made = secrets.token_urlsafe(24)
        self._tickets.add(made)
        return f"http://127.0.0.1:{self.port}/{made}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str, headers: Mapping[str, str]) -> Reply:
        """Return the answer to a request for a path with these headers (their names in lower case)."""
        own = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if headers.get("host", "") not in own:
            return _refused(403, "this address is for the browser on this machine")
        origin = headers.get("origin")
        if (origin is not None and origin.removeprefix("http://") not in own) or (origin and headers.get("sec-fetch-site") == "cross-site"):
            return _refused(403, "another site may not read this")
        path, _, query = target.partition("?")
        first, _, rest = path.removeprefix("/").partition("/")
        if first in self._tickets and not rest:
            self._tickets.discard(first)
            return Reply("text/plain", b"", 303, {"Location": f"/{self.secret}/"})
        if not secrets.compare_digest(first.encode(), self.secret.encode()):
            return _refused(404, "there is nothing here: the address that `arena logview` prints is needed whole")
        if not path.endswith("/") and not rest:
            return Reply("text/plain", b"", 303, {"Location": f"/{self.secret}/"})
        route = self.routes.get(rest)
        if route is None:
            return _refused(404, "there is nothing here")
        try:
            return route(dict(parse_qsl(query, keep_blank_values=True)))
        except UsageError as error:
            return _refused(400, error.message)
        except ArenaError as error:
            return _refused(502, error.message)
        except Exception as error:  # the page shows it; the server goes on
            log.warning("the page asked for %s: %r", rest, error)
            return _refused(500, f"this is a bug in arena: {type(error).__name__}")


def _refused(status: int, text: str) -> Reply:
    return Reply("text/plain; charset=utf-8", f"{text}\n".encode(), status)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    page: PageServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away in the middle of an answer is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "arena"
    sys_version = ""
    timeout = 120
    # An answer goes out at once and in one piece: head and body apart would wait for each other.
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _Server

    def do_GET(self) -> None:  # noqa: N802
        """Answer."""
        self._send(self.server.page.answer(self.path, {name.lower(): value for name, value in self.headers.items()}))

    do_HEAD = do_GET  # noqa: N815

    def _only_reading(self) -> None:
        self.close_connection = True
        self._send(_refused(405, "this page can only be read")._replace(headers={"Allow": "GET, HEAD"}))

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _only_reading  # noqa: N815

    def _send(self, reply: Reply) -> None:
        whole = isinstance(reply.body, bytes)
        self.send_response(reply.status)
        for name, value in {**HEADERS, **reply.headers, "Content-Type": reply.type}.items():
            self.send_header(name, value)
        if whole:
            self.send_header("Content-Length", str(len(reply.body)))  # type: ignore[arg-type]
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        for part in (reply.body,) if isinstance(reply.body, bytes) else reply.body:
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Tell nothing: the addresses have the secret in them."""
