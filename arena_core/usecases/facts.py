"""The facts about one job (its object, pods, related objects) and the one judgement on them: every command says the same status."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Find, JobHandle, JobStatus, JobView, Manifest, Phase
from arena_core.k8s import dig, selectors
from arena_core.k8s.owners import owned_by
from arena_core.kube.resources import PODS, ListResult
from arena_core.usecases.held import held_up
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.ownership import Owners, belongs, owner_of, uid_of
from arena_core.usecases.pods import list_pods_by, selectors_of
from arena_core.usecases.session import Session
from arena_core.usecases.unread import phrase
from arena_core.usecases.views import Job

#: How often a job type is asked for related objects, the later times with what it found.
ROUNDS = 3


def read(session: Session, handle: JobHandle, job: Manifest, unread: Sequence[str] = ()) -> Job:
    """Read what belongs to a job and say what it is doing; what cannot be read is named in its ``unread``, after what is already."""
    missing = list(unread)
    related, refused = related_of(session, handle, job)
    missing += refused
    owners = Owners(session.cluster, job, related)
    pods: Sequence[Manifest] | None = None
    earlier: Sequence[Manifest] = ()
    try:
        pods, earlier = pods_of(session, handle, job, owners)
    except ArenaError as error:
        missing.append(phrase(PODS, error))
    return view(handle, job, pods, related, earlier=earlier, unread=[*missing, *owners.unread])


def with_pods(session: Session, handle: JobHandle, job: Manifest) -> Job:
    """Return the job with its pods alone, for those who need nothing else of it; raises where pods cannot be read."""
    owners = Owners(session.cluster, job)
    pods, earlier = pods_of(session, handle, job, owners)
    return view(handle, job, pods, earlier=earlier, unread=owners.unread)


def view(
    handle: JobHandle,
    job: Manifest,
    pods: Sequence[Manifest] | None,
    related: Sequence[Manifest] | None = None,
    *,
    earlier: Sequence[Manifest] = (),
    unread: Sequence[str] = (),
) -> Job:
    """Judge: put a job together with its status. ``pods`` and ``related`` are None where they were not read."""
    seen = JobView(job, None if pods is None else tuple(pods), None if related is None else tuple(related))
    status = held_up(handle.status(seen), job, seen.pods or (), earlier)
    seen = JobView(job, seen.pods, seen.related, status)
    return Job(handle.job_type.name, seen, earlier=tuple(earlier), unread=tuple(dict.fromkeys(unread)))


def unknown(handle: JobHandle, job: Manifest, error: ArenaError, *, unread: Sequence[str] = ()) -> Job:
    """Return a job of which nothing can be said, since its plugin has failed: it is UNKNOWN, and says why."""
    status = JobStatus(Phase.UNKNOWN, reason="PluginFailed", message=error.message)
    return Job(handle.job_type.name, JobView(job, status=status), unread=tuple(unread))


def pods_of(session: Session, handle: JobHandle, job: Manifest, owners: Owners) -> tuple[list[Manifest], list[Manifest]]:
    """Return the job's pods, and those that an earlier job of its name has left."""
    return owners.split(list_pods(session, handle, job).items)


def list_pods(session: Session, handle: JobHandle, job: Manifest) -> ListResult:
    """Return the pods that the selectors find; whose they are, the owners tell."""
    return list_pods_by(session.cluster, str(metadata_of(job).get("namespace", "")), selectors_of(handle, job))


def related_of(session: Session, handle: JobHandle, job: Manifest) -> tuple[list[Manifest], list[str]]:
    """Return the related objects that the job type names, and a phrase for each kind that should be there and cannot be read."""
    unread: list[str] = []

    def fetch(wanted: Find) -> Sequence[Manifest]:
        try:
            return _candidates(session, wanted, job)
        except ArenaError as error:
            unread.append(phrase(wanted.resource, error))
            return ()

    return in_rounds(handle, job, fetch, unread), unread


def in_rounds(handle: JobHandle, job: Manifest, fetch: Callable[[Find], Sequence[Manifest]], unread: list[str]) -> list[Manifest]:
    """Return the job's own related objects: its type is asked again with what it found, each thing is fetched once."""
    found: dict[str, Manifest] = {}
    asked: set[Find] = set()
    mine: list[Manifest] = []
    for _ in range(ROUNDS):
        try:
            wanted = [find for find in dict.fromkeys(handle.related(JobView(job, related=tuple(mine)))) if find not in asked]
        except ArenaError as error:
            unread.append(f"related objects ({error.message})")
            break
        if not wanted:
            break
        asked.update(wanted)
        for find in wanted:
            found |= {uid_of(obj) or str(id(obj)): obj for obj in fetch(find)}
        mine = own(list(found.values()), job)
    return mine


def wrapped(handle: JobHandle, job: Manifest) -> Find | None:
    """Return where the job is that this one wraps, if it does: how that ends need not show in the wrapper or in a pod."""
    try:
        return next((find for find in handle.related(JobView(job)) if find.inner), None)
    except ArenaError:
        return None  # told where what is related is read


def own(found: Sequence[Manifest], job: Manifest) -> list[Manifest]:
    """Return those of the objects that belong to the job."""
    known = {uid_of(obj): obj for obj in (*found, job)}
    return [obj for obj in found if _is_its(obj, job, known)]


def matches(obj: Manifest, wanted: Find) -> bool:
    """Whether a listed object is one that a job type asks for: by name, labels or owner."""
    if wanted.name:
        return metadata_of(obj).get("name") == wanted.name
    try:
        asked = selectors.parse(wanted.label_selector)
    except ValueError:
        return False  # no object has labels that no server takes
    return selectors.matches(asked, dig.labels(obj)) and (not wanted.owner_uid or owned_by(obj, wanted.owner_uid))


def _candidates(session: Session, wanted: Find, job: Manifest) -> list[Manifest]:
    where = str(metadata_of(job).get("namespace", "")) if wanted.resource.namespaced else ""
    if wanted.name:
        one = session.cluster.find(wanted.resource, where, wanted.name)
        return [one] if one else []
    items = session.cluster.list(wanted.resource, where, label_selector=wanted.label_selector).items
    return [item for item in items if not wanted.owner_uid or owned_by(item, wanted.owner_uid)]


def _is_its(obj: Manifest, job: Manifest, known: dict[str, Manifest]) -> bool:
    """Whether a related object is the job's own. One that nobody owns is what the job itself names (a PodGroup made by hand)."""
    told = belongs(obj, job, known)
    return not owner_of(obj) if told is None else told
