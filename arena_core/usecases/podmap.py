"""Which pods the selectors of which jobs find, kept while both come and go: an event costs no walk over thousands of pods."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.k8s.selectors import Requirement, matches, parse
from arena_core.usecases.ownership import uid_of

_Keys = tuple[str, ...]
_Place = tuple[str, _Keys, _Keys]


class PodMap:
    """Pods by the jobs whose selectors find them. Jobs name labels of few kinds: a pod is looked up once for each of these.

    A place is a namespace with the labels for which a selector asks by one value each; what it asks besides is looked at in the end.
    """

    def __init__(self) -> None:
        self._pods: dict[str, Manifest] = {}
        self._places: dict[str, dict[_Place, tuple[Requirement, ...]]] = {}
        self._jobs: dict[_Place, set[str]] = {}
        self._keys: dict[_Keys, int] = {}
        self._at: dict[_Place, dict[str, Manifest]] = {}

    def job(self, uid: str, namespace: str, selectors: Iterable[str]) -> None:
        """Take a job over with the selectors of its pods; none for one whose pods cannot be told."""
        places = dict(_asked(namespace, text) for text in selectors)
        if self._places.get(uid) == places:
            return
        self.no_job(uid)
        if places:
            self._places[uid] = places
        for place in places:
            self._jobs.setdefault(place, set()).add(uid)
            self._seek(place[1])

    def _seek(self, keys: _Keys) -> None:
        self._keys[keys] = self._keys.get(keys, 0) + 1
        if self._keys[keys] == 1:
            # The first job with labels of this kind: pods that came before it are looked through once.
            for pod in self._pods.values():
                if (where := _place(pod, keys)) is not None:
                    self._at.setdefault(where, {})[uid_of(pod)] = pod

    def no_job(self, uid: str) -> None:
        """Let a job go."""
        for place in self._places.pop(uid, {}):
            self._jobs[place].discard(uid)
            if not self._jobs[place]:
                del self._jobs[place]

    def pod(self, pod: Manifest, *, gone: bool = False) -> Iterable[str]:
        """Take over a pod that is new, has changed or has gone; returns the jobs that may find it, or did."""
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
        """Return the pods that a job's selectors find."""
        found: dict[str, Manifest] = {}
        for place, asked in self._places.get(job, {}).items():
            found |= {uid: pod for uid, pod in self._at.get(place, {}).items() if matches(asked, dig.labels(pod))}
        return list(found.values())


def _asked(namespace: str, selector: str) -> tuple[_Place, tuple[Requirement, ...]]:
    asked = parse(selector)
    exact = {one.key: next(iter(one.values)) for one in asked if one.op == "In" and len(one.values) == 1}
    keys = tuple(sorted(exact))
    return (namespace, keys, tuple(exact[key] for key in keys)), asked


def _place(pod: Manifest, keys: _Keys) -> _Place | None:
    labels = dig.labels(pod)
    if not all(key in labels for key in keys):
        return None
    return dig.text(pod, "metadata", "namespace"), keys, tuple(labels[key] for key in keys)
