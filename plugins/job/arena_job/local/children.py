"""What a JobSet does to what belongs to it: Jobs, the Service, claims."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable
from typing import Any

from arena_core.k8s.conditions import is_true as condition_true
from arena_job.local.jobs import job_of, service
from arena_job.local.keys import MANAGER, dns, job_name, replicas
from arena_job.local.volumes import claims
from arena_local.sdk.bundle import Api, ApiError, Obj


def ended(job: Obj) -> bool:
    """Whether a Job has ended."""
    return condition_true(job, "Complete") or condition_true(job, "Failed")


def make(api: Api, jobset: Obj, entry: Obj, there: Collection[str], *, suspend: bool) -> None:
    """Make the Jobs of a replicated job that are not there."""
    attempt = int(jobset["status"].get("restarts", 0))
    for index in range(replicas(entry)):
        name = job_name(jobset, entry, index)
        if name not in there:
            _create(api, jobset, job_of(jobset, entry, index, attempt, suspend=suspend), f'job "{name}" creation', "JobCreationFailed")


def serve(api: Api, jobset: Obj) -> None:
    """Make the headless Service."""
    if dns(jobset) and not _there(api, "services", wanted := service(jobset)):
        _create(api, jobset, wanted, "", "HeadlessServiceCreationFailed")


def claim(api: Api, jobset: Obj) -> None:
    """Make the claims."""
    for wanted in claims(jobset):
        if not _there(api, "persistentvolumeclaims", wanted):
            _create(api, jobset, wanted, "", "PVCCreationFailed")


def _there(api: Api, resource: str, wanted: Obj) -> bool:
    return api.find(resource, wanted["metadata"]["namespace"], wanted["metadata"]["name"]) is not None


def _create(api: Api, jobset: Obj, obj: Obj, what: str, reason: str) -> None:
    try:
        api.create(obj, manager=MANAGER)
    except ApiError as error:
        text = f"{what} failed with error: {error.message}" if what else error.message
        api.event(jobset, "Warning", reason, text, component=MANAGER, action="Reconciling")
        raise


def delete(api: Api, jobs: Iterable[Obj]) -> None:
    """Delete Jobs, their pods first."""
    for job in jobs:
        meta = job["metadata"]
        if meta.get("deletionTimestamp"):
            continue
        try:
            api.delete("jobs.batch", meta["namespace"], meta["name"], uid=meta["uid"], propagation="Foreground", manager=MANAGER)
        except ApiError as error:
            if error.code != 404:
                raise


def suspend(api: Api, job: Obj) -> None:
    """Suspend a Job."""
    changed = copy.deepcopy(dict(job))
    changed["spec"]["suspend"] = True
    api.update(changed, manager=MANAGER)


def resume(api: Api, job: Obj, entry: Obj) -> None:
    """Resume a Job with what its replicated job's pod template says by now."""
    changed = copy.deepcopy(dict(job))
    # The template of a Job that has run may not change before its start is forgotten.
    if (changed.get("status") or {}).pop("startTime", None):
        changed = copy.deepcopy(dict(api.update_status(changed, manager=MANAGER)))
    changed["spec"]["suspend"] = False
    _take_over(changed["spec"]["template"], entry["template"]["spec"]["template"])
    api.update(changed, manager=MANAGER)


def _take_over(template: Obj, source: Obj) -> None:
    meta, given = template.setdefault("metadata", {}), source.get("metadata") or {}
    for key in ("labels", "annotations"):
        meta[key] = {**(meta.get(key) or {}), **(given.get(key) or {})}
    spec, wanted = template["spec"], source.get("spec") or {}
    if wanted.get("nodeSelector"):
        spec["nodeSelector"] = {**(spec.get("nodeSelector") or {}), **wanted["nodeSelector"]}
    for key in ("tolerations", "schedulingGates"):
        if more := _more(spec.get(key) or [], wanted.get(key) or []):
            spec[key] = [*(spec.get(key) or []), *more]


def _more(there: list[Any], wanted: list[Any]) -> list[Any]:
    return [copy.deepcopy(item) for item in wanted if item not in there]
