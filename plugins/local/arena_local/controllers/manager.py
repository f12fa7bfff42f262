"""Run reconcilers on the event loop: one queue and one worker per controller, fed by the commits of the API server.

A controller may have a number ``batch``: seconds by which changes of what it owns or watches are gathered before it is called; or such
a number for some of these resources.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from arena_core.k8s import owners
from arena_local.context import ServerApi
from arena_local.controllers.queue import WorkQueue
from arena_local.guard import TookTooLong, limited
from arena_local.sdk.bundle import ApiError, Controller, Key, Obj
from arena_local.sdk.clock import Clock

log = logging.getLogger(__name__)

#: Failures in a row after which a reconcile error is logged as an error rather than as a passing one.
_PATIENCE = 5

#: A reconcile longer than this (seconds) lets its key rest for a multiple of the time, so that a job of thousands of pods is
#: looked at once per batch of changes and not once per change.
_LONG = 0.005
_REST = 4

#: A controller that was interrupted so often is not called any more.
_TOO_OFTEN = 3

_Mapper = Callable[[Obj], Iterable[Key]]
#: Queue, mapping, and seconds by which such changes are gathered.
_Route = tuple[WorkQueue, _Mapper, float]


def _key(obj: Obj) -> Key:
    meta = obj["metadata"]
    return (meta.get("namespace", ""), meta["name"])


def _same(obj: Obj) -> Iterable[Key]:
    return (_key(obj),)


def _owner_mapper(resource: str) -> _Mapper:
    """Map an object to its controller owner, if that is of ``resource``: group as written, plural by the kind's stem."""
    plural, _, group = resource.partition(".")

    def owner(obj: Obj) -> Iterable[Key]:
        reference = owners.controller_of(obj)
        if reference is None:
            return ()
        owner_group, slash, _ = str(reference.get("apiVersion", "")).partition("/")
        stem = str(reference.get("kind", "")).lower()
        if (owner_group if slash else "") != group or not plural.startswith(stem[:-1]) or len(plural) > len(stem) + 2:
            return ()
        return ((obj["metadata"].get("namespace", ""), str(reference.get("name", ""))),)

    return owner


class Worker:
    """One controller with its queue."""

    def __init__(self, controller: Controller, problem: Callable[[str], None], clock: Clock | None = None) -> None:
        self.controller = controller
        self.queue = WorkQueue(clock)
        self._problem = problem
        self._slow = 0

    async def run(self) -> None:
        """Reconcile key after key; the loop gets its turn between two of them."""
        while True:
            key = await self.queue.pop()
            begun = time.perf_counter()
            self.step(key)
            spent = time.perf_counter() - begun
            if spent > _LONG:
                self.queue.hold(key, min(spent * _REST, 1.0))
            await asyncio.sleep(0)

    def step(self, key: Key) -> None:
        """Reconcile one key and put it back as the outcome asks."""
        if self._slow >= _TOO_OFTEN:
            return
        try:
            with limited(f"controller {self.controller.name}"):
                after = self.controller.reconcile(*key)
        except TookTooLong as error:
            self._slow += 1
            if self._slow >= _TOO_OFTEN:
                log.error("%s; it is switched off", error)
                self._problem(f"{error} {_TOO_OFTEN} times; it is switched off until the next start")
            self._failed(key, error)
            return
        except Exception as error:
            self._failed(key, error)
            return
        self.queue.forget(key)
        if after is not None:
            self.queue.add_after(key, after)

    def _failed(self, key: Key, error: Exception) -> None:
        delay = self.queue.retry(key)
        count = self.queue.failures(key)
        where = "%s: %s/%s failed %d times, again in %.3f s: %s"
        args = (self.controller.name, *key, count, delay, error)
        if isinstance(error, ApiError) and (error.code == 409 or count < _PATIENCE):
            log.debug(where, *args)
        else:
            log.warning(where, *args, exc_info=error if count in (1, _PATIENCE) else None)


class Manager:
    """All controllers of the daemon. A ``Component``."""

    def __init__(self, api: ServerApi, controllers: Sequence[Controller], problem: Callable[[str], None] = lambda text: None) -> None:
        self._api = api
        self._clock = api.clock
        self._workers = [Worker(controller, problem, self._clock) for controller in controllers]
        self._routes: dict[str, list[_Route]] = defaultdict(list)
        for worker in self._workers:
            controller = worker.controller
            batch = getattr(controller, "batch", 0.0)
            waits = batch if isinstance(batch, Mapping) else dict.fromkeys((*controller.owns, *controller.watches), batch)
            self._routes[controller.resource].append((worker.queue, _same, 0.0))
            for resource in controller.owns:
                self._routes[resource].append((worker.queue, _owner_mapper(controller.resource), waits.get(resource, 0.0)))
            for resource, mapper in controller.watches.items():
                self._routes[resource].append((worker.queue, mapper, waits.get(resource, 0.0)))
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe: Callable[[], None] | None = None

    async def start(self) -> None:
        """Follow the commits and queue everything that is there (level-triggered: after a restart all is looked at once)."""
        self._unsubscribe = self._api.subscribe(self._on_commit)
        for resource, routes in list(self._routes.items()):
            for obj in self._api.list(resource):
                self._feed(routes, obj)
        self._tasks = [asyncio.create_task(worker.run(), name=worker.controller.name) for worker in self._workers]
        self._clock.busy.append(self._works)

    async def stop(self) -> None:
        """End the workers; a reconcile that runs is finished first, since it never awaits."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._works in self._clock.busy:
            self._clock.busy.remove(self._works)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for worker in self._workers:
            worker.queue.close()

    def idle(self) -> bool:
        """Return whether no key waits (delayed ones aside); for tests."""
        return not any(len(worker.queue) for worker in self._workers)

    def _works(self) -> bool:
        return not self.idle()

    def _on_commit(self, _event: str, resource: str, new: Obj, old: Obj | None) -> None:
        routes = self._routes.get(resource)
        if routes:
            self._feed(routes, new)
            if old is not None and old is not new:
                self._feed(routes, old)

    def _feed(self, routes: Iterable[_Route], obj: Obj) -> None:
        for queue, mapper, batch in routes:
            try:
                for key in mapper(obj):
                    if batch:
                        queue.add_after(key, batch)
                    else:
                        queue.add(key)
            except Exception:
                log.exception("a watch mapping failed for %s", obj.get("metadata", {}).get("name"))
