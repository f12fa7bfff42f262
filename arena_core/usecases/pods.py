"""Which pods belong to which job, by the labels that the job type names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from arena_core.contract.types import Manifest
from arena_core.usecases.marks import labels_of, metadata_of


def selector_of(labels: Mapping[str, str]) -> str:
    """Return the label selector for exactly these labels."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def common_selector(wanted: Sequence[Mapping[str, str]]) -> str:
    """Return the narrowest selector that finds the pods of all jobs: keys that all of them have, and values where they agree."""
    if not wanted:
        return ""
    keys = set(wanted[0]).intersection(*wanted[1:])
    parts = []
    for key in sorted(keys):
        values = {labels[key] for labels in wanted}
        parts.append(f"{key}={values.pop()}" if len(values) == 1 else key)
    return ",".join(parts)


class PodIndex:
    """Pods by namespace and label, so that a thousand jobs find theirs without a thousand walks over all pods."""

    def __init__(self, pods: Iterable[Manifest]) -> None:
        self._pods = list(pods)
        self._by_key: dict[str, dict[tuple[str, str], list[Manifest]]] = {}

    def of(self, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the pods of a namespace that carry all of these labels; none where no label is asked for."""
        if not labels:
            return []
        shortest: list[Manifest] | None = None
        for key, value in labels.items():
            found = self._rows(key).get((namespace, value), [])
            if shortest is None or len(found) < len(shortest):
                shortest = found
        wanted = labels.items()
        return [pod for pod in shortest or [] if wanted <= labels_of(pod).items()]

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
