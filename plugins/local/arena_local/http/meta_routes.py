"""Version, health, metrics, openapi: what is not a resource."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

from aiohttp import web

from arena_local.http import metrics, openapi
from arena_local.http.negotiate import JSON, require
from arena_local.http.respond import answer as reply
from arena_local.http.shared import Shared

#: The Kubernetes version whose behaviour is followed.
MINOR = "36"


def version() -> dict[str, str]:
    """Return the version document."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    try:
        own = metadata.version("arena-local")
    except metadata.PackageNotFoundError:
        own = "0"
    return {
        "major": "1",
        "minor": MINOR,
        "emulationMajor": "1",
        "emulationMinor": MINOR,
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": str(int(MINOR) - 1),
        "gitVersion": f"v1.{MINOR}.2",
        # Whoever looks closer sees that this is not a Kubernetes.
        "gitCommit": f"arena-local-{own}",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "compiler": sys.implementation.name,
        "platform": f"{sys.platform}/{machine}",
    }


async def answer(shared: Shared, request: web.Request, path: str) -> web.StreamResponse | None:
    """Answer one of these paths, or None."""
    parts = path.strip("/").split("/")
    if parts == ["version"]:
        require(request.headers.get("Accept", ""), JSON)
        return reply(request, version())
    if parts[0] in ("healthz", "readyz", "livez") and len(parts) <= 2 and (len(parts) == 1 or parts[1] == "ping"):
        text = "ok"
        if "verbose" in request.query:
            text = f"[+]ping ok\n[+]store ok\n{parts[0]} check passed\n"
        return web.Response(text=text, headers={"Cache-Control": "no-cache, private", "X-Content-Type-Options": "nosniff"})
    if parts == ["metrics"]:
        return metrics.answer(shared)
    if parts[0] == "openapi":
        return openapi.answer(shared, request, parts[1:])
    return None
