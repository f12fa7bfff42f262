"""What of Kueue the local cluster takes and does not act upon: whoever writes it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from arena_local.kueue import kinds
from arena_local.sdk.bundle import Admission, Api, Obj, Validate

_PLACES = "has no effect on the local cluster: its nodes are one machine, pods are placed without regard to topology"
_TOPOLOGY = tuple(f"{kinds.GROUP}/podset-{word}-topology" for word in ("required", "preferred", "unconstrained", "slice-required"))
#: Annotations and labels of jobs and pods.
_MARKS: Mapping[str, str] = {
    **dict.fromkeys(_TOPOLOGY, _PLACES),
    f"{kinds.GROUP}/podset-slice-size": _PLACES,
    f"{kinds.GROUP}/podset-group-name": _PLACES,
    f"{kinds.GROUP}/admission-gated-by": "has no effect on the local cluster: admission does not wait for other controllers",
    f"{kinds.GROUP}/elastic-job": "has no effect on the local cluster: a job that grows is queued anew",
    f"{kinds.GROUP}/prebuilt-workload-name": "has no effect on the local cluster: Workloads are always made from the job",
    f"{kinds.GROUP}/priority-boost": "has no effect on the local cluster",
}
_KINDS: Mapping[str, str] = {
    "topologies": "is only stored by the local cluster: its nodes are one machine, pods are placed without regard to topology",
    "admissionchecks": "is only stored by the local cluster: no controller runs for it, so a ClusterQueue with one admits nothing",
    "multikueueclusters": "is only stored by the local cluster: jobs are not sent to other clusters",
    "multikueueconfigs": "is only stored by the local cluster: jobs are not sent to other clusters",
    "provisioningrequestconfigs": "is only stored by the local cluster: no nodes are provisioned",
}


def of_marks(objects: Iterable[Obj]) -> list[str]:
    """Return a warning for each annotation or label that nothing heeds, of a job and its pod templates."""
    found: dict[str, None] = {}
    for obj in objects:
        meta = obj.get("metadata") or {}
        for key in (*(meta.get("annotations") or ()), *(meta.get("labels") or ())):
            if key in _MARKS:
                found[f"{key} {_MARKS[key]}"] = None
    return list(found)


def _flavor(api: Api, flavor: Obj, old: Obj | None, operation: str) -> Sequence[str]:
    return [f"spec.topologyName {_PLACES}"] if (flavor.get("spec") or {}).get("topologyName") else []


def _teller(text: str) -> Validate:
    return lambda api, obj, old, operation: [text]


def webhooks() -> tuple[Admission, ...]:
    """Return the hooks that warn when such a kind is created."""
    return (
        *(
            Admission("stored-only", f"{plural}.{kinds.GROUP}", ("CREATE",), validate=_teller(f"this object {text}"))
            for plural, text in _KINDS.items()
        ),
        Admission("stored-only", kinds.FLAVORS, ("CREATE", "UPDATE"), validate=_flavor),
    )
