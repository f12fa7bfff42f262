"""What the handlers of all requests share."""

from __future__ import annotations

import time
from typing import cast

from arena_local.context import Context
from arena_local.http.lines import Lines
from arena_local.server.server import ApiServer
from arena_local.server.watch import Watchers


class Shared:
    """The API rules, the open watches, and the context with the kubelet's pods."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.api = cast(ApiServer, context.api)
        self.watchers = Watchers(self.api)
        self.lines = Lines()
        #: Part of openapi's hashes: another run may serve other documents.
        self.started = f"{time.time_ns():X}"[-8:]
