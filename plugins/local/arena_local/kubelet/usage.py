"""What the processes of pods use, read from ``/proc``: cpu between two looks, memory as it is."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from arena_local.context import ContainerUse, Use

#: A look that is older than this says nothing of now: then two are taken, so far apart (seconds).
OLDEST, APART = 30.0, 0.3
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process(NamedTuple):
    """One process: its parent, its own cpu time and that of the children it has waited for (ticks), its resident memory (bytes)."""

    parent: int
    own: int
    reaped: int
    memory: int


class Look(NamedTuple):
    """What was seen at one moment: cpu seconds and memory by pod (uid) and container, and of the machine."""

    when: float
    containers: dict[tuple[str, str], tuple[float, int]]
    machine: tuple[float, int]


class Usage:
    """Measures when it is asked, not before. ``shims`` gives the running containers: pod (uid) and name by the pid of the shim."""

    def __init__(self, shims: Callable[[], Mapping[int, tuple[str, str]]]) -> None:
        self._shims = shims
        self._last: Look | None = None
        self._known: Use | None = None
        self._lock = asyncio.Lock()

    async def measure(self) -> Use:
        """Return what the containers and the machine use; who asks twice within a moment gets the same answer."""
        async with self._lock:
            now = time.monotonic()
            if self._known is not None and self._last is not None and now - self._last.when < APART:
                return self._known
            if self._last is None or now - self._last.when > OLDEST:
                self._last = await asyncio.to_thread(self._look)
                await asyncio.sleep(APART)
            before, after = self._last, await asyncio.to_thread(self._look)
            self._last, self._known = after, between(before, after)
            return self._known

    def _look(self) -> Look:
        # First who runs: a container that has ended meanwhile is not found, one that begins later has no time yet.
        shims = self._shims()
        return Look(time.monotonic(), by_container(processes(), shims), machine())


def processes() -> dict[int, Process]:
    """Return all processes of the machine by pid; none where there is no /proc."""
    found: dict[int, Process] = {}
    if sys.platform != "linux":
        return found
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            user, system, child_user, child_system = (int(f) for f in fields[11:15])
            found[int(entry.name)] = Process(int(fields[1]), user + system, child_user + child_system, int(fields[21]) * _PAGE)
    return found


def by_container(table: dict[int, Process], shims: Mapping[int, tuple[str, str]]) -> dict[tuple[str, str], tuple[float, int]]:
    """Return cpu seconds and memory of each container: of all that descends from its shim, which orphans fall back to."""
    found = {name: (table[pid].reaped / _TICKS, 0) for pid, name in shims.items() if pid in table}
    for pid, process in table.items():
        above, steps = process.parent, 0
        while above > 1 and above not in shims and above in table and steps < len(table):
            above, steps = table[above].parent, steps + 1
        if above in shims and pid not in shims and above in table:
            name = shims[above]
            seconds, memory = found[name]
            found[name] = seconds + (process.own + process.reaped) / _TICKS, memory + process.memory
    return found


def machine() -> tuple[float, int]:
    """Return the cpu seconds that were worked since the start of the machine, and the memory that is not available."""
    if sys.platform != "linux":
        return 0.0, 0
    user, nice, system, _, _, irq, softirq, steal = (int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    sizes = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line)
    total, available = (int(sizes[key].split()[0]) * 1024 for key in ("MemTotal", "MemAvailable"))
    return (user + nice + system + irq + softirq + steal) / _TICKS, total - available


def between(before: Look, after: Look) -> Use:
    """Return what was used between two looks; a container that has begun meanwhile has all of its time in between."""
    window = max(after.when - before.when, 0.001)
    containers = []
    for (uid, name), (seconds, memory) in after.containers.items():
        since = before.containers.get((uid, name), (0.0, 0))[0]
        containers.append(ContainerUse(uid, name, max(0.0, seconds - since) / window, memory))
    return Use(window, tuple(containers), max(0.0, after.machine[0] - before.machine[0]) / window, after.machine[1])
