"""Watches: a bounded queue per watcher, filled by commits, resumed from the ring of past events.

What a commit is for a selection is found out once for all watchers that made it, and they are told together when the commit is done.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from arena_local.server.lists import check_options, matcher_of, parse_version
from arena_local.server.options import ListOptions
from arena_local.server.registry import Resource
from arena_local.store import Entry, Event

if TYPE_CHECKING:
    from arena_local.server.core import Core

#: Events a client may lag behind before its watch is closed.
QUEUE_LIMIT = 10_000
#: What a watcher hands out: type and entry. BOOKMARK and ERROR have an entry made for them.
Item = tuple[str, Entry]


class Watcher:
    """One watch. ``items`` waits to be sent; ``overflow`` says that the client was too slow."""

    def __init__(
        self, resource: Resource, namespace: str, matches: Callable[[Mapping[str, Any]], bool] | None, options: ListOptions | None = None
    ) -> None:
        self.resource = resource
        self.namespace = namespace
        self.matches = matches
        #: Watchers of one kind for which this is the same get the same items.
        self.selection = (namespace, options.labels, options.fields) if options else (namespace, "", "")
        self.items: deque[Item] = deque()
        self.ready = asyncio.Event()
        #: Called after commits that brought something; whoever sends it at once replaces this.
        self.deliver: Callable[[], None] = self.ready.set
        self.overflow = False
        self.closed = False
        self.revision = 0

    def take(self, item: Item) -> None:
        """Queue an item, or give up on a client that is too slow."""
        if len(self.items) >= QUEUE_LIMIT:
            self.overflow = True
            self.items.clear()
        elif not self.overflow:
            self.items.append(item)

    def translate(self, event: Event) -> Item | None:
        """Return what a commit is for this watch's selection, or None."""
        if self.namespace and event.entry.key[0] != self.namespace:
            return None
        if self.matches is None:
            return event.type, event.entry
        now = event.type != "DELETED" and self.matches(event.entry.obj)
        before = event.old is not None and self.matches(event.old.obj)
        if now:
            return ("MODIFIED" if before else "ADDED"), event.entry
        if not before or event.old is None:
            return None
        if event.type == "DELETED":
            return "DELETED", event.entry
        # The object left the selection: it is shown as it was, with the revision of the change.
        obj = {**event.old.obj, "metadata": {**event.old.obj["metadata"], "resourceVersion": str(event.rev)}}
        return "DELETED", Entry(event.entry.key, obj, event.rev)

    def close(self) -> None:
        """End the watch (the server stops, or its CRD is gone)."""
        self.closed = True
        self.ready.set()


class Watchers:
    """All open watches, by resource."""

    def __init__(self, server: Core) -> None:
        self.server = server
        self._open: dict[str, set[Watcher]] = {}
        #: Watchers that have something new, in order, until they are told.
        self._fresh: dict[Watcher, None] = {}
        server.store.subscribe(self._on_event)

    def __len__(self) -> int:
        return sum(len(found) for found in self._open.values())

    def _on_event(self, event: Event) -> None:
        found: dict[tuple[str, str, str], Item | None] = {}
        for watcher in self._open.get(event.resource, ()):
            if event.rev <= watcher.revision:
                continue
            if watcher.selection not in found:
                found[watcher.selection] = watcher.translate(event)
            item = found[watcher.selection]
            if item is not None:
                watcher.take(item)
                self._fresh[watcher] = None
                if len(self._fresh) == 1:
                    self.server.later(self._tell)

    def _tell(self) -> None:
        fresh, self._fresh = self._fresh, {}
        for watcher in fresh:
            watcher.deliver()

    def open(self, resource: Resource, namespace: str, options: ListOptions) -> Watcher | tuple[int, int]:
        """Open a watch; returns (asked, oldest) revisions when it cannot be resumed."""
        check_options(options)
        matches = matcher_of(resource, options)
        wanted = parse_version(options.resource_version, plain=True)
        store = self.server.store
        watcher = Watcher(resource, namespace, matches, options)
        initial = options.initial_events if options.initial_events is not None else wanted == 0
        if initial or (wanted == 0 and options.initial_events is None):
            for entry in store.entries(resource.storage_id, namespace):
                if matches is None or matches(entry.obj):
                    watcher.items.append(("ADDED", entry))
            watcher.revision = store.revision
            if options.initial_events and options.bookmarks:
                watcher.items.append(("BOOKMARK", self.bookmark(resource, initial=True)))
        elif wanted:
            events = store.since(wanted)
            if events is None:
                return wanted, store.compacted
            watcher.revision = wanted
            for event in events:
                item = watcher.translate(event) if event.resource == resource.storage_id else None
                if item is not None:
                    watcher.take(item)
            watcher.revision = max(store.revision, wanted)
        else:
            watcher.revision = store.revision
        if watcher.items:
            watcher.ready.set()
        self._open.setdefault(resource.storage_id, set()).add(watcher)
        return watcher

    def close(self, watcher: Watcher) -> None:
        """Forget a watch; what it has not been told it hears no more."""
        self._fresh.pop(watcher, None)
        self._open.get(watcher.resource.storage_id, set()).discard(watcher)

    def close_all(self, storage_id: str = "") -> None:
        """End every watch, or those of one kind."""
        for name, found in self._open.items():
            if not storage_id or name == storage_id:
                for watcher in tuple(found):
                    watcher.close()

    def bookmark(self, resource: Resource, *, initial: bool = False) -> Entry:
        """Return the object of a bookmark at the current revision."""
        own: dict[str, Any] = {"resourceVersion": str(self.server.store.revision)}
        if initial:
            own["annotations"] = {"k8s.io/initial-events-end": "true"}
        obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": own}
        return Entry(("", ""), obj, self.server.store.revision)
