"""Which objects belong to a job: by uid, through their controllers. Names and labels only fetch candidates.

After delete and resubmit the pods of the earlier job carry the same names and labels as those of the new one for as long as they end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.errors import ArenaError, KindNotInstalled, NotFound
from arena_core.contract.types import Manifest
from arena_core.k8s import dig, owners
from arena_core.kube.cluster import Cluster
from arena_core.kube.resources import resource_of
from arena_core.typed import Any
from arena_core.usecases.unread import phrase

#: A pod is seldom more than three owners away from its job (AppWrapper, JobSet, Job); longer chains are not followed.
_DEPTH = 6


def uid_of(obj: Any) -> str:
    """Return the object's uid, or nothing."""
    return dig.text(obj, "metadata", "uid")


def owner_of(obj: Any) -> Mapping[str, Any]:
    """Return the ownerReference with ``controller: true`` (else the first one), or an empty mapping."""
    found = list(owners.references(obj))
    # Of the objects of a list nearly none has an owner.
    return (owners.controller_of(obj) or found[0]) if found else {}


def is_namesake(reference: Mapping[str, Any], job: Manifest) -> bool:
    """Whether the reference is to an object of the job's kind and name that is another one: an earlier job."""
    return (
        reference.get("name") == dig.text(job, "metadata", "name")
        and reference.get("kind") == job.get("kind")
        and _group(reference) == _group(job)
        and reference.get("uid") != uid_of(job)
    )


def belongs(obj: Manifest, job: Manifest, known: Mapping[str, Manifest]) -> bool | None:
    """Whether the object belongs to the job; None where that cannot be told from ``known``, the objects between them by uid."""
    root = uid_of(job)
    for _ in range(_DEPTH):
        if owners.owned_by(obj, root):
            return True
        reference = owner_of(obj)
        if not reference:
            return None
        if is_namesake(reference, job):
            return False
        parent = known.get(str(reference.get("uid", "")))
        if parent is None:
            return None
        if not owner_of(parent):
            return False
        obj = parent
    return None


def not_older(obj: Manifest, job: Manifest) -> bool:
    """Whether the object was made with or after the job; what is older was made for another. Unknown times count as not older."""
    made, since = (dig.text(o, "metadata", "creationTimestamp") for o in (obj, job))
    return not made or not since or made >= since


def is_earlier(obj: Manifest, job: Manifest) -> bool:
    """Whether an object that is not the job's is what an earlier job of its name has left."""
    return is_namesake(owner_of(obj), job) or not not_older(obj, job)


def guess(obj: Manifest, job: Manifest, known: Mapping[str, Manifest]) -> bool:
    """Whether the object belongs to the job, as far as can be told without a request: by uid, else by its age."""
    told = belongs(obj, job, known)
    return not_older(obj, job) if told is None else told


class Owners:
    """Tells what belongs to one job, and reads the objects between them where they are not known. Each is read once.

    ``known`` are objects that may lie between. ``unread`` says of which owners it could not be told; then the age has to do. Safe
    for several threads: at worst an owner is read twice.
    """

    def __init__(self, cluster: Cluster, job: Manifest, known: Iterable[Manifest] = ()) -> None:
        self._cluster = cluster
        self._job = job
        self._known = {uid_of(obj): obj for obj in (*known, job)}
        self._lost: set[str] = set()
        self.unread: list[str] = []

    def learn(self, objects: Iterable[Manifest]) -> None:
        """Take note of objects that may lie between."""
        self._known.update((uid_of(obj), obj) for obj in objects)

    def owns(self, obj: Manifest) -> bool:
        """Whether the object belongs to the job."""
        for _ in range(_DEPTH):
            told = belongs(obj, self._job, self._known)
            if told is not None:
                return told
            if not self._learn(obj):
                break
        return not_older(obj, self._job)

    def split(self, objects: Iterable[Manifest]) -> tuple[list[Manifest], list[Manifest]]:
        """Return what belongs to the job, and what is left of an earlier one of its name."""
        mine: list[Manifest] = []
        others: list[Manifest] = []
        for obj in objects:
            (mine if self.owns(obj) else others).append(obj)
        return mine, [obj for obj in others if is_earlier(obj, self._job)]

    def _learn(self, obj: Manifest) -> bool:
        """Read the first owner in the chain that is not known; False where there is none to be learnt."""
        reference = owner_of(obj)
        for _ in range(_DEPTH):
            parent = self._known.get(str(reference.get("uid", "")))
            if parent is None:
                break
            reference = owner_of(parent)
        uid, name = str(reference.get("uid", "")), dig.text(reference, "name")
        if not uid or not name or uid in self._lost or uid in self._known:
            return False
        resource = resource_of(dig.text(reference, "apiVersion"), dig.text(reference, "kind"))
        try:
            found = self._cluster.find(resource, dig.text(self._job, "metadata", "namespace"), name)
        except (NotFound, KindNotInstalled):
            found = None
        except ArenaError as error:
            found = None
            self.unread.append(phrase(resource, error))
        if found is None or uid_of(found) != uid:
            self._lost.add(uid)
            return False
        self._known[uid] = found
        return True


def earlier_text(earlier: Sequence[Manifest]) -> str:
    """Say in a few words what is left of an earlier job: ``pod a-master-0 of an earlier job is still ending``."""
    if not earlier:
        return ""
    ending = all(dig.text(pod, "metadata", "deletionTimestamp") for pod in earlier)
    names = ", ".join(dig.text(pod, "metadata", "name") for pod in earlier[:3]) + (", …" if len(earlier) > 3 else "")
    what = f"pod {names} of an earlier job is" if len(earlier) == 1 else f"pods {names} of an earlier job are"
    return f"{what} still {'ending' if ending else 'there'}"


def _group(obj: Mapping[str, Any]) -> str:
    return dig.text(obj, "apiVersion").rpartition("/")[0]
