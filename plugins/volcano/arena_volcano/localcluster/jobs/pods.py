"""The pods of a job: how one is made from its task's template, and how those there are counted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from arena_core.k8s import owners
from arena_local.sdk.bundle import Obj
from arena_local.sdk.pods import pod_from_template
from arena_volcano.localcluster import keys, plugins
from arena_volcano.localcluster.keys import meta, status_of, tasks

COUNTERS = {"Pending": "pending", "Running": "running", "Succeeded": "succeeded", "Failed": "failed", "Unknown": "unknown"}


def of_task(pods: Sequence[Obj], name: str) -> dict[str, Obj]:
    """Return the pods of a task by name."""
    return {meta(pod)["name"]: pod for pod in pods if (meta(pod).get("annotations") or {}).get(keys.TASK_SPEC) == name}


def count(status: dict[str, Any], pod: Obj) -> None:
    """Add one pod to the counters of a status."""
    phase = status_of(pod).get("phase") or "Pending"
    name = COUNTERS.get(phase, "unknown")
    status[name] = status.get(name, 0) + 1
    task_name = meta(pod)["annotations"][keys.TASK_SPEC]
    phases = status.setdefault("taskStatusCount", {}).setdefault(task_name, {"phase": {}})["phase"]
    phases[phase] = phases.get(phase, 0) + 1


def build(job: Obj, entry: dict[str, Any], index: int) -> Obj:
    """Return the pod of a task with this index, changed by the job's plugins."""
    name = keys.pod_name(meta(job)["name"], entry["name"], index)
    pod = pod_from_template(entry.get("template") or {}, meta(job)["namespace"], name=name)
    spec = pod["spec"]
    spec["schedulerName"] = spec.get("schedulerName") or job["spec"].get("schedulerName") or keys.SCHEDULER
    if job["spec"].get("priorityClassName") and not spec.get("priorityClassName"):
        spec["priorityClassName"] = job["spec"]["priorityClassName"]
    meta(pod)["ownerReferences"] = [owners.reference(job)]
    _annotate(job, pod, entry, index)
    _mount_volumes(job, pod)
    plugins.change_pod(job, pod)
    return pod


def _annotate(job: Obj, pod: Obj, entry: dict[str, Any], index: int) -> None:
    name, queue = meta(job)["name"], job["spec"].get("queue", keys.DEFAULT_QUEUE)
    notes = meta(pod).setdefault("annotations", {})
    notes.update(
        {
            keys.TASK_INDEX: str(index),
            keys.TASK_SPEC: entry["name"],
            keys.GROUP_NAME: keys.group_name(job),
            keys.JOB_NAME: name,
            keys.QUEUE_NAME: queue,
            keys.JOB_VERSION: str(status_of(job).get("version", 0)),
            keys.TEMPLATE_UID: f"{name}-{entry['name']}",
            keys.RETRY_COUNT: str(status_of(job).get("retryCount", 0)),
        }
    )
    policy = entry.get("topologyPolicy") or ""
    if policy not in ("", "none"):
        notes[keys.NUMA_POLICY] = policy
    given = meta(job).get("annotations") or {}
    notes.update({key: given[key] for key in keys.INHERITED if key in given})
    labels = meta(pod).setdefault("labels", {})
    labels.update(
        {
            keys.TASK_INDEX: str(index),
            keys.JOB_NAME: name,
            keys.TASK_SPEC: entry["name"],
            keys.JOB_NAMESPACE: meta(job)["namespace"],
            keys.QUEUE_NAME: queue,
        }
    )
    size = (entry.get("partitionPolicy") or {}).get("partitionSize", 0)
    if size:
        labels[keys.PARTITION_ID] = str(index // size)


def _mount_volumes(job: Obj, pod: Obj) -> None:
    """Mount the job's volumes into every container; the volume's name is random in Volcano and derived here."""
    for volume in job["spec"].get("volumes") or ():
        claim = volume.get("volumeClaimName") or ""
        digest = hashlib.sha256(f"{meta(job)['uid']}/{claim}".encode()).hexdigest()[:12]
        name = f"{meta(job)['name']}-{digest}"
        pod["spec"].setdefault("volumes", []).append({"name": name, "persistentVolumeClaim": {"claimName": claim}})
        for container in pod["spec"].get("containers") or ():
            container.setdefault("volumeMounts", []).append({"name": name, "mountPath": volume["mountPath"]})


def total_replicas(job: Obj) -> int:
    """Return the number of pods of the job at full size."""
    return sum(entry.get("replicas", 0) for entry in tasks(job))
