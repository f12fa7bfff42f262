"""``python -m arena_local.http``: the API alone, without controllers and kubelet, for tests and for looking around."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
from pathlib import Path

from aiohttp import web

from arena_local.context import Context, Options
from arena_local.http import build_app
from arena_local.http.serving import Runner
from arena_local.sdk.bundle import Bundle
from arena_local.sdk.installed import load, unblocked
from arena_local.server.server import ApiServer
from arena_local.store import Store


def installed_bundles() -> list[Bundle]:
    """Return the bundles of the installed job types; one that does not load is left out."""
    found = []
    for offer in unblocked():
        try:
            found.append(load(offer))
        except Exception as error:
            print(f"left out {offer.name}: {error}")  # noqa: T201
    return found


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--token", default="")
    parser.add_argument("--db", type=Path, help="a SQLite file; without it everything is in memory")
    parser.add_argument("--no-bundles", action="store_true", help="without the CRDs of the installed job types")
    given = parser.parse_args()
    token = given.token or secrets.token_urlsafe(24)
    api = ApiServer(Store(given.db), () if given.no_bundles else installed_bundles())
    context = Context(state_dir=given.db.parent if given.db else Path(), api=api, options=Options(), token=token)
    print(f"http://127.0.0.1:{given.port}/{token}", flush=True)  # noqa: T201
    asyncio.run(_serve(build_app(context), given.port))


async def _serve(app: web.Application, port: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = Runner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    main()
