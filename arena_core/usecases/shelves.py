"""Archives of ``--workdir`` in a claim: there once for every job with that content, and removed when no job needs them any more."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from arena_core.contract.errors import ArenaError, UsageError
from arena_core.k8s import dig
from arena_core.kube.resources import CLAIMS, PODS
from arena_core.usecases.folders import TAKE, stream
from arena_core.usecases.helper import CONTAINER, IMAGE, Helper, helper
from arena_core.usecases.listing import list_jobs
from arena_core.usecases.session import Session
from arena_core.workdir.names import SHELF, shelf_name

if TYPE_CHECKING:
    from arena_core.args import WorkFolder

#: Takes an archive to where it is to lie, whole or not at all. One that is there already becomes as young as its newest job.
SHELVE = f'cd "$ARENA_DATA" && mkdir -p {SHELF} && cd {SHELF} && {{ {TAKE}; }} && touch "$0"'
#: So long (seconds) a program that submits many jobs need not look again.
_KNOWN = 600.0
#: What lies there, a line each: seconds since it was last brought, bytes, name. ``$@`` (after the least age ``$0``) are removed first.
_LOOK = f"""\
cd "$ARENA_DATA/{SHELF}" 2>/dev/null || exit 0
now=$(date +%s)
for f in "$@"; do
  [ "$((now - $(stat -c %Y "$f" 2>/dev/null || echo "$now")))" -ge "$0" ] && rm -f "$f"
done
for f in *; do
  [ -f "$f" ] && stat -c "%Y %s %n" "$f" | {{ read -r t s n; echo "$((now - t)) $s $n"; }}
done
exit 0"""
#: What Arena puts there, whole or cut off; whatever else lies there is none of its business.
_OURS = re.compile(r"([0-9]+) ([0-9]+) ([0-9a-f]{40}\.tar\.gz(?:\.[0-9]+)?)")
#: Whoever is at submitting has brought the archive, and its job is not there yet: what is younger than that always stays (seconds).
LEAST = 60.0


class Archive(NamedTuple):
    """One that lies in a claim: ``age`` is counted from when it was last brought (seconds)."""

    name: str
    size: int
    age: float


class Tidied(NamedTuple):
    """The archives that no job needs (removed, unless it was a dry run), and those that stay."""

    removed: tuple[Archive, ...]
    kept: tuple[Archive, ...]


def shelve(session: Session, namespace: str, folder: WorkFolder, claim: str, image: str = "") -> None:
    """Bring a folder into a claim, unless the same content is there; a program that submits many jobs looks once."""
    cluster, packed = session.cluster, folder.packed
    found = cluster.find(CLAIMS, namespace, claim)
    # By its uid: a claim that was deleted and made again is empty.
    key = (dig.text(found, "metadata", "uid"), packed.digest)
    if key[0] and time.monotonic() - session.shelved.get(key, float("-inf")) < _KNOWN:
        return
    with helper(cluster, namespace, claim, Helper(image or IMAGE), writes=True, tell=lambda why: None) as pod:
        command = ["sh", "-c", SHELVE, shelf_name(packed.digest), str(packed.size)]
        stream(cluster.exec(namespace, pod, command, container=CONTAINER, stdin=True), packed, f"claim {claim}")
    session.shelved[key] = time.monotonic()


def prune(
    session: Session,
    claim: str,
    seconds: float,
    how: Helper,
    tell: Callable[[str], None],
    *,
    namespace: str = "",
    dry_run: bool = False,
) -> Tidied:
    """Remove the archives of a claim that were last brought so long ago, and that no job or pod of the namespace needs."""
    namespace = namespace or session.namespace
    if seconds < LEAST:
        text = f"what is younger than {LEAST:g} s may belong to a job that is being submitted at this moment"
        raise UsageError(text, "--older-than 1m or more")
    with helper(session.cluster, namespace, claim, how, writes=not dry_run, tell=tell) as pod:
        there = _look(session, namespace, pod, seconds, ())
        # Read after the archives: of a job that comes in between, the archive is young.
        needed = _needed(session, namespace)
        old = [one for one in there if one.age >= seconds and one.name not in needed]
        if old and not dry_run:
            left = {one.name for one in _look(session, namespace, pod, seconds, [one.name for one in old])}
            old = [one for one in old if one.name not in left]
    return Tidied(tuple(old), tuple(one for one in there if one not in old))


def _look(session: Session, namespace: str, pod: str, seconds: float, remove: Iterable[str]) -> list[Archive]:
    command = ["sh", "-c", _LOOK, str(int(seconds)), *remove]
    run = session.cluster.exec(namespace, pod, command, container=CONTAINER)
    said, wrong = bytearray(), bytearray()
    try:
        while (piece := run.read()) is not None:
            (said if piece[0] == 1 else wrong).extend(piece[1])
    finally:
        run.close()
    if run.broken or run.exit_code:
        why = run.broken or wrong.decode("utf-8", "replace").strip() or run.message
        raise ArenaError(f"the claim could not be looked at: {why}", "the image of the pod (--image) needs sh, date and stat")
    rows = (_OURS.fullmatch(line) for line in said.decode("utf-8", "replace").splitlines())
    return [Archive(row[3], int(row[2]), float(row[1])) for row in rows if row]


def _needed(session: Session, namespace: str) -> set[str]:
    """Return the names of archives that jobs which have not ended, crons, services and pods mention."""
    found = list_jobs(session, namespace=namespace)
    if found.notes or found.unread:
        what = "; ".join(found.notes)
        raise ArenaError(f"what cannot be read may need an archive, so none was removed: {what}", "ask whoever may read all jobs of it")
    pods = session.cluster.list(PODS, namespace).items
    running = (pod for pod in pods if dig.text(pod, "status", "phase") not in ("Succeeded", "Failed"))
    alive = (job.manifest for job in found.jobs if not job.status.phase.finished)
    return {name for obj in (*alive, *running) for name in re.findall(r"[0-9a-f]{40}\.tar\.gz", json.dumps(obj))}
