"""What is known of where a job is: processes with their stacks, groups of equal ones, and what could not be read."""

from __future__ import annotations

from arena_core.records import record


@record
class Frame:
    """A call that has not returned; ``line`` is 0 where it is not known."""

    function: str
    file: str
    line: int


@record
class Thread:
    """A thread, its innermost call first."""

    name: str
    main: bool
    frames: tuple[Frame, ...]


@record
class Collective:
    """A collective as NCCL counts them (PyTorch's flight recorder): ``state`` is scheduled, started or completed."""

    name: str
    sequence: int
    state: str
    group: str = ""


@record
class Process:
    """A Python process of a job: one of its ranks, or (``of`` names the rank's process) one that works for it, such as a loader.

    ``rank`` is None where nothing tells it. ``how`` is what has read the stacks: ``py-spy`` or ``faulthandler``. ``sleeps`` says
    whether the main thread did not run at that moment.
    """

    instance: str
    pod: str
    pid: int
    rank: int | None = None
    of: int = 0
    how: str = ""
    sleeps: bool = True
    threads: tuple[Thread, ...] = ()
    trouble: str = ""
    collective: Collective | None = None

    @property
    def main(self) -> Thread | None:
        """The main thread."""
        return next((t for t in self.threads if t.main), self.threads[-1] if self.threads else None)

    @property
    def label(self) -> str:
        """How it is called: by its rank, else by its instance."""
        return f"rank {self.rank}" if self.rank is not None else self.instance


@record
class Unread:
    """An instance, or a process of one, whose stack is not known, and why. ``absent``: it does not run, so others may wait for it."""

    instance: str
    reason: str
    absent: bool = False


@record
class Group:
    """Processes that are at the same place: ``what`` they call, and where in the user's code. ``waits``: for the other ranks."""

    what: str
    file: str
    line: int
    waits: bool
    sleeps: bool
    members: tuple[Process, ...]
    #: Where the processes are that work for these, as ``function (file:line)``.
    helpers: tuple[str, ...] = ()


@record
class Stacks:
    """Where a job is: the largest group first. ``behind`` are those that the others seem to wait for."""

    groups: tuple[Group, ...] = ()
    helpers: tuple[Process, ...] = ()
    unread: tuple[Unread, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def ranks(self) -> tuple[Process, ...]:
        """All processes that were read, by rank and instance."""
        found = [one for group in self.groups for one in group.members]
        return tuple(sorted(found, key=lambda p: (p.rank is None, p.rank or 0, p.pod, p.pid)))
