"""From stacks to places: the innermost call that is the user's own, groups of equal ones, and whom the others wait for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.lazily import pattern
from arena_core.typed import NamedTuple
from arena_core.usecases.stacks.model import Frame, Group, Process, Stacks, Unread

#: Files that are not the user's: Python's own and what was installed.
_LIBRARY = pattern(
    r"/(site|dist)-packages/|/lib(64)?/(python|pypy)[\d.]*/|/python\d+\.zip/|^<frozen |^<__array_function__|/sitecustomize\.py$"
)
#: Calls in which a rank waits for all the others, whoever has written them.
_TOGETHER = pattern(
    r"_?(all_?reduce|all_?gather|reduce_?scatter|broadcast|(monitored_)?barrier|all_?to_?all|rendezvous|init_process_group)"
    r"(_(coalesced|into_tensor|tensor|object|object_list|base|single|async|v|multigpu))?_?"
)
#: Files whose waiting is for other ranks, whatever the function is called.
_DISTRIBUTED = pattern(r"/(torch/distributed|horovod|mpi4py|deepspeed/comm|gloo|ray/util/collective)/")
#: Calls that wait for other ranks when the model is trained by several, and which cannot be told from those of a model that is not.
_PERHAPS = (("/torch/autograd/graph.py", "_engine_run_backward"), ("/torch/cuda/__init__.py", "synchronize"))
#: Where a process begins that has been started by multiprocessing: a fork has the calls of its parent below that.
_BEGINNING = "/multiprocessing/process.py"
#: Functions that only pass a call on.
_PASSING = frozenset({"inner", "wrapper", "wrapped", "decorate_context", "fn", "run", "result", "get", "wait", "acquire", "join"})


class Place(NamedTuple):
    """Where a thread is: the function that is called, and the line of the user's code that calls it."""

    what: str
    file: str
    line: int
    waits: bool

    def __str__(self) -> str:
        return f"{self.what} ({self.file.rpartition('/')[2] or '?'}:{self.line or '?'})"


def place_of(frames: Sequence[Frame]) -> Place:
    """Return where a thread is; of one without any code of the user, its innermost call.

    >>> step, reduce = Frame("step", "/code/ddp.py", 88), Frame("all_reduce", "/usr/lib/python3/site-packages/torch/d.py", 7)
    >>> str(place_of([reduce, step]))
    'all_reduce (ddp.py:88)'
    """
    at = next((n for n, frame in enumerate(frames) if not _LIBRARY.search(frame.file)), None)
    if at is None:
        if not frames:
            return Place("?", "", 0, False)
        return Place(frames[0].function, frames[0].file, frames[0].line, _together(frames))
    return Place(_called(frames[:at]) or frames[at].function, frames[at].file, frames[at].line, _together(frames[: at + 1]))


def _called(inner: Sequence[Frame]) -> str:
    """Return the name of what the user's code calls, given the calls below it; wrappers and Python's own methods are passed over."""
    if any("/torch/utils/data/" in frame.file for frame in inner):
        return "DataLoader"
    for frame in reversed(inner):
        if not frame.function.startswith(("_", "<")) and frame.function not in _PASSING:
            return frame.function
    plain = [frame.function for frame in reversed(inner) if not frame.function.startswith(("_", "<"))]
    return plain[0] if plain else inner[-1].function if inner else ""


def _together(frames: Sequence[Frame]) -> bool:
    return any(_TOGETHER.fullmatch(frame.function.lower()) or _DISTRIBUTED.search(frame.file) for frame in frames)


def stacks_of(processes: Iterable[Process], unread: Sequence[Unread] = ()) -> Stacks:
    """Group the processes by where they are, and say whom the others seem to wait for."""
    found: dict[Place, list[Process]] = {}
    helpers, missing = [], list(unread)
    for one in processes:
        if one.of:
            helpers.append(one)
        elif one.main is None:
            missing.append(Unread(_who(one), one.trouble or "it has no Python thread"))
        else:
            found.setdefault(place_of(one.main.frames), []).append(one)
    groups = [_group(place, members, helpers) for place, members in found.items()]
    groups.sort(key=lambda g: (-len(g.members), _first(g)))
    return Stacks(tuple(groups), tuple(helpers), tuple(missing), _behind(groups, missing))


