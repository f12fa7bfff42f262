"""The hosts files of the pods: written anew when a name has come to mean something else, and only then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from arena_local.context import ServerApi
from arena_local.kubelet.names import Names, Table, hosts_text, lines_of, searches_of, write_in_place
from arena_local.sdk.bundle import Obj
from arena_local.sdk.clock import Timer

#: Changes that come sooner after a look at all names are gathered for so long; the first after a pause is seen at once.
SETTLE = 0.02


class Reader(Protocol):
    """A pod that has a hosts file; ``names`` is what that was written from."""

    namespace: str
    obj: Obj
    address: str
    folder: Path
    names: Table | None


class HostsFiles:
    """Writes them. ``readers`` gives the pods that have one, ``also`` is called with each look."""

    def __init__(self, api: ServerApi, names: Names, readers: Callable[[], Iterable[Reader]], also: Callable[[], None]) -> None:
        self._api = api
        self._clock = api.clock
        self._names = names
        self._readers = readers
        self._also = also
        self._rested = 0.0
        self._timer: Timer | None = None
        self._last: dict[str, Table] = {}
        #: How many files were written.
        self.written = 0

    def changed(self) -> None:
        """Look soon: at once where the last look is a while ago."""
        if self._timer is None:
            self._timer = self._clock.call_later(self._rested - self._clock.seconds(), self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        # It looks at all Services: where there are thousands, as many are made at a time.
        self._rested = self._clock.seconds() + SETTLE + min(1.0, len(self._api.list("services")) / 5000)
        self._also()
        tables: dict[str, Table] = {}
        lines: dict[tuple[str, ...], list[str]] = {}
        for reader in self._readers():
            namespace = reader.namespace
            if namespace not in tables:
                tables[namespace] = self._as_before(namespace, self._names.table(namespace))
            table = tables[namespace]
            if reader.names is table or reader.names == table or self._write(reader, table, lines):
                reader.names = table
        self._last = tables

    def _write(self, reader: Reader, table: Table, lines: dict[tuple[str, ...], list[str]]) -> bool:
        searches = searches_of(reader.obj)
        key = (reader.namespace, *searches)
        if key not in lines:
            lines[key] = lines_of(table, searches)
        try:
            write_in_place(reader.folder / "hosts", hosts_text(lines[key], reader.obj, reader.address))
        except OSError:
            return False
        self.written += 1
        return True

    def _as_before(self, namespace: str, table: Table) -> Table:
        """Return the last table where it says the same: whoever was told of it is known by a look at one pointer."""
        last = self._last.get(namespace)
        return table if last is None or last != table else last
