"""The jobs that Kueue manages: what bundles describe, and batch/v1 Job, which needs no plugin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from arena_core.k8s import conditions, owners
from arena_local.kueue import podlabels
from arena_local.kueue.kinds import queue_name
from arena_local.sdk.bundle import Api, Bundle, Obj, QuotaJob, QuotaPodSet


def _suspended(job: Obj) -> bool:
    return bool(job["spec"].get("suspend"))


def _set_suspend(job: Obj, value: bool) -> None:
    job["spec"]["suspend"] = value


def _count(job: Obj) -> int:
    parallelism = int(job["spec"].get("parallelism", 1))
    completions = job["spec"].get("completions")
    return parallelism if completions is None else min(parallelism, int(completions))


def _pod_sets(job: Obj) -> list[QuotaPodSet]:
    return [QuotaPodSet("main", _count(job), job["spec"]["template"], ("spec", "template"), "batch.kubernetes.io/job-completion-index")]


def _finished(job: Obj) -> tuple[str, bool] | None:
    for type in ("Complete", "Failed"):
        condition = conditions.find(job, type)
        if condition and condition["status"] == "True":
            return str(condition.get("message", "")), type == "Complete"
    return None


def _active(api: Api, job: Obj) -> bool:
    return bool((job.get("status") or {}).get("active"))


def _pods_ready(api: Api, job: Obj) -> bool:
    status = job.get("status") or {}
    return int(status.get("succeeded", 0)) + int(status.get("ready", 0)) >= _count(job)


def _reclaimable(job: Obj) -> Mapping[str, int]:
    parallelism = int(job["spec"].get("parallelism", 1))
    done = int((job.get("status") or {}).get("succeeded", 0))
    completions = job["spec"].get("completions")
    if parallelism == 1 or not done or completions is None:
        return {}
    return {"main": parallelism - (int(completions) - done)}


BATCH_JOB = QuotaJob(
    resource="jobs.batch",
    kind="Job",
    api_version="batch/v1",
    integration="batch/job",
    is_suspended=_suspended,
    set_suspend=_set_suspend,
    pod_sets=_pod_sets,
    finished=_finished,
    active=_active,
    pods_ready=_pods_ready,
    priority_class=lambda job: str(job["spec"]["template"].get("spec", {}).get("priorityClassName") or ""),
    webhooks=("mjob.kb.io", "vjob.kb.io"),
    reclaimable=_reclaimable,
)


#: Pods are held by gates and stopped by deletion, which their own controller does; here stands what tells whose a Workload is.
POD = QuotaJob(
    resource="pods",
    kind="Pod",
    api_version="v1",
    integration="pod",
    is_suspended=podlabels.gated,
    set_suspend=lambda pod, value: None,
    pod_sets=lambda pod: (),
    finished=lambda pod: None,
    active=lambda api, pod: False,
    pods_ready=lambda api, pod: False,
    priority_class=lambda pod: str(pod["spec"].get("priorityClassName") or ""),
)


class Integrations:
    """All kinds of jobs that may be queued."""

    def __init__(self, bundles: Iterable[Bundle]) -> None:
        jobs = [BATCH_JOB, *(job for bundle in bundles for job in bundle.quota)]
        self.all = tuple(jobs)
        self._by_kind: Mapping[tuple[str, str], QuotaJob] = {(job.api_version.partition("/")[0], job.kind): job for job in (*jobs, POD)}

    def of_owner(self, reference: Mapping[str, str]) -> QuotaJob | None:
        """Return the integration of the kind that an ownerReference names, or None."""
        return self._by_kind.get((str(reference.get("apiVersion", "")).partition("/")[0], str(reference.get("kind", ""))))

    def owner(self, api: Api, workload: Obj) -> Obj | None:
        """Return the job of a Workload (of a group: one of its pods), or None if it is gone."""
        group = podlabels.annotation(workload, podlabels.IS_GROUP) == "true"
        for reference in owners.references(workload) if group else filter(None, [owners.controller_of(workload)]):
            integration = self.of_owner(reference)
            if integration is None or not api.served(integration.resource):
                continue
            job = api.find(integration.resource, workload["metadata"].get("namespace", ""), str(reference.get("name", "")))
            if job is not None and job["metadata"]["uid"] == reference.get("uid"):
                return job
        return None

    def live_owner(self, api: Api, workload: Obj) -> bool:
        """Return whether the job of a Workload is there and stays, so that its own controller sees to the Workload's end."""
        job = self.owner(api, workload)
        if job is None:
            return False
        if podlabels.annotation(workload, podlabels.IS_GROUP) == "true":
            return True
        return not job["metadata"].get("deletionTimestamp") and not self.managed_ancestor(api, job)

    def ancestor(self, api: Api, job: Obj) -> Obj | None:
        """Return the topmost owner of the job that is itself queued: then only that one counts."""
        current, found = job, None
        for _ in range(10):
            reference = owners.controller_of(current)
            integration = self.of_owner(reference) if reference else None
            if reference is None or integration is None:
                break
            owner = api.find(integration.resource, job["metadata"].get("namespace", ""), str(reference.get("name", "")))
            if owner is None or owner["metadata"]["uid"] != reference.get("uid"):
                break
            found, current = owner if queue_name(owner) else found, owner
        return found

    def managed_ancestor(self, api: Api, job: Obj) -> bool:
        """Return whether an owner of the job is itself queued."""
        return self.ancestor(api, job) is not None
