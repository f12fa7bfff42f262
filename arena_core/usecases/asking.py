"""One question for each installed job type: few requests where many are installed, and those side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from arena_core.contract.errors import ArenaError, KindNotInstalled
from arena_core.contract.types import JobHandle
from arena_core.kube.cluster import Cluster
from arena_core.typed import TypeVar
from arena_core.usecases.session import Session
from arena_core.usecases.unread import is_partial

T = TypeVar("T")

#: So many requests are cheaper than a discovery.
FEW = 12
#: Seconds after which a first answer comes from far away.
FAR = 0.015
#: The same where certificates are looked at first.
HANDSHAKE = 0.1
#: Seconds within which all answers may come one after the other: further connections cost more than that.
PATIENCE = 0.03


def patience(cluster: Cluster) -> float:
    """Return the seconds after which a first answer comes from far away."""
    return HANDSHAKE if cluster.server.startswith("https:") else FAR


def ask_each(session: Session, handles: Sequence[JobHandle], ask: Callable[[JobHandle], T]) -> list[tuple[JobHandle, T | ArenaError]]:
    """Return for each type what ``ask`` returned, or the error that concerns this type alone; any other error is raised.

    Where many types are installed the cluster is asked once which kinds it serves: the others are ``KindNotInstalled`` unasked.
    """
    absent: dict[str, ArenaError] = {}
    far = False
    if len(handles) > FEW:
        begin = time.monotonic()
        served = session.cluster.served()
        # It may have made the connection, too; a handshake takes as long as a few requests, and each further connection makes one.
        far = time.monotonic() - begin > patience(session.cluster)
        absent = {h.job_type.name: not_served(h) for h in handles if served.has(h.job_type.resource) is False}
    asked = [handle for handle in handles if handle.job_type.name not in absent]
    answers = [] if far else _in_turn(asked, ask)
    if rest := asked[len(answers) :]:
        answers += session.cluster.gather([lambda handle=handle: ask(handle) for handle in rest])  # type: ignore[misc]
    for answer in answers:
        if isinstance(answer, ArenaError) and not is_partial(answer):
            raise answer
    found = {handle.job_type.name: answer for handle, answer in zip(asked, answers, strict=True)}
    return [(h, absent[h.job_type.name] if h.job_type.name in absent else found[h.job_type.name]) for h in handles]


def _in_turn(asked: Sequence[JobHandle], ask: Callable[[JobHandle], T]) -> list[T | ArenaError]:
    """Ask one after the other over one connection, for as long as that is quick: a server that is far away is asked side by side."""
    answers: list[T | ArenaError] = []
    begin = time.monotonic()
    for number, handle in enumerate(asked):
        answers.append(_one(handle, ask))
        took = time.monotonic() - begin
        if number == 0:
            # The first has made the connection, too, and says less of the others.
            begin += took
            if took > FAR:
                break
        elif took / number * len(asked) > PATIENCE:
            break
    return answers


def _one(handle: JobHandle, ask: Callable[[JobHandle], T]) -> T | ArenaError:
    try:
        return ask(handle)
    except ArenaError as error:
        if not is_partial(error):
            raise
        return error


def not_served(handle: JobHandle) -> KindNotInstalled:
    """Return the error for a kind that the cluster's discovery does not name."""
    resource = handle.job_type.resource
    return KindNotInstalled(f"{resource.kind} is not installed on this cluster: it does not serve {resource.key}")


def answers_404(handle: JobHandle) -> ArenaError:
    """Return the error for a kind that the cluster says it serves and yet answers as if it did not: something in between is broken."""
    from arena_core.kube.refusals import ServerFailure

    error = ServerFailure(f"the cluster serves {handle.job_type.resource.key}, but answers 404", "a proxy may stand in between")
    error.code = 404
    return error
