"""The life of the daemon: lock, assembly, HTTP, signals, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

from arena_local.access import Access
from arena_local.daemon.idle import Idle
from arena_local.daemon.owner import clear, gone
from arena_local.daemon.state import State, Unusable
from arena_local.daemon.tls import no_certificates, server_context
from arena_local.kubelet.isolation import probe_early
from arena_local.store import StoreError

if TYPE_CHECKING:
    from arena_local.daemon.assemble import Cluster
    from arena_local.daemon.served import Served

log = logging.getLogger("arena_local.daemon")

#: Exit code of a daemon that found another one at work.
ALREADY_RUNNING = 3


def run(state: State, port: int, *, verbose: bool = False, report: int = -1, owner: int = -1, ahead: Served | None = None) -> int:
    """Be the daemon until a signal; returns the exit code. ``report`` is a descriptor that hears why it could not start.

    ``owner`` is a descriptor that ends with whoever has started it for himself, ``ahead`` what a new cluster serves, where somebody has
    made that already.
    """
    try:
        with state.serving() as mine:
            return _run(state, port, verbose, owner, ahead) if mine else ALREADY_RUNNING
    except Exception as error:
        if report >= 0:
            with contextlib.suppress(OSError):
                os.write(report, reason_of(error).encode(errors="replace")[:4000])
        raise


def _run(state: State, port: int, verbose: bool, owner: int, ahead: Served | None) -> int:
    _set_up_log(state, verbose=verbose)
    _raise_file_limit()
    try:
        asyncio.run(_serve(state, port, owner, ahead))
    except Exception:
        log.exception("the local cluster ends")
        raise
    finally:
        state.farewell()
    return 0


def reason_of(error: Exception) -> str:
    """Return an error in one line, as somebody reads it who did not write the program."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    text = " ".join(str(error).split())
    return text if isinstance(error, StoreError | Unusable) else f"{type(error).__name__}: {text}"


class _PrivateLog(RotatingFileHandler):
    """A log file that nobody else may read, after a rotation, too."""

    def _open(self) -> TextIOWrapper:
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        os.chmod(self.baseFilename, 0o600)  # noqa: PTH101
        return super()._open()


def _set_up_log(state: State, *, verbose: bool) -> None:
    handler = _PrivateLog(state.log, maxBytes=5_000_000, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for noisy in ("aiohttp.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _raise_file_limit() -> None:
    """Every running container and every open watch holds a descriptor; the usual soft limit is 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16384 if hard == resource.RLIM_INFINITY else min(16384, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _homeless(state: State) -> None:
    """Return when the state folder is gone or another one has its name: nobody could find or end this daemon any more."""
    mine = state.identity()
    while state.identity() == mine:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(1.0)
    log.error("the folder of the local cluster is gone: it ends")


def _listener(wanted: int, *, must: bool = False) -> socket.socket:
    """Return a socket of this machine alone, on the port that is wanted or, if that is taken, on another one."""
    for port in (wanted, 0):
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", port))
        except OSError as error:
            found.close()
            if must or not port:
                raise OSError(error.errno, error.strerror, f"port {port}") from None
            continue
        return found
    raise AssertionError


def _hear(loop: asyncio.AbstractEventLoop, ended: asyncio.Queue[str]) -> None:
    for number, meant in ((signal.SIGTERM, "stop"), (signal.SIGINT, "stop"), (signal.SIGHUP, "reload")):
        loop.add_signal_handler(number, ended.put_nowait, meant)


async def _until_stop(ended: asyncio.Queue[str], state: State, cluster: Cluster) -> None:
    """Take over changed options until the end is asked for."""
    while await ended.get() == "reload":
        try:
            await cluster.apply(state.options())
            log.info("options applied")
        except Exception:
            log.exception("options are not applied")


async def _serve(state: State, port: int, owner: int, ahead: Served | None) -> None:
    gc.disable()  # what is made during the start stays for good
    options = state.options()
    probe_early(options.names)
    from arena_local.daemon.assemble import Cluster

    loop = asyncio.get_running_loop()
    ended: asyncio.Queue[str] = asyncio.Queue()
    _hear(loop, ended)
    plain, secure = _listener(port or state.last_port(), must=bool(port)), _listener(state.last_port("tls"))
    tls = server_context(state.folder)
    access = Access(state.token(), plain.getsockname()[1], secure.getsockname()[1] if tls else 0, tls[1] if tls else "")
    cluster = Cluster(state, options, access, ahead)
    with no_certificates():  # after the CRDs have been read: their memory is used again by what HTTP needs
        from aiohttp import web
    from arena_local.http import build_app
    from arena_local.http.serving import Runner

    app = build_app(cluster.context)
    idle = Idle(lambda: cluster.context.options.idle_stop, lambda: cluster.busy)
    app.middlewares.append(idle.middleware())
    runner = Runner(app, shutdown_timeout=1.0)
    await runner.setup()
    await cluster.start()
    await web.SockSite(runner, plain).start()
    if tls:
        await web.SockSite(runner, secure, ssl_context=tls[0]).start()
    state.announce(access)
    log.info("ready (pid file, kubeconfig and port are written)")
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)
    owned = loop.create_task(gone(owner))
    sleepers = [loop.create_task(idle.wait()), loop.create_task(_homeless(state)), owned]
    for sleeper in sleepers:
        sleeper.add_done_callback(lambda _: ended.put_nowait("stop"))
    await _until_stop(ended, state, cluster)
    log.info("stopping")
    orphaned = owned.done()
    for sleeper in sleepers:
        sleeper.cancel()
    await cluster.stop(end_pods=True)
    await runner.cleanup()
    cluster.store.close()
    if orphaned:
        clear(state)
    log.info("stopped")
    sys.stdout.flush()
