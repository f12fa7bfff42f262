"""Which pods belong to which job, by the label selectors that the job type names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from arena_core.contract.types import JobHandle, Manifest
from arena_core.k8s.selectors import Requirement, matches, parse
from arena_core.kube.cluster import Cluster
from arena_core.kube.resources import PODS, ListResult
from arena_core.usecases.marks import labels_of, metadata_of

#: Operators of conditions that only objects with the label satisfy.
_NARROWS = frozenset({"In", "Exists", "Gt", "Lt"})


def selectors_of(handle: JobHandle, job: Manifest) -> tuple[str, ...]:
    """Return the selectors of a job's pods, each once; an empty one, which would find every pod, is none."""
    return tuple(dict.fromkeys([text for text in handle.job_type.selectors(job) if text.strip()]))


def list_pods_by(cluster: Cluster, namespace: str, selectors: Sequence[str]) -> ListResult:
    """Return the pods that any of the selectors finds, with the version of the first list: a watch from there misses nothing."""
    lists = [cluster.list(PODS, namespace, label_selector=text) for text in selectors]
    if len(lists) < 2:
        return lists[0] if lists else ListResult([])
    pods = {str(metadata_of(pod).get("uid")): pod for one in reversed(lists) for pod in one.items}
    return ListResult(list(pods.values()), lists[0].resource_version)


def found_by(selector: str, pods: Iterable[Manifest]) -> list[Manifest]:
    """Return those of the pods that a selector finds."""
    return [pod for pod in pods if matches(parse(selector), labels_of(pod))]


class Common:
    """The narrowest selector that finds what each of many does: keys that all of them ask for, and values where they agree."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, ...]] | None = None

    def add(self, text: str) -> None:
        """Take one more."""
        asked = {one.key: tuple(sorted(one.values)) if one.op == "In" else () for one in parse(text) if one.op in _NARROWS}
        if self._keys is None:
            self._keys = asked
        elif self._keys != asked:
            self._keys = {key: values if asked[key] == values else () for key, values in self._keys.items() if key in asked}

    @property
    def text(self) -> str:
        """The selector."""
        return ",".join(
            f"{key}={values[0]}" if len(values) == 1 else f"{key} in ({','.join(values)})" if values else key
            for key, values in sorted((self._keys or {}).items())
        )


def common_selector(wanted: Iterable[str]) -> str:
    """Return the narrowest selector that finds what each of these does."""
    common = Common()
    for text in wanted:
        common.add(text)
    return common.text


class PodIndex:
    """Pods by namespace and label, so that a thousand jobs find theirs without a thousand walks over all pods."""

    def __init__(self, pods: Iterable[Manifest]) -> None:
        self._pods = list(pods)
        self._by_key: dict[str, dict[tuple[str, str], list[Manifest]]] = {}

    def of(self, namespace: str, selectors: Iterable[str]) -> list[Manifest]:
        """Return the pods of a namespace that any of these selectors finds; none where there is none."""
        found: dict[int, Manifest] = {}
        for text in selectors if self._pods else ():
            if asked := parse(text):
                found |= {id(pod): pod for pod in self._candidates(namespace, asked) if matches(asked, labels_of(pod))}
        return list(found.values())

    def _candidates(self, namespace: str, asked: Sequence[Requirement]) -> list[Manifest]:
        """Return the fewest pods among which those that are meant must be."""
        shortest: list[Manifest] | None = None
        for one in asked:
            if one.op == "In":
                rows = self._rows(one.key)
                found = [pod for value in one.values for pod in rows.get((namespace, value), [])]
                shortest = found if shortest is None or len(found) < len(shortest) else shortest
        if shortest is None:
            return [pod for pod in self._pods if str(metadata_of(pod).get("namespace", "")) == namespace]
        return shortest

    def _rows(self, key: str) -> dict[tuple[str, str], list[Manifest]]:
        rows = self._by_key.get(key)
        if rows is None:
            rows = defaultdict(list)
            for pod in self._pods:
                value = labels_of(pod).get(key)
                if value is not None:
                    rows[str(metadata_of(pod).get("namespace", "")), value].append(pod)
            self._by_key[key] = rows
        return rows
