"""Puts the cluster together: what is served, controllers, queues, scheduler, kubelet."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from arena_local.access import Access
from arena_local.context import Component, Context, Options
from arena_local.daemon.state import State

if TYPE_CHECKING:
    from arena_local.daemon.served import Served

log = logging.getLogger(__name__)


class Cluster:
    """All parts of one local cluster, started in order and stopped in reverse."""

    def __init__(self, state: State, options: Options, access: Access, ahead: Served | None = None) -> None:
        from arena_local.daemon.served import Served, packed_store
        from arena_local.store.entry import Packed

        self.state = state
        self._problems: list[str] = []
        state.tell_problems(())
        served = ahead if ahead is not None and not state.used and ahead.is_for(options) else None
        state.secure_database()
        if served:
            served.settle(state.database, options)
        else:
            served = Served(packed_store(state.database), options, self._problem)
        self.store = served.store
        self.api: Any = served.api
        self.context = Context(state.folder, self.api, options, access.token, access=access)
        self.context.problem = self._problem
        self.context.bundles = served.bundles
        Packed.forget()
        self._parts: dict[str, Component] = {}
        for name in ("controllers", *(["kueue"] if options.operators else ()), "scheduler", "kubelet"):
            part = self._build(name)
            if part is not None:
                self._parts[name] = part

    def _problem(self, text: str) -> None:
        self._problems.append(" ".join(text.split()))
        self.state.tell_problems(self._problems)

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
