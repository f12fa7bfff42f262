"""What jobs of the same content share: named by its digest, made by the first of them, gone with the last that owns it."""

from __future__ import annotations

from collections.abc import Callable

from arena_core.contract.errors import AlreadyExists, ArenaError, NotFound
from arena_core.contract.types import WORKDIR, Manifest
from arena_core.k8s import owners
from arena_core.kube.cluster import Cluster
from arena_core.kube.refusals import Conflict
from arena_core.kube.resources import resource_of
from arena_core.usecases import marks


def is_shared(obj: Manifest) -> bool:
    """Whether any job with the same content may use the object."""
    return obj.get("kind") == "ConfigMap" and WORKDIR in marks.annotations_of(obj)


def there(cluster: Cluster, namespace: str, obj: Manifest) -> Manifest | None:
    """Return the object of this content that is there already and stays; raises ``AlreadyExists`` where somebody else has its name."""
    name = obj["metadata"]["name"]
    found = cluster.find(resource_of(obj["apiVersion"], obj["kind"]), namespace, name)
    if found is None or marks.metadata_of(found).get("deletionTimestamp"):
        return None
    if marks.annotations_of(found).get(WORKDIR) != marks.annotations_of(obj)[WORKDIR]:
        hint = "remove it, or rename it"
        raise AlreadyExists(
            f"{obj['kind']} {name}, which this job needs, exists in namespace {namespace} and belongs to something else", hint
        )
    return found


def adopt(cluster: Cluster, namespace: str, obj: Manifest, job: Manifest, create: Callable[[Manifest], Manifest]) -> Manifest:
    """Make the job one of the owners; where the last owner's end has taken the object away in between, it is made again."""
    mine = {key: value for key, value in marks.owner_reference(job).items() if key != "controller"}  # which only one may be
    for pause in (0.0, 0.1, 0.3, 1.0, 2.0):
        cluster.scope.sleep(pause)
        found = there(cluster, namespace, obj)
        try:
            if found is None:
                metadata = {key: obj["metadata"][key] for key in ("name", "namespace", "labels", "annotations") if key in obj["metadata"]}
                return create({**obj, "metadata": {**metadata, "ownerReferences": [mine]}})
            metadata = marks.metadata_of(found)
            change = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
            both = {"metadata": {**change, "ownerReferences": [*owners.references(found), mine]}}
            return cluster.patch(resource_of(obj["apiVersion"], obj["kind"]), namespace, metadata["name"], both)
        except (AlreadyExists, Conflict, NotFound):
            continue
    raise ArenaError(f"{obj['kind']} {obj['metadata']['name']} is changed by somebody else all the time", "submit it again")
