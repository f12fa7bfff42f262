"""What KubeRay finds wrong with a job or a cluster: it has no webhook, so that they are stored, and their status or an event says it."""

from __future__ import annotations

from arena_core.k8s import names
from arena_local.sdk.bundle import Obj
from arena_rayjob.local.deletion import problems_of as deletion_problems
from arena_rayjob.local.names import CLUSTER, INTERACTIVE, SIDECAR, groups
from arena_rayjob.local.runtimeenv import NoYaml, runtime_env

MAX_JOB, MAX_CLUSTER = 47, 53
_SPEC = "The RayJob spec is invalid: "


def job_problem(job: Obj) -> tuple[str, str] | None:
    """Return (reason of the event, message), or None."""
    if why := _metadata(job["metadata"]["name"], "RayJob", MAX_JOB):
        return "InvalidRayJobMetadata", f"The RayJob metadata is invalid: {why}"
    if why := _job_spec(job["spec"]):
        return "InvalidRayJobSpec", why
    waiting = (job.get("status") or {}).get("jobDeploymentStatus") == "Waiting"
    if waiting and job["spec"].get("submissionMode") != INTERACTIVE:
        why = "JobDeploymentStatus cannot be `Waiting` when SubmissionMode is not InteractiveMode"
        return "InvalidRayJobStatus", f"The RayJob status is invalid: {why}"
    return None


def cluster_metadata(cluster: Obj) -> str:
    """Return what is wrong with a cluster's name."""
    return _metadata(cluster["metadata"]["name"], "RayCluster", MAX_CLUSTER)


def _metadata(name: str, kind: str, most: int) -> str:
    if len(name) > most:
        return f"{kind} name should be no more than {most} characters"
    wrong = names.label_1035(name)
    return f"{kind} name should be a valid DNS1035 label: [{' '.join(wrong)}]" if wrong else ""


def _job_spec(spec: Obj) -> str:
    selector, cluster = spec.get("clusterSelector") or {}, spec.get("rayClusterSpec")
    if spec.get("suspend") and not spec.get("shutdownAfterJobFinishes"):
        return f"{_SPEC}a RayJob with shutdownAfterJobFinishes set to false is not allowed to be suspended"
    if int(spec.get("ttlSecondsAfterFinished") or 0) < 0:
        return f"{_SPEC}TTLSecondsAfterFinished must be a non-negative integer"
    if why := deletion_problems(spec):
        return why
    if spec.get("suspend") and selector:
        return f"{_SPEC}the ClusterSelector mode doesn't support the suspend operation"
    if cluster is None and not selector:
        return f"{_SPEC}one of RayClusterSpec or ClusterSelector must be set"
    if why := _modes(spec, selector):
        return why
    if cluster is not None:
        if (cluster.get("authOptions") or {}).get("enableK8sTokenAuth"):
            return f"{_SPEC}K8s token auth mode is currently not supported for RayJob"
        if why := cluster_spec(cluster):
            return f"{_SPEC}{why}"
    try:
        runtime_env(spec)
    except NoYaml as error:
        return f"failed to unmarshal RuntimeEnvYAML: {spec['runtimeEnvYAML']}: {error}"
    for field in ("activeDeadlineSeconds", "preRunningDeadlineSeconds"):
        if spec.get(field) is not None and spec[field] <= 0:
            return f"{_SPEC}{field} must be a positive integer"
    if int(spec.get("backoffLimit") or 0) < 0:
        return f"{_SPEC}backoffLimit must be a positive integer"
    return ""


def _modes(spec: Obj, selector: Obj) -> str:
    mode, retries = spec.get("submissionMode"), int(spec.get("backoffLimit") or 0) > 0
    if selector:
        if not selector.get(CLUSTER):
            return "cluster name in ClusterSelector should not be empty"
        if mode == SIDECAR:
            return "ClusterSelector is not supported in SidecarMode"
        if retries:
            return f"{_SPEC}BackoffLimit is incompatible with ClusterSelector mode"
    if mode == INTERACTIVE and retries:
        return f"{_SPEC}BackoffLimit is incompatible with InteractiveMode"
    if mode == SIDECAR:
        for field, name in (("submitterPodTemplate", "SubmitterPodTemplate"), ("submitterConfig", "SubmitterConfig")):
            if spec.get(field) is not None:
                return f"Currently, SidecarMode doesn't support {name}"
        template = ((spec.get("rayClusterSpec") or {}).get("headGroupSpec") or {}).get("template") or {}
        if (template.get("spec") or {}).get("restartPolicy") not in (None, "", "Never"):
            return "restartPolicy for head Pod should be Never or unset when using SidecarMode"
    return ""


def cluster_spec(spec: Obj) -> str:
    """Return what is wrong with a cluster, as the operator says it."""
    head = spec.get("headGroupSpec") or {}
    if not ((head.get("template") or {}).get("spec") or {}).get("containers"):
        return "headGroupSpec should have at least one container"
    for name, group in [("Head", head), *((str(g.get("groupName")), g) for g in groups(spec))]:
        if why := _group(name, group, bool(spec.get("enableInTreeAutoscaling"))):
            return why
    return ""


def _group(name: str, group: Obj, autoscaled: bool) -> str:
    if name != "Head":
        if not ((group.get("template") or {}).get("spec") or {}).get("containers"):
            return "workerGroupSpec should have at least one container"
        least, most = group.get("minReplicas"), group.get("maxReplicas")
        if not autoscaled and (least is None or most is None):
            return f"worker group {name} must set both minReplicas and maxReplicas when autoscaling is disabled"
        for field, number in (("minReplicas", least), ("maxReplicas", most)):
            if number is not None and number < 0:
                return f"worker group {name} has negative {field} {number}"
        if least is not None and most is not None and least > most:
            return f"worker group {name} has minReplicas {least} greater than maxReplicas {most}"
        if group.get("suspend") and autoscaled:
            return f"worker group {name} cannot be suspended with Autoscaler enabled"
    return ""
