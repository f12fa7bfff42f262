"""Waiting until a job that is being deleted is gone, and what holds it."""

from __future__ import annotations

import time
from collections.abc import Callable

from arena_core.contract.errors import ArenaError, TimedOut
from arena_core.contract.types import JobHandle, Manifest
from arena_core.typed import NamedTuple
from arena_core.usecases.facts import with_pods
from arena_core.usecases.held import WAITS, finalizers_text
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.ownership import uid_of
from arena_core.usecases.session import Session

#: Seconds after which somebody who waits wants to know what for.
PATIENCE = 3.0


class Going(NamedTuple):
    """A job that is being deleted, as the server last showed it."""

    handle: JobHandle
    job: Manifest


class Unfinished(ArenaError):
    """The deletion was accepted, but its end was not seen; the exit code is that of what stood in between."""

    def __init__(self, message: str, hint: str, exit_code: int) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


def await_gone(session: Session, going: Going, deadline: float | None, on_wait: Callable[[str], None]) -> ArenaError | None:
    """Wait until the object is gone; returns an error that says what was done and what is not known where that is not seen."""
    name = str(metadata_of(going.job).get("name"))
    try:
        if _watch(session, going, _sooner(deadline, time.monotonic() + PATIENCE)):
            return None
        on_wait(f"{name} is being deleted: {held_by(session, going)}")
        if _watch(session, going, deadline):
            return None
    except TimedOut:
        pass
    except ArenaError as error:
        text = f"{name} is being deleted, but whether it is gone is not known: {error.message}"
        return Unfinished(text, f"`arena wait {name} --for deleted` waits for it", error.exit_code)
    return TimedOut(
        f"{name} is being deleted but is still there: {held_by(session, going)}", f"`arena wait {name} --for deleted` waits for it"
    )


def _sooner(deadline: float | None, other: float) -> float:
    return other if deadline is None else min(deadline, other)


def _watch(session: Session, going: Going, deadline: float | None) -> bool:
    """Whether the object has gone by then."""
    metadata = metadata_of(going.job)
    events = session.cluster.watch(
        going.handle.job_type.resource,
        str(metadata.get("namespace", "")),
        field_selector=f"metadata.name={metadata.get('name')}",
        resource_version=str(metadata.get("resourceVersion", "")),
        timeout=None if deadline is None else max(0.0, deadline - time.monotonic()),
        known=[going.job],
    )
    return any(kind == "DELETED" or uid_of(obj) != metadata.get("uid") for kind, obj in events)


def held_by(session: Session, going: Going) -> str:
    """Say what a job that is being deleted waits for: its instances, or whoever has put a finalizer on it."""
    try:
        pods = [str(metadata_of(pod).get("name")) for pod in with_pods(session, going.handle, going.job).pods]
    except ArenaError:
        pods = []
    held = finalizers_text(going.job)
    parts = [held] if held not in ("", WAITS) else []
    if pods:
        more = ", …" if len(pods) > 3 else ""
        parts.insert(0, f"waiting for {len(pods)} instance{'s' if len(pods) > 1 else ''} to end ({', '.join(pods[:3])}{more})")
    return "; ".join(parts) or held or "waiting for the API server to remove it"
