"""``data put`` and ``data get``: files into a volume claim and out of one, through a pod that is there for just that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from arena_core.contract.errors import UsageError
from arena_core.usecases import transfer
from arena_core.usecases.helper import CONTAINER, Helper, helper
from arena_core.usecases.session import Session
from arena_core.usecases.transfer import Moved

if TYPE_CHECKING:
    from arena_core.kube.streams import ExecSession


class Told(NamedTuple):
    """How far it is: what the pod waits for, or the bytes that were sent and all of them (0: not known)."""

    waits: str = ""
    done: int = 0
    total: int = 0


Tell = Callable[[Told], None]


def put(session: Session, claim: str, source: Path, target: str, how: Helper, tell: Tell, *, namespace: str = "") -> Moved:
    """Copy a file or a folder of this machine into a claim: as ``target``, or into it where it ends with a slash."""
    namespace = namespace or session.namespace
    if not source.exists() and not source.is_symlink():
        raise UsageError(f"{source} does not exist on this machine")
    place = transfer.inside(claim, target)
    into = target.endswith("/") or not place.parts
    found = transfer.members(source, source.resolve().name if into else place.name)
    folder = place if into else place.parent
    with helper(session.cluster, namespace, claim, how, writes=True, tell=lambda why: tell(Told(why))) as pod:
        run = partial(_run, session, namespace, pod)
        return transfer.put(run, "/".join(folder.parts), found, lambda done, total: tell(Told(done=done, total=total)))


def get(session: Session, claim: str, path: str, target: Path, how: Helper, tell: Tell, *, namespace: str = "") -> Moved:
    """Copy a file or a folder of a claim to this machine: into ``target`` where that is a folder, else as it."""
    namespace = namespace or session.namespace
    place = transfer.inside(claim, path)
    name = place.name or "."
    to = target / (place.name or claim) if target.is_dir() else target
    with helper(session.cluster, namespace, claim, how, writes=False, tell=lambda why: tell(Told(why))) as pod:
        run = partial(_run, session, namespace, pod)
        return transfer.get(run, "/".join(place.parent.parts), name, to, lambda done, total: tell(Told(done=done, total=total)))


def _run(session: Session, namespace: str, pod: str, command: list[str]) -> ExecSession:
    return session.cluster.exec(namespace, pod, command, container=CONTAINER, stdin=True)
