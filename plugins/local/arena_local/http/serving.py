"""Connections: who says nothing is sent away, and who says nonsense gets no echo of it (the secret stands in the path)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web

log = logging.getLogger(__name__)
#: How long a new connection may take to send the head of its first request. (Later ones: aiohttp's keep-alive.)
FIRST_REQUEST = 30.0


class _Connection(web.RequestHandler):  # type: ignore[type-arg,unused-ignore]
    """One connection."""

    spoken = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._patience = asyncio.get_running_loop().call_later(FIRST_REQUEST, self._lose_patience)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wait no longer."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def _lose_patience(self) -> None:
        if not self.spoken and self.transport is not None:
            self.transport.abort()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is no HTTP; aiohttp would quote the line, in the answer and in the log."""
        log.debug("a request could not be read: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        text = "400 Bad Request" if status < 500 else "500 Internal Server Error"
        response = web.Response(status=status, text=text)
        response.force_close()
        return response


class _Server(web.Server):  # type: ignore[type-arg,unused-ignore]
    """Makes connections of our own kind."""

    def __call__(self) -> web.RequestHandler:  # type: ignore[type-arg,unused-ignore]
        """Return the handler of a new connection."""
        return _Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application on such connections."""

    def __init__(self, app: web.Application, **more: Any) -> None:
        super().__init__(app, access_log=None, handle_signals=False, **more)

    async def _make_server(self) -> web.Server:  # type: ignore[type-arg,unused-ignore]
        made = await super()._make_server()
        made.__class__ = _Server  # the application makes its server itself, and of no other class
        return made


def has_spoken(request: web.BaseRequest) -> None:
    """Note that a connection has sent a request."""
    if isinstance(request.protocol, _Connection):
        request.protocol.spoken = True
