"""Puts the cluster together: store, API rules, job types' bundles, controllers, queues, scheduler, kubelet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from arena_local.access import Access
from arena_local.context import Component, Context, Options
from arena_local.daemon.state import State
from arena_local.guard import LOADING, limited
from arena_local.sdk.bundle import Bundle
from arena_local.sdk.installed import load, unblocked

log = logging.getLogger(__name__)


def load_bundles(problem: Callable[[str], None]) -> list[Bundle]:
    """Return what the installed job types ship; one that does not load is named and left out."""
    found: list[Bundle] = []
    for offer in unblocked():
        owner = f"{offer.name} ({offer.distribution or 'unknown distribution'})"
        try:
            with limited("it", LOADING):
                bundle = load(offer)
            if not isinstance(bundle, Bundle):
                raise TypeError(f"expected an arena_local.sdk.bundle.Bundle, found {type(bundle).__name__}")  # noqa: TRY301
            if any(b.name == bundle.name for b in found):
                raise ValueError(f"a bundle named {bundle.name} is there already")  # noqa: TRY301
        except (Exception, SystemExit) as error:
            log.exception("%s: its part of the local cluster is left out", owner)
            problem(f"{owner}: {type(error).__name__}: {error}")
            continue
        found.append(bundle)
    return found


class Cluster:
    """All parts of one local cluster, started in order and stopped in reverse."""

    def __init__(self, state: State, options: Options, access: Access) -> None:
        from arena_local.server.deletes import CRDS
        from arena_local.server.server import ApiServer
        from arena_local.store import Store
        from arena_local.store.entry import Packed

        self.state = state
        state.tell_problems(())
        state.secure_database()
        self.store = Store(state.database, packed=(CRDS,))
        self.api: Any = ApiServer(self.store, (), options)
        self.context = Context(state.folder, self.api, options, access.token, access=access)
        self._problems: list[str] = []
        self.context.problem = self._problem
        self.context.bundles = self._install(load_bundles(self._problem)) if options.operators else ()
        Packed.forget()
        self._parts: dict[str, Component] = {}
        for name in ("controllers", *(["kueue"] if options.operators else ()), "scheduler", "kubelet"):
            part = self._build(name)
            if part is not None:
                self._parts[name] = part

    def _problem(self, text: str) -> None:
        self._problems.append(" ".join(text.split()))
        self.state.tell_problems(self._problems)

    def _install(self, bundles: list[Bundle]) -> tuple[Bundle, ...]:
        """Give the API each bundle's kinds and webhooks; a bundle that breaks takes no other with it."""
        from arena_local import kueue

        installed: list[Bundle] = []
        for bundle in bundles:
            try:
                with limited(f"bundle {bundle.name}", LOADING):
                    self.api.add_bundles([bundle])
                    kueue.bundle((bundle,))
            except Exception as error:
                log.exception("bundle %s is left out", bundle.name)
                self._problem(f"bundle {bundle.name}: {type(error).__name__}: {error}")
                continue
            installed.append(bundle)
        try:
            queues = kueue.bundle(tuple(installed))
            self.api.add_bundles([queues])
            installed.append(queues)
        except Exception as error:
            log.exception("queues are left out")
            self._problem(f"queues: {type(error).__name__}: {error}")
        return tuple(installed)

    def _build(self, name: str) -> Component | None:
        from importlib import import_module

        try:
            built: Component = import_module(f"arena_local.{name}").build(self.context)
        except Exception as error:
            if name in ("scheduler", "kubelet"):
                raise
            log.exception("%s is left out", name)
            self._problem(f"{name}: {type(error).__name__}: {error}")
            return None
        return built

    async def start(self) -> None:
        """Start all parts."""
        for name, part in self._parts.items():
            log.info("starting %s", name)
            await part.start()

    async def stop(self, *, end_pods: bool) -> None:
        """Stop all parts; with ``end_pods`` no process of any pod is left."""
        for name in ("controllers", "kueue", "scheduler"):
            await self._stop_part(name)
        kubelet: Any = self._parts.get("kubelet")
        if kubelet and end_pods:
            await kubelet.end_all()
        await self._stop_part("kubelet")

    async def _stop_part(self, name: str) -> None:
        part = self._parts.pop(name, None)
        if part is None:
            return
        try:
            await part.stop()
        except Exception:
            log.exception("stopping %s", name)

    @property
    def busy(self) -> bool:
        """Whether some pod runs."""
        kubelet: Any = self._parts.get("kubelet")
        return bool(kubelet and kubelet.busy)

    async def apply(self, options: Options) -> None:
        """Take over changed options while running."""
        before, self.context.options = self.context.options, options
        self.api.options = options
        kubelet: Any = self._parts.get("kubelet")
        if kubelet:
            kubelet.apply(options)
        if options.quota or before.quota:  # also unchanged: somebody may have deleted the queue
            await self._stop_part("kueue")
            part = self._build("kueue")
            if part is not None:
                self._parts["kueue"] = part
                await part.start()
