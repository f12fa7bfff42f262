"""What Kueue needs to know of a TrainJob: its pods are the runtime's, and what a queue says of them goes into a patch of its own."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.k8s import conditions
from arena_local.sdk.bundle import Api, Obj, QuotaPodSet
from arena_local.sdk.quota import quota_of, suspend_at
from arena_trainjob import plugin
from arena_trainjob.local.build import sized
from arena_trainjob.local.names import runtime_of
from arena_trainjob.names import JOB_INDEX
from arena_trainjob.status import nodes, pod_sets

PATCHER = "kueue.x-k8s.io/manager"
INDEX = "batch.kubernetes.io/job-completion-index"


def _named(job: Obj) -> list[QuotaPodSet]:
    """Return the sets that the job itself names, as long as nobody looks at its runtime."""
    return [QuotaPodSet(one.name, one.replicas, {}) for one in pod_sets(job, "quota")] or [QuotaPodSet("node", nodes(job), {})]


def _of_runtime(api: Api, job: Obj) -> Sequence[QuotaPodSet]:
    """Return the sets of the runtime, with what the job overrides."""
    runtime = runtime_of(api, job)
    if runtime is None:
        return ()
    found = []
    for entry, pods in sized(job, runtime):
        template = entry["template"]["spec"]["template"]
        jobs = int(entry.get("replicas", 1))
        found.append(QuotaPodSet(entry["name"], jobs * pods, template, index_label=INDEX, group_label=JOB_INDEX, groups=jobs))
    return found


def _patch(job: Obj) -> Obj:
    """Return Kueue's patch (the very dict); it is made where there is none."""
    patches = job["spec"].setdefault("runtimePatches", [])
    found = next((patch for patch in patches if patch.get("manager") == PATCHER), None)
    if found is None:
        found = {"manager": PATCHER, "trainingRuntimeSpec": {"template": {"spec": {}}}}
        patches.append(found)
    return found


_, _TURN = suspend_at(plugin.arena_job_type().suspend_path)


def _set_suspend(job: Obj, value: bool) -> None:
    _TURN(job, value)
    _patch(job)


def _inject(job: Obj, infos: Sequence[Obj]) -> None:
    names = [one.name for one in _named(job)]
    rows = []
    for number, info in enumerate(infos):
        meta = {key: info[key] for key in ("annotations", "labels") if info.get(key)}
        spec = {key: info[key] for key in ("nodeSelector", "tolerations") if info.get(key)}
        name = str(meta.get("labels", {}).get("kueue.x-k8s.io/podset") or names[min(number, len(names) - 1)])
        rows.append({"name": name, "template": {"spec": {"template": {"metadata": meta, "spec": spec}}}})
    _patch(job)["trainingRuntimeSpec"] = {"template": {"spec": {"replicatedJobs": rows}}}


def _restore(job: Obj) -> None:
    _patch(job)["trainingRuntimeSpec"] = {"template": {"spec": {}}}


def _finished(job: Obj) -> tuple[str, bool] | None:
    for type in ("Complete", "Failed"):
        found = conditions.find(job, type) or {}
        if found.get("status") == "True":
            return str(found.get("message", "")), type == "Complete"
    return None


def _rows(job: Obj) -> list[Obj]:
    return (job.get("status") or {}).get("jobsStatus") or []


def _pods_ready(api: Api, job: Obj) -> bool:
    rows = _rows(job)
    return bool(rows) and all(row.get("ready", 0) + row.get("succeeded", 0) >= 1 for row in rows)


QUOTA = quota_of(
    plugin,
    "trainer.kubeflow.org/trainjob",
    pod_sets=_named,
    set_suspend=_set_suspend,
    resolve=_of_runtime,
    finished=_finished,
    active=lambda api, job: any(row.get("active") for row in _rows(job)),
    pods_ready=_pods_ready,
    priority_class=lambda job: "",
    inject=_inject,
    restore=_restore,
)
