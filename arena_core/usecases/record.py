"""The record of a submission: a ConfigMap as old Arena (Go) writes it, so that it can show and delete our jobs.

Old Arena runs what it reads there; nothing here ever does. Ours is owned by the job and goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.errors import AlreadyExists, ArenaError, NotFound
from arena_core.contract.types import Manifest
from arena_core.k8s import owners
from arena_core.kube.cluster import Cluster
from arena_core.kube.resources import CONFIGMAPS
from arena_core.lazily import Logger
from arena_core.typed import Any
from arena_core.usecases.marks import CREATED_BY, labels_of, metadata_of, owner_reference

log = Logger(__name__)

#: A ConfigMap holds one mebibyte; the objects' list must always fit.
_MAX_VALUES = 500_000


def record_name(name: str, job_type: str) -> str:
    """Return the name of a job's record. Servers have their type in their name already, and Arena does not write it twice."""
    return name if job_type.endswith("-serving") and name.endswith(f"-{job_type}") else f"{name}-{job_type}"


def build(job_type: str, args: Any, manifests: Sequence[Manifest], namespace: str) -> Manifest:
    """Return the record of these objects, the job first."""
    job = manifests[0]
    data = {"app": "\n".join(_app_name(m) for m in manifests), "values": _values(job_type, args)}
    chart, _, version = labels_of(job).get("chart", "").rpartition("-")
    data[chart or job_type] = version
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": record_name(job["metadata"]["name"], job_type), "namespace": namespace, "labels": {CREATED_BY: "arena"}},
        "data": data,
    }


def _app_name(obj: Manifest) -> str:
    group = str(obj["apiVersion"]).rpartition("/")[0]
    kind = str(obj["kind"]).lower()
    return f"{kind}.{group}/{obj['metadata']['name']}" if group else f"{kind}/{obj['metadata']['name']}"


def _values(job_type: str, args: Any) -> str:
    """Return the arguments as JSON, which is YAML."""
    import json

    from arena_core.args import to_record

    text = json.dumps(to_record(job_type, args), ensure_ascii=False, default=str)
    return text if len(text.encode()) <= _MAX_VALUES else "{}"


def job_file(cluster: Cluster, namespace: str, name: str, job_type: str) -> dict[str, Any]:
    """Return the job file that the record of a job holds; empty where there is no record of ours, or it may not be read."""
    import json

    try:
        found = cluster.find(CONFIGMAPS, namespace, record_name(name, job_type))
        values = json.loads((found.get("data") or {}).get("values") or "{}") if found is not None and is_record(found) else {}
    except (ArenaError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) and values.get("type") == job_type else {}


def is_record(obj: Manifest) -> bool:
    """Whether a ConfigMap is a record of Arena's, old or new."""
    return labels_of(obj).get(CREATED_BY) == "arena" and "app" in (obj.get("data") or {})


def store(cluster: Cluster, namespace: str, record: Manifest, job: Manifest) -> str:
    """Write the record, in place of one that an earlier job left behind. Returns a warning where it cannot be written.

    The job does not need it, so nothing of this makes a submission fail.
    """
    record["metadata"]["ownerReferences"] = [owner_reference(job)]
    name = record["metadata"]["name"]
    try:
        for _ in range(3):
            try:
                cluster.create(CONFIGMAPS, namespace, record, is_own=lambda found: _belongs_to(found, job))
                return ""
            except AlreadyExists:
                found = cluster.find(CONFIGMAPS, namespace, name)
                if found is not None and not is_record(found):
                    return f"ConfigMap {name} is somebody else's: old Arena will not be able to delete this job"
                if found is not None:
                    _remove(cluster, namespace, name, metadata_of(found).get("uid", ""))
    except ArenaError as error:
        return f"no record for old Arena: {error.message}"
    return f"no record for old Arena: ConfigMap {name} keeps coming back"


def _belongs_to(found: Manifest, job: Manifest) -> bool:
    return owners.owned_by(found, job["metadata"]["uid"])


def remove_left_over(cluster: Cluster, namespace: str, name: str, job_type: str) -> bool:
    """Remove the record of a job that is gone; a ConfigMap of somebody else's that has its name stays."""
    try:
        found = cluster.find(CONFIGMAPS, namespace, record_name(name, job_type))
        if found is None or not is_record(found):
            return False
        return _remove(cluster, namespace, record_name(name, job_type), metadata_of(found).get("uid", ""))
    except ArenaError as error:
        log.debug("the record of %s cannot be removed: %s", name, error.message)
        return False


def left_over_types(cluster: Cluster, namespace: str, name: str, types: Sequence[str]) -> list[str]:
    """Return those of the job types that have a record of this name: one list instead of a question for each of many types."""
    try:
        found = cluster.list(CONFIGMAPS, namespace, label_selector=f"{CREATED_BY}=arena").items
    except ArenaError as error:
        log.debug("the records cannot be listed: %s", error.message)
        return []
    names = {str(metadata_of(obj).get("name")) for obj in found}
    return [job_type for job_type in types if record_name(name, job_type) in names]


def _remove(cluster: Cluster, namespace: str, name: str, uid: str) -> bool:
    try:
        cluster.delete(CONFIGMAPS, namespace, name, uid=uid)
    except NotFound:
        return False
    return True
