"""The one truth for reads: objects by resource and key, a global revision, and a ring of past events."""

from __future__ import annotations

import bisect
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from arena_local.store.disk import Disk, Row, StoreError
from arena_local.store.entry import Entry, Key, Obj, Packed, encode

log = logging.getLogger(__name__)

#: How many past events a watch can resume over.
RING = 20_000


@dataclass(frozen=True, slots=True)
class Event:
    """A committed change. ``entry`` is the new state (on DELETED the last one with the deletion's revision), ``old`` the one before."""

    type: str
    resource: str
    rev: int
    entry: Entry
    old: Entry | None


@dataclass(slots=True)
class Change:
    """A change to be committed: the whole new object, or None to delete. ``obj`` gets its resourceVersion in place."""

    resource: str
    namespace: str
    name: str
    obj: Obj | None


class _Table:
    """The objects of one resource, with their keys in order."""

    __slots__ = ("entries", "keys")

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.keys: list[Key] = []

    def put(self, entry: Entry) -> None:
        if entry.key not in self.entries:
            bisect.insort(self.keys, entry.key)
        self.entries[entry.key] = entry

    def drop(self, key: Key) -> None:
        if self.entries.pop(key, None) is not None:
            del self.keys[bisect.bisect_left(self.keys, key)]


def _owners(entry: Entry) -> Iterable[str]:
    return [ref["uid"] for ref in entry.meta.get("ownerReferences") or () if ref.get("uid")]


def _labels(resource: str, entry: Entry) -> Iterable[tuple[str, str, str, str]]:
    labels = entry.meta.get("labels") or {}
    return [(resource, entry.key[0], key, value) for key, value in labels.items()]


_NONE: frozenset[Key] = frozenset()


