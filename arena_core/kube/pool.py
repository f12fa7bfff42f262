"""The connections to one API server that are kept and used again, with what is known of the server; shared by all of its users."""

from __future__ import annotations

from _thread import allocate_lock

from arena_core.kube.endpoint import Endpoint
from arena_core.kube.http1 import Connection
from arena_core.kube.wire import Wire, is_stale
from arena_core.records import replace


class Pool:
    """Idle connections; safe for several threads. ``requests`` counts what went over the wire, ``reached`` that the server was there."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.wire = Wire(endpoint)
        self.requests = 0
        self.reached = False
        self._idle: list[Connection] = []
        self._lock = allocate_lock()

    def __len__(self) -> int:
        return len(self._idle)

    def take(self, timeout: float) -> Connection | None:
        """Return a kept connection that is still good, or None where there is none."""
        while True:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            if kept is None:
                return None
            if not is_stale(kept.sock):
                kept.sock.settimeout(timeout)
                return kept
            kept.close()

    def give(self, connection: Connection) -> None:
        """Keep a connection whose answer has been read."""
        self.wire.remember(connection.sock)
        with self._lock:
            self._idle.append(connection)

    def renew(self) -> None:
        """Obtain new credentials, where that can be done, and forget the connections that were made with the old ones."""
        if self.endpoint.refresh is None:
            return
        self.endpoint = replace(self.endpoint, credentials=self.endpoint.refresh())
        self.wire.renew(self.endpoint)
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
