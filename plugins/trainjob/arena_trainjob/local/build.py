"""The JobSet of a TrainJob: the runtime's template, what the job overrides, what its ML policy adds, and patches. Pure."""

from __future__ import annotations

import copy

from arena_core.k8s.owners import reference as owner_reference
from arena_local.sdk.bundle import Obj
from arena_trainjob.local import policies
from arena_trainjob.local.names import container, entries, pod_spec, policy, step, upsert
from arena_trainjob.local.patches import apply
from arena_trainjob.names import DATASET, LAUNCHER, MODEL, NODE, TRAINER

_OVERRIDES = ("image", "command", "args")


def nodes(job: Obj, runtime: Obj) -> int:
    """Return the number of nodes: the job's, else the runtime's, else one."""
    for number in (((job.get("spec") or {}).get("trainer") or {}).get("numNodes"), policy(runtime).get("numNodes")):
        if number is not None:
            return int(number)
    return 1


def sized(job: Obj, runtime: Obj) -> list[tuple[Obj, int]]:
    """Return (replicated job with what the TrainJob overrides, number of pods of each of its Jobs); copies."""
    found = []
    template = ((runtime.get("spec") or {}).get("template") or {}).get("spec") or {}
    for original in entries(template):
        entry = copy.deepcopy(original)
        override(job, entry)
        found.append((entry, _pods(job, runtime, entry)))
    return found


def _pods(job: Obj, runtime: Obj, entry: Obj) -> int:
    mpi = policy(runtime).get("mpi")
    if mpi is not None and entry.get("name") == NODE:
        return max(nodes(job, runtime) - int(bool(mpi.get("runLauncherAsNode"))), 0)
    if step(entry) == TRAINER and entry.get("name") != LAUNCHER:
        return nodes(job, runtime)
    return 1


def override(job: Obj, entry: Obj) -> None:
    """Write into a replicated job what the TrainJob says of its step."""
    spec = job.get("spec") or {}
    if step(entry) == TRAINER and (trainer := spec.get("trainer")) is not None and (node := container(entry, NODE)) is not None:
        node |= {key: copy.deepcopy(trainer[key]) for key in _OVERRIDES if trainer.get(key)}
        if trainer.get("env"):
            node["env"] = upsert(node.get("env"), copy.deepcopy(trainer["env"]))
        if trainer.get("resourcesPerNode"):
            node["resources"] = copy.deepcopy(trainer["resourcesPerNode"])
    for name, key in ((DATASET, "dataset"), (MODEL, "model")):
        wanted = (spec.get("initializer") or {}).get(key)
        if step(entry) == name and wanted and (found := container(entry, name)) is not None:
            uri = [{"name": "STORAGE_URI", "value": wanted["storageUri"]}] if wanted.get("storageUri") else []
            found["env"] = upsert(found.get("env"), [*uri, *copy.deepcopy(wanted.get("env") or [])])
            if wanted.get("secretRef"):
                found["envFrom"] = [*(found.get("envFrom") or []), {"secretRef": dict(wanted["secretRef"])}]


def jobset(job: Obj, runtime: Obj) -> Obj:
    """Return the JobSet, before its own webhook fills it in."""
    meta = job["metadata"]
    template = (runtime.get("spec") or {}).get("template") or {}
    spec = copy.deepcopy(template.get("spec") or {})
    spec["replicatedJobs"] = []
    for entry, count in sized(job, runtime):
        entry.setdefault("template", {}).setdefault("spec", {}).update(parallelism=count, completions=count)
        pod_spec(entry)
        policies.add(job, runtime, entry, nodes(job, runtime))
        spec["replicatedJobs"].append(entry)
    spec["suspend"] = bool((job.get("spec") or {}).get("suspend"))
    made = {key: dict(value) for key in ("labels", "annotations") if (value := (template.get("metadata") or {}).get(key))}
    found: Obj = {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "ownerReferences": [owner_reference(job)], **made},
        "spec": spec,
    }
    apply((job.get("spec") or {}).get("runtimePatches") or [], found)
    return found