def _group(place: Place, members: Sequence[Process], helpers: Sequence[Process]) -> Group:
    ordered = tuple(sorted(members, key=lambda p: (p.rank is None, p.rank or 0, p.pod, p.pid)))
    theirs = {(p.pod, p.pid) for p in members}
    places = [place_of(_own(h.main.frames)) for h in helpers if h.main and (h.pod, h.of) in theirs]
    # Only what is in the user's code tells something: an idle loader waits in Python's own.
    told = dict.fromkeys(str(p) for p in places if p.file and not _LIBRARY.search(p.file) and str(p) != str(place))
    sleeps = sum(p.sleeps for p in members) * 2 > len(members)
    return Group(place.what, place.file, place.line, place.waits, sleeps, ordered, tuple(told))


def _own(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Return the calls of a process itself, without those that it was forked from."""
    begins = next((n for n, frame in enumerate(frames) if frame.file.endswith(_BEGINNING)), len(frames))
    return frames[:begins]


def _first(group: Group) -> tuple[int, str]:
    one = group.members[0]
    return (one.rank if one.rank is not None else 1 << 30, one.instance)


def _who(one: Process) -> str:
    return one.instance if one.rank is None else f"{one.instance} ({one.label})"


def _behind(groups: Sequence[Group], unread: Sequence[Unread]) -> tuple[str, ...]:
    """Return whom the others seem to wait for: who does not wait for the others, and who is not there; else the few that are elsewhere."""
    if counted := _not_arrived([p for g in groups for p in g.members]):
        return counted
    waiting = [g for g in groups if g.waits]
    perhaps = [g for g in groups if not g.waits and _perhaps(g)]
    elsewhere = [_who(p) for g in groups if g not in waiting and g not in perhaps for p in g.members]
    elsewhere += [one.instance for one in unread if one.absent]
    if (waiting or perhaps) and elsewhere:
        return tuple(elsewhere)
    if waiting and perhaps:
        few, many = sorted(([p for g in part for p in g.members] for part in (waiting, perhaps)), key=len)
        return tuple(_who(p) for p in few) if len(few) < len(many) else ()
    # A meeting that cannot be told by its name: most are in the same function, if not at the same line.
    return _fewer([(g.what, g.file) for g in groups], groups) or _fewer([(g.what, g.file, g.line) for g in groups], groups)


def _perhaps(group: Group) -> bool:
    """Whether they seem to wait inside a call that computes, too: a backward pass that sleeps."""
    frames = [frame for one in group.members[:1] if one.main for frame in one.main.frames]
    known = next((name for frame in frames for file, name in _PERHAPS if frame.file.endswith(file) and frame.function == name), "")
    return known == "synchronize" or (bool(known) and group.sleeps and _LIBRARY.search(frames[0].file) is not None)


def _not_arrived(processes: Sequence[Process]) -> tuple[str, ...]:
    """Return those that have not begun the collective that others of their group have: NCCL's own count, where it is known of all."""
    found: list[str] = []
    for group in {p.collective.group for p in processes if p.collective}:
        members = [(p, p.collective.sequence) for p in processes if p.collective and p.collective.group == group]
        furthest = max(number for _, number in members)
        found += [_who(p) for p, number in members if number < furthest]
    return tuple(found) if all(p.collective for p in processes) else ()


def _fewer(keys: Sequence[object], groups: Sequence[Group]) -> tuple[str, ...]:
    """Return those outside the group of groups that holds more than half of all; nothing where none does, or where it holds all."""
    sizes: dict[object, int] = {}
    for key, group in zip(keys, groups, strict=True):
        sizes[key] = sizes.get(key, 0) + len(group.members)
    most = max(sizes, key=lambda key: sizes[key], default=None)
    if most is None or sizes[most] * 2 <= sum(sizes.values()):
        return ()
    return tuple(_who(p) for key, g in zip(keys, groups, strict=True) if key != most for p in g.members)
