"""``POST /arena/v1/clock?seconds=60``: move the cluster's clock, where its options allow it. For tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from arena_core.k8s import time
from arena_local.server.errors import bad_request

if TYPE_CHECKING:
    from arena_local.http.shared import Shared


async def answer(shared: Shared, request: web.Request, path: str) -> web.StreamResponse | None:
    """Answer this one path, or None for any other."""
    clock = shared.api.clock
    if request.method != "POST" or path != "/arena/v1/clock" or not shared.context.options.movable_clock:
        return None
    try:
        seconds = float(request.query.get("seconds", ""))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 366 * 86400:
        raise bad_request("seconds: expected a number of seconds from 0 to a year")
    now = await clock.advance(seconds)
    return web.json_response({"now": time.text(now), "steps": clock.steps})
