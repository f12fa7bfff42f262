"""Bring the user's folder into the pods of a job that wait for it: where it is too large to travel in an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import WORKDIR, JobHandle, Manifest
from arena_core.k8s import dig
from arena_core.usecases import record
from arena_core.usecases.facts import with_pods
from arena_core.usecases.find import find_this
from arena_core.usecases.marks import annotations_of, metadata_of
from arena_core.usecases.session import Session
from arena_core.usecases.templates import at_path
from arena_core.usecases.views import Job
from arena_core.workdir.names import ARCHIVE, CONTAINER, INBOX_VARIABLE, is_brought

if TYPE_CHECKING:
    from arena_core.kube.streams import ExecSession
    from arena_core.workdir.pack import Packed

#: Takes ``$1`` bytes of an archive to ``$0``: whole, or not at all. It needs no end of its input, which older servers cannot tell.
TAKE = '[ -f "$0" ] || { head -c "$1" > "$0.$$" && [ "$(wc -c < "$0.$$")" -eq "$1" ] && mv "$0.$$" "$0"; }'
#: Seconds between two looks at the pods, of which the later ones are rarer: a job may wait for hours in a queue.
_PAUSES = (0.3, 0.5, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0)
_LONGEST = 5.0
#: So often it is tried to bring it to one pod.
_TRIES = 4


class Brought(NamedTuple):
    """How many instances have the folder, and how many there are to be."""

    done: int
    wanted: int


Tell = Callable[[Brought], None]


def push(session: Session, name: str, folder: str, tell: Tell, *, job_type: str = "", namespace: str = "", uid: str = "") -> Brought:
    """Bring the folder of a job into each instance as it appears, and return when all have it, or the job has ended.

    ``folder`` is where it is on this machine; empty where the job was submitted with it from here. It must still be what the job
    was submitted with.
    """
    namespace = namespace or session.namespace
    handle, job, _ = find_this(session, name, job_type, namespace, uid)
    packed = _packed(session, handle, job, folder)
    return _Courier(session, handle, job, packed, tell).run()


def _packed(session: Session, handle: JobHandle, job: Manifest, folder: str) -> Packed:
    name, digest = str(metadata_of(job)["name"]), annotations_of(job).get(WORKDIR, "")
    if not digest:
        raise UsageError(f"{name} was submitted without --workdir")
    if not waits(handle, job):
        raise UsageError(f"{name} needs nobody to bring its folder: it travels with the job")
    folder = folder or str(
        record.job_file(session.cluster, str(metadata_of(job)["namespace"]), name, handle.job_type.name).get("workdir") or ""
    )
    if not folder:
        raise UsageError(f"it is not known which folder {name} was submitted with", f"name it: `arena workdir push {name} DIR`")
    from arena_core.workdir.last import packed

    try:
        found = packed(folder, lambda listing: [])
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}", f"name the folder: `arena workdir push {name} DIR`") from error
    if isinstance(found, list) or found.digest != digest:
        text = f"{folder} is not what {name} was submitted with: it has changed since, or is another folder"
        raise UsageError(text, f"`arena clone {name} --workdir DIR` submits the folder as it is now")
    return found


def waits(handle: JobHandle, job: Manifest) -> bool:
    """Whether pods of the job wait until somebody brings the folder."""
    return _wanted(handle, job) > 0


def _wanted(handle: JobHandle, job: Manifest) -> int:
    sets = handle.pod_sets(job, "quota")
    return sum(one.replicas for one in sets if is_brought(dig.dig(at_path(job, one.path), "spec")))


class _Courier:
    """One folder on its way to the pods of one job."""

    def __init__(self, session: Session, handle: JobHandle, job: Manifest, packed: Packed, tell: Tell) -> None:
        self._session = session
        self._handle = handle
        self._job = job
        self._packed = packed
        self._tell = tell
        self._done: set[str] = set()
        self._failed: dict[str, int] = {}

    def run(self) -> Brought:
        """Go on until all have it."""
        wanted, looks = _wanted(self._handle, self._job), 0
        while True:
            job = self._look()
            for pod in job.pods:
                self._serve(pod)
            self._tell(found := Brought(len(self._done), wanted))
            if found.done >= wanted or job.status.phase.finished:
                return found
            self._session.cluster.scope.sleep(_PAUSES[looks] if looks < len(_PAUSES) else _LONGEST)
            looks += 1

    def _look(self) -> Job:
        resource, metadata = self._handle.job_type.resource, metadata_of(self._job)
        job = self._session.cluster.get(resource, str(metadata["namespace"]), str(metadata["name"]))
        if metadata_of(job).get("uid") != metadata.get("uid"):
            raise ArenaError(f"{metadata['name']} was deleted, and another job has its name now")
        return with_pods(self._session, self._handle, job)

    def _serve(self, pod: Manifest) -> None:
        uid = dig.text(pod, "metadata", "uid")
        if uid in self._done or not is_brought(dig.dig(pod, "spec")) or dig.text(pod, "metadata", "deletionTimestamp"):
            return
        state = next(
            (dig.mapping(row, "state") for row in dig.items(pod, "status", "initContainerStatuses") if row["name"] == CONTAINER), {}
        )
        if "terminated" in state or dig.text(pod, "status", "phase") in ("Running", "Succeeded", "Failed"):
            self._done.add(uid)
        elif "running" in state:
            try:
                self._send(pod)
            except ArenaError:
                self._failed[uid] = self._failed.get(uid, 0) + 1
                if self._failed[uid] >= _TRIES:
                    raise
            else:
                self._done.add(uid)

    def _send(self, pod: Manifest) -> None:
        namespace, name = dig.text(pod, "metadata", "namespace"), dig.text(pod, "metadata", "name")
        command = ["sh", "-c", f'cd "${{{INBOX_VARIABLE}:?}}" && {TAKE}', ARCHIVE, str(self._packed.size)]
        stream(self._session.cluster.exec(namespace, name, command, container=CONTAINER, stdin=True), self._packed, name)


def stream(session: ExecSession, packed: Packed, where: str) -> None:
    """Send the archive to a command that takes it, and make sure that it did."""
    said = b""
    try:
        try:
            for piece in packed.pieces():
                session.write(piece)
            session.close_stdin()
        except OSError:
            pass  # it needed no more of it, or says below why it could not go on
        while (found := session.read()) is not None:
            said = (said + found[1])[-1000:]
    finally:
        session.close()
    if session.broken or session.exit_code:
        why = session.broken or said.decode("utf-8", "replace").strip() or session.message
        raise ArenaError(f"the folder did not arrive in {where}: {why}", "the image of the container needs sh, head, wc and tar")
