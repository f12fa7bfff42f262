"""From the persistent flags to a client, and the one line that says when the local cluster was taken."""

from __future__ import annotations

import os
import sys

from arena_core.cli.config import load_config
from arena_core.cli.jobtypes import registry
from arena_core.cli.run import within
from arena_core.cli.terminal import note, readable
from arena_core.client import ArenaClient
from arena_core.history.journal import Journal
from arena_core.home import expanded, has_home, local_state
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.flags import Parsed


def open_client(settings: Parsed, namespace: str) -> ArenaClient:
    """Connect as the persistent flags, the environment and the files say; no request is sent yet.

    That the local cluster was taken is said once, when it is started.
    """
    client = make_client(settings, namespace)
    was_running = local_runs()
    if client.cluster.started_local and not was_running:
        note("no cluster is configured: a local one was started on this machine (`arena local status` says more)")
    return client


def local_runs() -> bool:
    """Whether there is a local cluster already: who reads need not be told each time, who writes must know where."""
    return os.path.exists(os.path.join(local_state(), "daemon.json"))


def make_client(settings: Parsed, namespace: str) -> ArenaClient:
    """Return a client that has not looked for its cluster."""
    return ArenaClient(
        kubeconfig=kubeconfig(settings),
        context=settings.text("context") or load_config().context,
        namespace=namespace,
        as_user=settings.text("as_user"),
        jobs=registry(),
        history=journal(settings),
    )


def kubeconfig(settings: Parsed) -> str:
    """Return the kubeconfig that is named: by a flag, else by the configuration where no variable says another."""
    return settings.text("config") or ("" if os.environ.get("KUBECONFIG") else expanded(load_config().kubeconfig))


def journal(settings: Parsed | None = None) -> Journal | None:
    """Return where it is noted what becomes of jobs; None where that is switched off, or there is no place for it."""
    if not os.environ.get("ARENA_HOME") and not has_home():
        return None
    config = load_config()
    words = tuple(readable(sys.argv[1:]))
    if not config.history.on:
        return None
    told = tuple(settings.many("notify")) if settings else ()
    return Journal(
        command=words, rules=config.history, notify=config.notify, told_of_this=told, on_trouble=within(lambda text: note(f"note: {text}"))
    )


def configured(settings: Parsed) -> bool:
    """Whether a kubeconfig is named or there, so that looking at it starts nothing."""
    if kubeconfig(settings) or os.environ.get("KUBECONFIG"):
        return True
    if not has_home():
        return False
    home = expanded("~/.kube/config")
    return os.path.isfile(home) and os.path.getsize(home) > 0


def nothing_yet(settings: Parsed) -> bool:
    """Whether the embedded cluster is what would be read, and was never started: then there is nothing to read anywhere."""
    elsewhere = configured(settings) or settings.text("context") or load_config().context or os.environ.get("KUBERNETES_SERVICE_HOST")
    if elsewhere or not has_home() or os.path.exists(os.path.join(local_state(), "state.db")):
        return False
    from arena_core.installed import switched_on

    return any(offer.name == "local" for offer in switched_on("arena.clusters"))


def namespace_offline(settings: Parsed, namespace: str) -> str:
    """Return the namespace for objects that are only built: as always, but where nothing is configured it is ``default``."""
    if namespace:
        return namespace
    return make_client(settings, "").namespace if configured(settings) else "default"
