"""Which processes of a pod are ranks, which start ranks, and which work for one: by the tree of processes and what tells their rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.typed import Any
from arena_core.usecases.stacks.agent import RANKS
from arena_core.usecases.stacks.model import Collective, Frame, Process, Thread

#: The rank among all of the job; the variables that count those of a pod alone are no rank.
_WORLD = tuple(name for name in RANKS if name != "LOCAL_RANK")
#: Calls in which a process waits for those that it has started: by the file's end and the function.
_PARENT = (
    ("subprocess.py", ("wait", "_wait", "communicate", "run", "call", "check_call", "check_output", "_try_wait")),
    ("multiprocessing/process.py", ("join",)),
    ("multiprocessing/spawn.py", ("join",)),
    ("multiprocessing/pool.py", ("join", "wait", "get", "map")),
)
#: So much of a name is kept: a pod may answer whatever it likes.
_LONGEST = 300
#: Where processes of multiprocessing's own wait.
_SERVANTS = ("multiprocessing/resource_tracker.py", "multiprocessing/semaphore_tracker.py", "multiprocessing/forkserver.py")


def processes_of(answer: Mapping[str, Any], instance: str, pod: str) -> list[Process]:
    """Return the Python processes of a pod: its ranks first, then those that work for them. Launchers that wait for ranks are none."""
    rows = {dig.number(row, "pid"): row for row in dig.items(answer, "processes")}
    ours = {pid: row for pid, row in rows.items() if dig.flag(row, "python") or any(dig.items(row, "threads"))}
    read = {pid: _process(row, instance, pod) for pid, row in ours.items()}
    ours = {pid: row for pid, row in ours.items() if not _serves_python(read[pid])}
    above = {pid: _ancestor(pid, rows, ours) for pid in ours}
    launchers = {up for pid, up in above.items() if up and _told(ours[pid]) and _told(ours[pid]) != _told(ours[up])}
    launchers |= {up for up in above.values() if up and _waits_for_children(read[up])}
    ranks = {pid for pid in ours if pid not in launchers and not _served(pid, above, launchers)}
    found = [read[pid] for pid in sorted(ranks)]
    helpers = [read[pid] for pid in sorted(ours) if pid not in launchers and pid not in ranks]
    return [*_numbered(found), *(replace(one, of=_served(one.pid, above, launchers)) for one in helpers)]


def names_of(answer: Mapping[str, Any]) -> list[str]:
    """Return the names of a pod's processes, each once."""
    return list(dict.fromkeys(dig.text(row, "name")[:20] for row in dig.items(answer, "processes") if dig.text(row, "name")))


def _told(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a process was told of its rank when it was started."""
    return tuple(dig.text(row, "env", name) for name in RANKS) if dig.mapping(row, "env") else ()


def _ancestor(pid: int, rows: Mapping[int, Mapping[str, Any]], ours: Mapping[int, object]) -> int:
    """Return the nearest Python process above one, over shells between them."""
    seen = {pid}
    up = dig.number(rows[pid], "parent")
    while up in rows and up not in seen:
        if up in ours:
            return up
        seen.add(up)
        up = dig.number(rows[up], "parent")
    return 0


def _served(pid: int, above: Mapping[int, int], launchers: set[int]) -> int:
    """Return the rank's process that one works for: the topmost above it that is no launcher; 0 for a rank."""
    found, up = 0, above.get(pid, 0)
    while up and up not in launchers:
        found, up = up, above.get(up, 0)
    return found


def _process(row: Mapping[str, Any], instance: str, pod: str) -> Process:
    threads = tuple(
        Thread(dig.text(t, "name"), dig.flag(t, "main"), tuple(_frames(dig.dig(t, "frames")))) for t in dig.items(row, "threads")
    )
    text = next((t for name in _WORLD if (t := dig.text(row, "env", name)).isdecimal() and len(t) < 10), "")
    sleeps, trouble = dig.text(row, "state") != "R", dig.text(row, "trouble")
    how = dig.text(row, "how")
    return Process(instance, pod, dig.number(row, "pid"), int(text) if text else None, 0, how, sleeps, threads, trouble, _collective(row))


def _collective(row: Mapping[str, Any]) -> Collective | None:
    found = dig.mapping(row, "collective")
    if not dig.text(found, "name"):
        return None
    return Collective(dig.text(found, "name"), dig.number(found, "sequence"), dig.text(found, "state"), dig.text(found, "group"))


def _frames(rows: Any) -> Sequence[Frame]:
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) == 3:
            function, file, line = row
            found.append(Frame(str(function)[:_LONGEST], str(file)[:_LONGEST], line if isinstance(line, int) else 0))
    return found


def _waits_for_children(one: Process) -> bool:
    frames = one.main.frames[:4] if one.main else ()
    return any(f.file.endswith(file) and f.function in functions for f in frames for file, functions in _PARENT)


def _serves_python(one: Process) -> bool:
    """Whether it is a process of multiprocessing's own, which neither trains nor loads: the tracker of resources, the server that forks."""
    inner = next((f for f in one.main.frames if not f.file.endswith("/selectors.py")), None) if one.main else None
    # What the server has forked has it at the bottom of its stack, but is elsewhere.
    return inner is not None and inner.file.endswith(_SERVANTS)


def _numbered(ranks: Sequence[Process]) -> list[Process]:
    """Several processes of one pod that claim the same rank were told that of their pod: then none of them is known."""
    claimed = [one.rank for one in ranks]
    return [replace(one, rank=None) if claimed.count(one.rank) > 1 else one for one in ranks]
