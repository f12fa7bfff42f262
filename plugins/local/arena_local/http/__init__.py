"""The HTTP face of the API server."""

from __future__ import annotations

from arena_local.http.app import build_app

__all__ = ["build_app"]
