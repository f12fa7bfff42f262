"""``/metrics``: what the server holds and serves, in the text format of Prometheus, under the names that Kubernetes uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from arena_local.http.shared import Shared

_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"


def _gauge(name: str, text: str, rows: dict[str, int]) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", *(f"{name}{labels} {value}" for labels, value in rows.items())]


def answer(shared: Shared) -> web.Response:
    """Answer the current figures; a scraper's Accept header is not looked at, as on a real server."""
    kinds = sorted({resource.storage_id for resource in shared.api.registry.all() if "list" in resource.verbs})
    stored = {f'{{resource="{kind}"}}': len(shared.api.store.entries(kind)) for kind in kinds}
    lines = _gauge("apiserver_storage_objects", "Number of stored objects, by resource.", stored)
    lines += _gauge("apiserver_registered_watchers", "Number of open watches.", {"": len(shared.watchers)})
    return web.Response(body=("\n".join(lines) + "\n").encode(), headers={"Content-Type": _TYPE})
