"""Watches: a bounded queue per watcher, filled by commits, resumed from the ring of past events."""

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
    """One watch. ``next`` yields items; ``overflow`` says that the client was too slow."""

    def __init__(self, resource: Resource, namespace: str, matches: Callable[[Mapping[str, Any]], bool] | None) -> None:
        self.resource = resource
        self.namespace = namespace
        self.matches = matches
        self.items: deque[Item] = deque()
        self.ready = asyncio.Event()
        self.overflow = False
        self.closed = False
        self.revision = 0

    def feed(self, event: Event) -> None:
        """Take a commit that may concern this watch."""
        if event.rev <= self.revision or (self.namespace and event.entry.key[0] != self.namespace):
            return
        item = self.translate(event)
        if item is None:
            return
        if len(self.items) >= QUEUE_LIMIT:
            self.overflow = True
            self.items.clear()
        elif not self.overflow:
            self.items.append(item)
        self.ready.set()

    def translate(self, event: Event) -> Item | None:
        """Return what a commit is for this watch's selectors."""
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
        server.store.subscribe(self._on_event)

    def __len__(self) -> int:
        return sum(len(found) for found in self._open.values())

    def _on_event(self, event: Event) -> None:
        for watcher in tuple(self._open.get(event.resource, ())):
            watcher.feed(event)

    def open(self, resource: Resource, namespace: str, options: ListOptions) -> Watcher | tuple[int, int]:
        """Open a watch; returns (asked, oldest) revisions when it cannot be resumed."""
        check_options(options)
        matches = matcher_of(resource, options)
        wanted = parse_version(options.resource_version, plain=True)
        store = self.server.store
        watcher = Watcher(resource, namespace, matches)
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
                if event.resource == resource.storage_id:
                    watcher.feed(event)
            watcher.revision = max(store.revision, wanted)
        else:
            watcher.revision = store.revision
        if watcher.items:
            watcher.ready.set()
        self._open.setdefault(resource.storage_id, set()).add(watcher)
        return watcher

    def close(self, watcher: Watcher) -> None:
        """Forget a watch."""
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
