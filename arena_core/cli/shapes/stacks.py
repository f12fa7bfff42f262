"""What ``arena stacks`` prints as data."""

from __future__ import annotations

from typing import Annotated, TypedDict


class Frame(TypedDict):
    """A call that has not returned."""

    function: str
    file: str
    line: Annotated[int, "0 where it is not known"]


class Thread(TypedDict):
    """A thread, its innermost call first."""

    name: str
    main: bool
    frames: list[Frame]


class Collective(TypedDict):
    """What PyTorch's flight recorder tells of NCCL."""

    name: str
    sequence: int
    state: Annotated[str, "scheduled, started or completed"]
    group: str


class Process(TypedDict):
    """A Python process of the job."""

    instance: str
    pod: str
    pid: Annotated[int, "its number in the container"]
    rank: Annotated[int | None, "null where nothing tells it"]
    worksFor: Annotated[int, "the process of the rank that it works for, such as a loader's; 0 for a rank"]
    readBy: Annotated[str, "py-spy, faulthandler, or nothing where it was not read"]
    collective: Annotated[Collective | None, "null where the flight recorder is not set, or did not answer"]
    threads: list[Thread]


class Place(TypedDict):
    """Ranks that are at the same place: the function that is called, and the line of the user's code that calls it."""

    function: str
    file: str
    line: int
    waitsForOthers: Annotated[bool, "whether it is a call in which all ranks meet"]
    sleeps: Annotated[bool, "whether most of them did not run at that moment"]
    members: list[str]


class Missing(TypedDict):
    """An instance, or a process of one, whose stack is not known."""

    instance: str
    reason: str
    absent: Annotated[bool, "whether it does not run, so that others may wait for it"]


class Stacks(TypedDict):
    """Where a running job is."""

    name: str
    namespace: str
    trainer: str
    summary: str
    behind: Annotated[list[str], "whom the others seem to wait for"]
    groups: list[Place]
    processes: list[Process]
    unread: list[Missing]
