"""What `arena history` prints."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict


class Instance(TypedDict):
    """An instance as it was last seen."""

    name: str
    status: str
    exitCode: int | None
    restarts: int
    node: str


class Entry(TypedDict):
    """One submission, and what became of it."""

    id: str
    name: str
    namespace: str
    trainer: str
    status: Annotated[str, "how the job was last seen; REFUSED, UNKNOWN (interrupted), DELETED (before its end)"]
    reason: str
    message: str
    submitted: Annotated[str, "times are RFC 3339, empty where nothing is known"]
    started: str
    ended: str
    lastSeen: str
    deleted: str
    deletedBy: Annotated[str, "who deleted it from here, and with which command"]
    uuid: str
    context: str
    server: str
    user: str
    folder: str
    commit: str
    branch: str
    dirty: Annotated[bool | None, "whether something was changed since the commit; null where git did not say"]
    command: list[str]
    instances: list[Instance]


class State(TypedDict):
    """How a job was seen."""

    time: str
    status: str
    exactStatus: str
    reason: str
    message: str
    instances: list[Instance]
    seenBy: str


class Log(TypedDict):
    """The end of the log of one instance, or why there is none."""

    instance: str
    pod: str
    container: str
    lines: str
    missing: str


class Whole(Entry):
    """A submission with all that is kept of it, without secrets."""

    arguments: Annotated[dict[str, Any], "the job file"]
    objects: Annotated[list[dict[str, Any]], "the objects as they were built"]
    states: list[State]
    logs: list[Log]


class Difference(TypedDict):
    """A place where two jobs differ; null is what is not there."""

    section: Literal["flags", "objects", "commit"]
    path: str
    before: Annotated[Any, "any JSON"]
    after: Annotated[Any, "any JSON"]


class SweepJob(TypedDict):
    """A job of a sweep."""

    name: str
    namespace: str
    parameters: dict[str, str]
    status: str
    reason: str
    message: str
    metrics: Annotated[dict[str, float], "the last figures of its log, by their names there"]
