"""What an AppWrapper is doing, with the reason from the whole chain: AppWrapper, Workload, inner job, its PodGroup, pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_appwrapper import inside, reasons
from arena_core.contract.types import (
    Endpoint,
    Find,
    Instance,
    JobHandle,
    Jobs,
    JobStatus,
    JobView,
    LogQuery,
    LogSource,
    Manifest,
    Phase,
    PodSet,
)
from arena_core.families import kueue
from arena_core.k8s import dig
from arena_core.podstatus import default_log_sources, instance
from arena_core.typed import Any

LABEL = "workload.codeflare.dev/appwrapper"

#: Arena's word for each phase, as the AppWrapper fork shows it; but a job that is being deleted has not FAILED. One that Kueue holds
#: is QUEUING, as with every other job type.
PHASES = {
    "": Phase.SUSPENDED,
    "Suspended": Phase.SUSPENDED,
    "Resuming": Phase.SUSPENDED,
    "Running": Phase.RUNNING,
    "Resetting": Phase.SUSPENDED,
    "Suspending": Phase.SUSPENDED,
    "Succeeded": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Terminating": Phase.UNKNOWN,
}


def inner_job(job: Any) -> Manifest:
    """Return the template of the first component with pods, as an object: what is wrapped."""
    wrapped = [(dig.mapping(c, "template"), dig.dig(c, "podSets")) for c in dig.items(job, "spec", "components")]
    chosen = next((t for t, sets in wrapped if sets), wrapped[0][0] if wrapped else {})
    return dict(chosen)


def inner_handle(job: Any, jobs: Jobs) -> JobHandle | None:
    """Return the handle of the wrapped job's type, or None if no installed type is meant."""
    template = inner_job(job)
    return jobs.for_object(template) if template.get("kind") else None


def log_sources(view: JobView, query: LogQuery, jobs: Jobs) -> list[LogSource]:
    """Return the logs that the wrapped type names; where no type is known those of the pods."""
    found = view.status or status(view, jobs)
    inner = inner_handle(view.manifest, jobs)
    if inner is None:
        return default_log_sources(found.instances, view.pods or (), query, replicas=found.replicas)
    return inner.log_sources(JobView(inner_job(view.manifest), view.pods, view.related, found), query)


def pod_sets(job: Any) -> list[PodSet]:
    """Return the pod sets of all components: as declared, else as the operator has inferred them."""
    name = dig.text(job, "metadata", "name")
    found: list[PodSet] = []
    for index, component in enumerate(dig.items(job, "spec", "components")):
        declared = list(dig.items(component, "podSets")) or list(dig.items(job, "status", "componentStatus", index, "podSets"))
        for pod_set in declared:
            path = f"spec.components[{index}].{dig.text(pod_set, 'path')}"
            found.append(PodSet(f"{name}-{len(found)}", path, dig.number(pod_set, "replicas", default=1)))
    return found


def instances(job: Any, pods: Sequence[Any], jobs: Jobs) -> list[Instance]:
    """Return the instances with roles and chief as the wrapped type names them; plain ones where no type is known."""
    real = [pod for pod in pods if isinstance(pod, Mapping)]
    inner = inner_handle(job, jobs)
    if inner is not None and (named := inner.status(JobView(inner_job(job), tuple(dict(p) for p in real))).instances):
        return list(named)
    return [instance(pod) for pod in real]


def status(view: JobView, jobs: Jobs) -> JobStatus:
    """Return the status of an AppWrapper; never raises, whatever object comes."""
    job, pods, related = view.manifest, view.pods or (), view.related or ()
    exact = dig.text(job, "status", "phase")
    found = instances(job, pods, jobs)
    wanted = sum(max(0, p.replicas) for p in pod_sets(job))
    phase = _phase(job, exact, found, wanted, counted=view.pods is not None)
    reason, message = reasons.why(job, exact, found, pods, related)
    inner = inner_handle(job, jobs)
    template = inner.status(JobView(inner_job(job))) if inner else None
    own = JobStatus(
        phase=phase,
        exact=exact or "New",
        reason=reason,
        message=message,
        start=_start(job, exact, found),
        end=_end(job, exact, found),
        instances=tuple(found),
        replicas=wanted,
        requests=_requests(job, template),
        priority=template.priority if template else "",
        removal=reasons.removal(exact),
    )
    return inside.judged(view, own, inner)


