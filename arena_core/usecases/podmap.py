"""Which pods carry the labels of which jobs, kept while both come and go: an event costs no walk over thousands of pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.usecases.ownership import uid_of

_Keys = tuple[str, ...]
_Place = tuple[str, _Keys, _Keys]


class PodMap:
    """Pods by the jobs whose labels they carry. Jobs name labels of few kinds: a pod is looked up once for each of these."""

    def __init__(self) -> None:
        self._pods: dict[str, Manifest] = {}
        self._places: dict[str, _Place] = {}
        self._jobs: dict[_Place, set[str]] = {}
        self._keys: dict[_Keys, int] = {}
        self._at: dict[_Place, dict[str, Manifest]] = {}

    def job(self, uid: str, namespace: str, labels: Mapping[str, str]) -> None:
        """Take a job over with the labels that its pods carry; none for one whose pods cannot be told."""
        keys = tuple(sorted(labels))
        place = (namespace, keys, tuple(labels[key] for key in keys))
        if self._places.get(uid) == place:
            return
        self.no_job(uid)
        if not labels:
            return
        self._places[uid] = place
        self._jobs.setdefault(place, set()).add(uid)
        self._keys[keys] = self._keys.get(keys, 0) + 1
        if self._keys[keys] == 1:
            # The first job with labels of this kind: pods that came before it are looked through once.
            for pod in self._pods.values():
                if (where := _place(pod, keys)) is not None:
                    self._at.setdefault(where, {})[uid_of(pod)] = pod

    def no_job(self, uid: str) -> None:
        """Let a job go."""
        place = self._places.pop(uid, None)
        if place is not None:
            self._jobs[place].discard(uid)
            if not self._jobs[place]:
                del self._jobs[place]

    def pod(self, pod: Manifest, *, gone: bool = False) -> Iterable[str]:
        """Take over a pod that is new, has changed or has gone; returns the jobs whose labels it carries, or carried."""
        uid = uid_of(pod)
        before = self._pods.pop(uid, None)
        concerned: set[str] = set()
        for keys in self._keys:
            for one, leaves in ((before, True), (pod, gone)):
                where = _place(one, keys) if one is not None else None
                if where is None:
                    continue
                concerned |= self._jobs.get(where, set())
                if leaves:
                    self._at.get(where, {}).pop(uid, None)
                else:
                    self._at.setdefault(where, {})[uid] = pod
        if not gone:
            self._pods[uid] = pod
        return concerned

    def of(self, job: str) -> list[Manifest]:
        """Return the pods that carry a job's labels."""
        place = self._places.get(job)
        return list(self._at.get(place, {}).values()) if place is not None else []


def _place(pod: Manifest, keys: _Keys) -> _Place | None:
    labels = dig.labels(pod)
    if not all(key in labels for key in keys):
        return None
    return dig.text(pod, "metadata", "namespace"), keys, tuple(labels[key] for key in keys)
