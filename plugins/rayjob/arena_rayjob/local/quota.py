"""What Kueue needs to know of a RayJob and of a RayCluster: where suspend is, their pod sets, and their state."""

from __future__ import annotations

from arena_local.sdk.bundle import Admission, Api, Denied, Obj, QuotaJob, QuotaPodSet
from arena_local.sdk.quota import pod_sets_of, quota_of, suspend_at
from arena_rayjob import names as said
from arena_rayjob import plugin
from arena_rayjob.local.names import K8S_JOB, RAYCLUSTERS, RAYJOBS, SUBMITTER, groups
from arena_rayjob.local.rayjob import as_written

QUEUE = "kueue.x-k8s.io/queue-name"
_RESERVED = '"head" is reserved for the head group'


def _cluster_sets(spec: Obj, *path: str) -> list[QuotaPodSet]:
    head = (spec.get("headGroupSpec") or {}).get("template") or {}
    found = [QuotaPodSet("head", 1, head, (*path, "headGroupSpec", "template"))]
    for index, group in enumerate(groups(spec)):
        count = int(group.get("replicas") or 0) * int(group.get("numOfHosts") or 1)
        place: tuple[str | int, ...] = (*path, "workerGroupSpecs", index, "template")
        found.append(QuotaPodSet(str(group.get("groupName")), count, group.get("template") or {}, place))
    return found


def _job_sets(job: Obj) -> list[QuotaPodSet]:
    """Return the sets that the type names; the submitter's pod is KubeRay's own where the job has no template of it."""
    found = pod_sets_of(plugin)(job)
    spec = job.get("spec") or {}
    if (spec.get("submissionMode") or K8S_JOB) == K8S_JOB and not any(one.name == said.SUBMITTER for one in found):
        found.append(QuotaPodSet(said.SUBMITTER, 1, _submitter(spec), ("spec", "submitterPodTemplate")))
    return found


def _submitter(spec: Obj) -> Obj:
    from arena_rayjob.local.submitter import RESOURCES

    head = ((spec.get("rayClusterSpec") or {}).get("headGroupSpec") or {}).get("template") or {}
    containers = (head.get("spec") or {}).get("containers") or [{}]
    container = {"name": SUBMITTER, "image": containers[0].get("image", ""), "resources": RESOURCES}
    return {"spec": {"containers": [container], "restartPolicy": "Never"}}


def _job_finished(job: Obj) -> tuple[str, bool] | None:
    status = job.get("status") or {}
    if status.get("jobDeploymentStatus") not in ("Complete", "Failed", "ValidationFailed"):
        return None
    return str(status.get("message") or ""), status.get("jobStatus") == "SUCCEEDED"


def _job_active(api: Api, job: Obj) -> bool:
    return (job.get("status") or {}).get("jobDeploymentStatus") not in (None, "", "Suspended")


def _job_ready(api: Api, job: Obj) -> bool:
    return ((job.get("status") or {}).get("rayClusterStatus") or {}).get("state") == "ready"


def _cluster_active(api: Api, cluster: Obj) -> bool:
    return (cluster.get("status") or {}).get("state") != "suspended"


def _cluster_ready(api: Api, cluster: Obj) -> bool:
    return (cluster.get("status") or {}).get("state") == "ready"


def _priority(sets: list[QuotaPodSet]) -> str:
    names = (str(((found.template or {}).get("spec") or {}).get("priorityClassName") or "") for found in sets)
    return next((name for name in names if name), "")


def _default_job(api: Api, job: Obj, old: Obj | None, operation: str) -> None:
    """Write a job with a queue as Kueue's webhook does."""
    if (job["metadata"].get("labels") or {}).get(QUEUE) and job.get("spec"):
        job["spec"] = as_written(job["spec"])


def _default_cluster(api: Api, cluster: Obj, old: Obj | None, operation: str) -> None:
    """Write a cluster with a queue as Kueue's webhook does."""
    if (cluster["metadata"].get("labels") or {}).get(QUEUE) and cluster.get("spec"):
        cluster["spec"] = as_written({"rayClusterSpec": cluster["spec"]})["rayClusterSpec"]


def _validate_job(api: Api, job: Obj, old: Obj | None, operation: str) -> None:
    """Refuse what Kueue does not take of a job with a queue."""
    spec = job.get("spec") or {}
    queued = (job["metadata"].get("labels") or {}).get(QUEUE)
    if not queued or operation == "DELETE" or (spec.get("clusterSelector") and not spec.get("rayClusterSpec")):
        return
    problems = []
    if not spec.get("shutdownAfterJobFinishes"):
        text = "Invalid value: false: a kueue managed job should delete the cluster after finishing"
        problems.append(f"spec.shutdownAfterJobFinishes: {text}")
    if selector := spec.get("clusterSelector"):
        shown = "{" + ",".join(f'"{key}":"{selector[key]}"' for key in sorted(selector)) + "}"
        problems.append(f"spec.clusterSelector: Invalid value: {shown}: a kueue managed job should not use an existing cluster")
    problems += _cluster_problems(spec.get("rayClusterSpec") or {}, "spec.rayClusterSpec", "job")
    _refuse(problems)


def _validate_cluster(api: Api, cluster: Obj, old: Obj | None, operation: str) -> None:
    """Refuse what Kueue does not take of a cluster with a queue."""
    if (cluster["metadata"].get("labels") or {}).get(QUEUE) and operation != "DELETE":
        _refuse(_cluster_problems(cluster.get("spec") or {}, "spec", "cluster"))


def _cluster_problems(spec: Obj, path: str, what: str) -> list[str]:
    problems = []
    if spec.get("enableInTreeAutoscaling"):
        text = f"a kueue managed {what} should only use autoscaling when workload slicing is enabled"
        problems.append(f"{path}.enableInTreeAutoscaling: Invalid value: true: {text}")
    for index, group in enumerate(groups(spec)):
        if group.get("groupName") == "head":
            problems.append(f"{path}.workerGroupSpecs[{index}].groupName: Forbidden: {_RESERVED}")
    return problems


def _refuse(problems: list[str]) -> None:
    if problems:
        raise Denied(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")


JOB = quota_of(
    plugin,
    "ray.io/rayjob",
    pod_sets=_job_sets,
    finished=_job_finished,
    active=_job_active,
    pods_ready=_job_ready,
    omit_false=True,
)
#: A cluster begins anew where false is written; what says nothing stays suspended.
_SUSPENDED, _SUSPEND = suspend_at("spec.suspend")
RAYCLUSTER = QuotaJob(
    resource=RAYCLUSTERS,
    kind="RayCluster",
    api_version=JOB.api_version,
    integration="ray.io/raycluster",
    is_suspended=_SUSPENDED,
    set_suspend=_SUSPEND,
    pod_sets=lambda cluster: _cluster_sets(cluster.get("spec") or {}, "spec"),
    finished=lambda cluster: None,
    active=_cluster_active,
    pods_ready=_cluster_ready,
    priority_class=lambda cluster: _priority(_cluster_sets(cluster.get("spec") or {}, "spec")),
    webhooks=("mraycluster.kb.io", "vraycluster.kb.io"),
)
ADMISSION = (
    Admission("mrayjob.kb.io", RAYJOBS, ("CREATE",), mutate=_default_job),
    Admission("vrayjob.kb.io", RAYJOBS, ("CREATE", "UPDATE"), validate=_validate_job),
    Admission("mraycluster.kb.io", RAYCLUSTERS, ("CREATE",), mutate=_default_cluster),
    Admission("vraycluster.kb.io", RAYCLUSTERS, ("CREATE", "UPDATE"), validate=_validate_cluster),
)