def _phase(job: Manifest, exact: str, found: Sequence[Instance], wanted: int, *, counted: bool) -> Phase:
    phase = PHASES.get(exact, Phase.UNKNOWN)
    queued = bool(dig.labels(job).get(kueue.QUEUE))
    if queued and (exact in ("Suspended", "Suspending") or (not exact and dig.flag(job, "spec", "suspend"))):
        return Phase.QUEUING
    if queued and exact == "Resuming":
        return Phase.PENDING
    if phase is Phase.RUNNING and any(i.phase == "Pending" for i in found):
        return Phase.PENDING
    # Once all were there, a pod that is gone was removed: that is for the operator to judge.
    was_ready = dig.condition(job, "PodsReady").get("status") == "True"
    lacks = not found or (len(found) < wanted and not any(i.phase == "Failed" for i in found))
    if phase is Phase.RUNNING and counted and lacks and not (was_ready and found):
        return Phase.PENDING
    return phase


def _start(job: Manifest, exact: str, found: Sequence[Instance]) -> str:
    """Return when the present run was deployed: earlier than any pod, and kept after the end, also when all has been removed."""
    if exact in ("", "Suspended"):
        return ""
    first = min((i.started for i in found if i.started), default="")
    deployed = dig.condition(job, "ResourcesDeployed")
    if deployed.get("status") == "True":
        return dig.text(deployed, "lastTransitionTime")
    if first or exact not in ("Succeeded", "Failed"):
        return first
    ready = dig.condition(job, "PodsReady")
    if ready.get("status") == "True" or ready.get("reason") == "Resuming":
        return dig.text(ready, "lastTransitionTime")
    return dig.text(job, "metadata", "creationTimestamp")


def _end(job: Manifest, exact: str, found: Sequence[Instance]) -> str:
    """Return when success or failure was seen; for a success the last pod's own end where pods are still there."""
    if exact == "Succeeded":
        last = max((i.finished for i in found if i.finished), default="")
        return last or dig.text(dig.condition(job, "QuotaReserved"), "lastTransitionTime")
    return dig.text(dig.condition(job, "Unhealthy"), "lastTransitionTime") if exact == "Failed" else ""


def _requests(job: Manifest, template: JobStatus | None) -> Mapping[str, int]:
    if template is not None and template.requests:
        return template.requests
    amount = dig.text(job, "metadata", "annotations", "requestGPUsOfJobOwner")
    return {"nvidia.com/gpu": int(amount)} if amount.isdecimal() and len(amount) < 10 and int(amount) else {}


def endpoints(view: JobView, jobs: Jobs) -> list[Endpoint]:
    """Return what the job inside serves as it lives in the cluster; what stands beside it belongs to the AppWrapper, which says so."""
    inner = inner_handle(view.manifest, jobs)
    actual = inside.actual(view.related or (), inner)
    if inner is None or actual is None:
        return []
    return [one for one in inner.endpoints(JobView(actual, view.pods, view.related)) if one.certain and not one.pods]


def related(view: JobView, jobs: Jobs) -> list[Find]:
    """Say how to find the Workload and the job inside, by the operator's label; then what the type of that job needs."""
    inner = inner_handle(view.manifest, jobs)
    finds = kueue.finds(view.manifest)
    if inner is None:
        return finds
    resource = inner.job_type.resource
    finds.append(Find(resource, label_selector=f"{LABEL}={dig.text(view.manifest, 'metadata', 'name')}", inner=True))
    actual = next((obj for obj in view.related or () if resource.matches(obj)), None)
    return [*finds, *(inner.related(JobView(actual, related=view.related)) if actual else ())]
