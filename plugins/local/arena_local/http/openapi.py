"""openapi v3 documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from arena_local.http.app import Face


def answer(face: Face, request: web.Request, parts: list[str]) -> web.StreamResponse | None:
    """Answer a path below /openapi."""
    return None
