"""Keys of what the operator reads and makes, and how a TrainJob leads to its runtime."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_local.sdk.bundle import Api, Obj
from arena_trainjob.names import GROUP, STEP

TRAINJOBS = f"trainjobs.{GROUP}"
JOBSETS = "jobsets.jobset.x-k8s.io"
MANAGER = "trainer"
#: Kind of a runtime → its collection.
RUNTIMES = {"ClusterTrainingRuntime": f"clustertrainingruntimes.{GROUP}", "TrainingRuntime": f"trainingruntimes.{GROUP}"}
#: The port on which the first node is reached by the others.
PORT = 29500
INDEX_PATH = "metadata.annotations['batch.kubernetes.io/job-completion-index']"


def reference(job: Obj) -> Obj:
    """Return ``spec.runtimeRef`` with what the schema defaults."""
    return {"apiGroup": GROUP, "kind": "ClusterTrainingRuntime", **((job.get("spec") or {}).get("runtimeRef") or {})}


def runtime_of(api: Api, job: Obj) -> Obj | None:
    """Return the runtime that a job names, or None."""
    found = reference(job)
    resource = RUNTIMES.get(str(found["kind"]))
    if resource is None or found["apiGroup"] != GROUP:
        return None
    namespace = job["metadata"].get("namespace", "") if found["kind"] == "TrainingRuntime" else ""
    return api.find(resource, namespace, str(found.get("name", "")))


def policy(runtime: Obj) -> Obj:
    """Return ``spec.mlPolicy``."""
    found: Obj = (runtime.get("spec") or {}).get("mlPolicy") or {}
    return found


def entries(spec: Obj) -> list[Obj]:
    """Return the replicated jobs of a JobSet's spec."""
    return [entry for entry in spec.get("replicatedJobs") or [] if isinstance(entry, dict)]


def step(entry: Obj) -> str:
    """Return which step a replicated job is: trainer, an initializer, or none."""
    labels = ((entry.get("template") or {}).get("metadata") or {}).get("labels") or {}
    return str(labels.get(STEP, ""))


def pod_spec(entry: Obj) -> Obj:
    """Return the pod spec of a replicated job (the very dict)."""
    found: Obj = entry.setdefault("template", {}).setdefault("spec", {}).setdefault("template", {}).setdefault("spec", {})
    return found


def container(entry: Obj, name: str) -> Obj | None:
    """Return a container of a replicated job (the very dict), or None."""
    return next((c for c in pod_spec(entry).get("containers") or [] if c.get("name") == name), None)


def upsert(items: Iterable[Obj] | None, new: Iterable[Obj], key: str = "name") -> list[Any]:
    """Return a list of named things with others in place of those of their names, and the rest behind."""
    found = {item.get(key): item for item in items or ()}
    for item in new:
        found[item.get(key)] = item
    return list(found.values())