class Store:
    """Objects in memory, each change committed to disk first. One thread, one writer.

    ``path`` None keeps everything in memory only. Objects of the resources in ``packed`` are kept as packed JSON.
    """

    def __init__(self, path: Path | None = None, packed: Collection[str] = ()) -> None:
        self._packed = frozenset(packed)
        self._tables: dict[str, _Table] = {}
        self._owned: dict[str, set[tuple[str, Key]]] = {}
        #: (resource, namespace, label, value) → keys: controllers ask again and again for the few objects of one job.
        self._labelled: dict[tuple[str, str, str, str], set[Key]] = {}
        self._ring: deque[Event] = deque()
        self._listeners: list[Callable[[Event], None]] = []
        self._pending: deque[Event] = deque()
        self._publishing = False
        self._disk = Disk(path) if path is not None else None
        self.revision = self._disk.revision() if self._disk else 1
        self.closed = False
        #: Revisions up to this one can no longer be replayed.
        self.compacted = self.revision
        if self._disk:
            for resource, namespace, name, data in self._disk.load():
                obj = json.loads(data)
                rev = int(obj["metadata"].get("resourceVersion") or 0)
                self._put(resource, self._entry(resource, (namespace, name), obj, rev, bytes(data)))

    def settle(self, path: Path) -> None:
        """Be kept on disk from now on, in a new file; until now everything was in memory only."""
        self._disk = Disk(path)
        rows = [(name, *entry.key, entry.raw) for name, table in self._tables.items() for entry in table.entries.values()]
        self._disk.write(rows, self.revision)

    def twin(self) -> Store:
        """Return a store in memory that holds what this one holds; what has happened before is forgotten in it."""
        made = Store(None, self._packed)
        made.revision = made.compacted = self.revision
        for resource, table in self._tables.items():
            for entry in table.entries.values():
                made._put(resource, copy(entry))
        return made

    def _entry(self, resource: str, key: Key, obj: Obj, rev: int, raw: bytes | None = None) -> Entry:
        return (Packed if resource in self._packed else Entry)(key, obj, rev, raw)

    def _put(self, resource: str, entry: Entry) -> None:
        table = self._tables.setdefault(resource, _Table())
        old = table.entries.get(entry.key)
        if old is not None:
            self._unindex(resource, old)
        table.put(entry)
        for uid in _owners(entry):
            self._owned.setdefault(uid, set()).add((resource, entry.key))
        for label in _labels(resource, entry):
            self._labelled.setdefault(label, set()).add(entry.key)

    def _unindex(self, resource: str, entry: Entry) -> None:
        for uid in _owners(entry):
            found = self._owned.get(uid)
            if found is not None:
                found.discard((resource, entry.key))
                if not found:
                    del self._owned[uid]
        for label in _labels(resource, entry):
            same = self._labelled.get(label)
            if same is not None:
                same.discard(entry.key)
                if not same:
                    del self._labelled[label]

    def get(self, resource: str, namespace: str, name: str) -> Entry | None:
        """Return the stored state, or None."""
        table = self._tables.get(resource)
        return table.entries.get((namespace, name)) if table else None

    def entries(self, resource: str, namespace: str = "") -> list[Entry]:
        """Return the objects of a resource (in one namespace or, with "", in all), by namespace and name."""
        table = self._tables.get(resource)
        if table is None:
            return []
        keys = table.keys
        if namespace:
            keys = keys[bisect.bisect_left(keys, (namespace, "")) : bisect.bisect_left(keys, (namespace + "\0", ""))]
        found = table.entries
        return [found[key] for key in keys]

    def labelled(self, resource: str, namespace: str, labels: Mapping[str, str]) -> list[Entry]:
        """Return the objects of a namespace that carry all of the labels, by name: without a look at the others."""
        table = self._tables.get(resource)
        if table is None or not labels:
            return self.entries(resource, namespace)
        fewest = min((self._labelled.get((resource, namespace, key, value), _NONE) for key, value in labels.items()), key=len)
        wanted, found = labels.items(), (table.entries[key] for key in sorted(fewest))
        return [entry for entry in found if wanted <= (entry.obj["metadata"].get("labels") or {}).items()]

    def count(self, resource: str, namespace: str = "") -> int:
        """Return how many objects there are."""
        table = self._tables.get(resource)
        if table is None:
            return 0
        if not namespace:
            return len(table.keys)
        return bisect.bisect_left(table.keys, (namespace + "\0", "")) - bisect.bisect_left(table.keys, (namespace, ""))

    def resources(self) -> list[str]:
        """Return the resources that have objects."""
        return [name for name, table in self._tables.items() if table.entries]

    def owned(self, uid: str, resource: str = "") -> list[tuple[str, Entry]]:
        """Return the objects with an ownerReference to this uid."""
        found = sorted(self._owned.get(uid, ()))
        return [(name, self._tables[name].entries[key]) for name, key in found if not resource or name == resource]

    def at(self, resource: str, namespace: str, revision: int) -> list[Entry] | None:
        """Return the objects as they were at a past revision, or None when it lies too far back."""
        if revision < self.compacted:
            return None
        state = {entry.key: entry for entry in self.entries(resource, namespace)}
        for event in reversed(self._ring):
            if event.rev <= revision:
                break
            if event.resource != resource or (namespace and event.entry.key[0] != namespace):
                continue
            if event.old is None:
                state.pop(event.entry.key, None)
            else:
                state[event.entry.key] = event.old
        return [state[key] for key in sorted(state)]

    def since(self, revision: int) -> list[Event] | None:
        """Return the events after a revision, or None when some of them are forgotten."""
        if revision < self.compacted:
            return None
        found = []
        for event in reversed(self._ring):
            if event.rev <= revision:
                break
            found.append(event)
        found.reverse()
        return found

    def commit(self, changes: Sequence[Change]) -> list[Entry]:
        """Commit changes, each with a revision of its own, then publish them; returns the entries (last states on delete)."""
        revision = self.revision
        events: list[Event] = []
        rows: list[Row] = []
        for change in changes:
            revision += 1
            key = (change.namespace, change.name)
            old = self.get(change.resource, *key)
            if change.obj is None:
                if old is None:
                    revision -= 1
                    continue
                gone = {**old.obj, "metadata": {**old.obj["metadata"], "resourceVersion": str(revision)}}
                events.append(Event("DELETED", change.resource, revision, self._entry(change.resource, key, gone, revision), old))
                rows.append((change.resource, *key, None))
            else:
                change.obj["metadata"]["resourceVersion"] = str(revision)
                entry = self._entry(change.resource, key, change.obj, revision)
                events.append(Event("ADDED" if old is None else "MODIFIED", change.resource, revision, entry, old))
                rows.append((change.resource, *key, entry.raw if self._disk else b""))
        if not events:
            return []
        if self._disk:
            self._disk.write(rows, revision)
        self.revision = revision
        for event in events:
            self._remember(event)
        self._publish(events)
        return [event.entry for event in events]

    def _remember(self, event: Event) -> None:
        if event.type == "DELETED":
            table = self._tables[event.resource]
            table.drop(event.entry.key)
            if event.old is not None:
                self._unindex(event.resource, event.old)
        else:
            self._put(event.resource, event.entry)
        self._ring.append(event)
        if len(self._ring) > RING:
            self.compacted = self._ring.popleft().rev

    def _publish(self, events: Iterable[Event]) -> None:
        """Tell the listeners in order; a listener that writes has its events queued behind."""
        self._pending.extend(events)
        if self._publishing:
            return
        self._publishing = True
        try:
            while self._pending:
                event = self._pending.popleft()
                for listener in tuple(self._listeners):
                    try:
                        listener(event)
                    except Exception:
                        log.exception("a listener failed on %s %s %s", event.type, event.resource, event.entry.key)
        finally:
            self._publishing = False

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Be called after each commit, in order; returns the way to end it."""
        self._listeners.append(listener)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return end

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        if self._disk:
            self._disk.close()


__all__ = ["RING", "Change", "Entry", "Event", "Store", "StoreError", "encode"]
