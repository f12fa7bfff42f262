"""Hosts files are written at once where a name changes, and not at all where none does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from arena_local.kubelet.hostsfiles import SETTLE, HostsFiles
from arena_local.kubelet.names import Table
from arena_local.sdk.clock import Clock


@dataclass
class Reader:
    folder: Path
    namespace: str
    names: Table | None = None
    address: str = "127.77.0.1"

    @property
    def obj(self) -> dict[str, Any]:
        return {"metadata": {"name": self.folder.name, "namespace": self.namespace}, "spec": {}}

    @property
    def text(self) -> str:
        return (self.folder / "hosts").read_text() if (self.folder / "hosts").exists() else ""


class World:
    """Pods of two namespaces, the names that each sees, and how often these were looked at."""

    def __init__(self, folder: Path) -> None:
        self.api: Any = SimpleNamespace(clock=Clock(), list=lambda resource: [])
        self.tables: dict[str, dict[str, list[str]]] = {"one": {"a": ["127.77.0.9"]}, "two": {}}
        self.readers = [Reader(folder / f"p-{n}", "one" if n < 3 else "two") for n in range(5)]
        for reader in self.readers:
            reader.folder.mkdir()
        self.looks = 0
        self.files = HostsFiles(self.api, SimpleNamespace(table=lambda ns: dict(self.tables[ns])), lambda: self.readers, self._looked)  # type: ignore[arg-type]

    def _looked(self) -> None:
        self.looks += 1

    async def change(self, times: int = 1) -> None:
        for _ in range(times):
            self.files.changed()
        await self.api.clock.advance(SETTLE * 1.5)


def with_world(test: Callable[[World], Coroutine[Any, Any, None]], folder: Path) -> None:
    async def run() -> None:
        await test(World(folder))

    asyncio.run(run())


def test_only_pods_whose_names_have_changed_are_written(tmp_path: Path) -> None:
    """Each look at the names wrote the files of all pods: 40 pods cost 11 ms, three times for each job."""

    async def test(world: World) -> None:
        await world.change()
        assert world.files.written == 5
        await world.change()
        assert world.files.written == 5
        world.tables["one"]["a"] = ["127.77.0.10"]
        await world.change()
        assert world.files.written == 8
        assert ["127.77.0.10\ta" in reader.text for reader in world.readers] == [True] * 3 + [False] * 2

    with_world(test, tmp_path)


def test_a_pod_that_was_written_in_between_is_brought_up_to_date(tmp_path: Path) -> None:
    async def test(world: World) -> None:
        await world.change()
        late = world.readers[0]
        late.names = {"a": ["127.77.0.77"]}  # what it was prepared with, and what has changed back since
        (late.folder / "hosts").write_text("127.77.0.77\ta\n")
        await world.change()
        assert "127.77.0.9\ta" in late.text and world.files.written == 6

    with_world(test, tmp_path)


def test_what_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    async def test(world: World) -> None:
        lost = world.readers[0]
        lost.folder.rmdir()
        await world.change()
        assert world.files.written == 4
        lost.folder.mkdir()
        await world.change()
        assert world.files.written == 5 and "127.77.0.9\ta" in lost.text

    with_world(test, tmp_path)


def test_the_first_change_is_seen_at_once_and_further_ones_are_gathered(tmp_path: Path) -> None:
    async def test(world: World) -> None:
        world.files.changed()
        await world.api.clock.advance(0)
        assert world.looks == 1, "a worker that looks its master up waited 20 ms for nothing"
        last = world.api.clock.seconds()
        for _ in range(10):
            world.files.changed()
            await asyncio.sleep(0)
        # The machine's own time goes on: on a busy one it may be over by now.
        assert world.looks == 1 or world.api.clock.seconds() - last >= SETTLE
        await world.api.clock.advance(2 * SETTLE)
        assert world.looks == 2

    with_world(test, tmp_path)
