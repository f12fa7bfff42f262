"""The subresources of pods that are streams: log, exec, attach, portforward, proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from arena_local.api.registry import Resource
from arena_local.http.paths import Target

if TYPE_CHECKING:
    from arena_local.http.app import Face


async def answer(face: Face, request: web.Request, resource: Resource, target: Target) -> web.StreamResponse | None:
    """Answer one of them, or None."""
    return None
