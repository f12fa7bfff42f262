"""What Kubeflow Trainer's webhooks write into TrainJobs, and what they refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from arena_core.k8s import time
from arena_local.sdk.bundle import Api, Denied, Obj
from arena_trainjob.local.names import RUNTIMES, container, entries, policy, reference, runtime_of, step
from arena_trainjob.names import DATASET, GROUP, MODEL, NODE

_RESERVED = {
    "torch": re.compile("PET_(NNODES|NPROC_PER_NODE|NODE_RANK|MASTER_ADDR|MASTER_PORT)"),
    "jax": re.compile("JAX_(NUM_PROCESSES|PROCESS_ID|COORDINATOR_ADDRESS)"),
    "xgboost": re.compile("DMLC_(TRACKER_URI|TRACKER_PORT|TASK_ID|NUM_WORKER)"),
}
_NO_SSHD = "there is no sshd here: the launcher of an MPI runtime reaches no other node; `arena submit mpijob` runs mpirun"
_ENVS = "must not have envs for the dataset-initializer, model-initializer, node containers"


def default(api: Api, job: Obj, old: Obj | None, operation: str) -> None:
    """Refuse numbers that are none, as the program cannot read them, and say when patches have changed."""
    spec = job.get("spec") or {}
    for field in ("numNodes", "numProcPerNode"):
        if isinstance((spec.get("trainer") or {}).get(field), str):
            text = f"json: cannot unmarshal string into Go struct field Trainer.spec.trainer.{field} of type int32"
            raise Denied(text, 400)
    before = {p.get("manager"): p for p in ((old or {}).get("spec") or {}).get("runtimePatches") or []}
    for number, patch in enumerate(spec.get("runtimePatches") or []):
        known = before.get(patch.get("manager")) or {}
        changed = patch.get("trainingRuntimeSpec") != known.get("trainingRuntimeSpec")
        when = time.text(api.now()) if changed else known.get("time")
        spec["runtimePatches"][number] = {
            key: value for key, value in ({"manager": None, "time": when} | patch).items() if value is not None
        }
        if when:
            spec["runtimePatches"][number]["time"] = when


def validate(api: Api, job: Obj, old: Obj | None, operation: str) -> Iterable[str] | None:
    """Refuse what does not fit the runtime; say what does not run here."""
    if job["metadata"].get("deletionTimestamp") or (old is not None and old.get("spec") == job.get("spec")):
        return None
    ref = reference(job)
    if ref["kind"] not in RUNTIMES or ref["apiGroup"] != GROUP:
        raise Denied(f"unsupported runtime: {ref['kind']}.{ref['apiGroup']}")
    runtime = runtime_of(api, job)
    if runtime is None:
        if old is not None:
            return None
        # The operator's two kinds of runtime spell the path of the field in two ways.
        path = "spec.RuntimeRef" if ref["kind"] == "ClusterTrainingRuntime" else "spec.runtimeRef"
        word = ref["kind"][0].lower() + ref["kind"][1:]
        why = f'{ref["kind"]}.{GROUP} "{ref.get("name", "")}" not found: specified {word} must be created before the TrainJob is created'
        raise Denied(f"{path}: Invalid value: {_shown(_ordered(ref))}: {why}")
    if wrong := list(_problems(job, runtime, ref)):
        raise Denied(wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]")
    return [_NO_SSHD] if old is None and policy(runtime).get("mpi") is not None else None


def _problems(job: Obj, runtime: Obj, ref: Obj) -> Iterator[str]:
    spec = job["spec"]
    known = entries(((runtime.get("spec") or {}).get("template") or {}).get("spec") or {})
    steps = {step(entry): entry for entry in known}
    for key, name, word in (("dataset", DATASET, "datasetConfig"), ("model", MODEL, "modelConfig")):
        if (spec.get("initializer") or {}).get(key) and (name not in steps or container(steps[name], name) is None):
            why = f"must have {name} job when trainJob is configured with input {word}"
            yield f"spec.runtimeRef: Invalid value: {_shown(_ordered(ref))}: {why}"
    env = (spec.get("trainer") or {}).get("env") or []
    pattern = next((p for name, p in _RESERVED.items() if policy(runtime).get(name) is not None), None)
    if pattern and (wrong := [e["name"] for e in env if pattern.fullmatch(str(e.get("name")))]):
        why = f"must not have reserved envs, invalid envs configured: [{' '.join(wrong)}]"
        yield f"spec.trainer.env: Invalid value: {_shown(env)}: {why}"
    yield from _patches(spec.get("runtimePatches") or [], {str(entry.get("name")) for entry in known})


def _patches(patches: list[Obj], known: set[str]) -> Iterator[str]:
    said = f"spec.runtimePatches: Invalid value: {_shown(patches)}"
    for patch in patches:
        for entry in entries((((patch.get("trainingRuntimeSpec") or {}).get("template") or {}).get("spec")) or {}):
            if entry.get("name") not in known:
                yield f"{said}: must not have replicated job that doesn't exist in the runtime job template"
            pods = ((((entry.get("template") or {}).get("spec") or {}).get("template") or {}).get("spec")) or {}
            if any(c.get("env") and c.get("name") in (NODE, DATASET, MODEL) for c in pods.get("containers") or []):
                yield f"{said}: {_ENVS}"


def _ordered(ref: Obj) -> Obj:
    return {key: ref[key] for key in ("name", "apiGroup", "kind") if key in ref}


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
