"""What an AppWrapper is doing, with the reason from the whole chain: AppWrapper, Workload, inner job, its PodGroup, pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arena_core import dig, kueue
from arena_core.podstatus import instance, pick_chief
from arena_core.types import UNREAD, Cause, Find, Instance, JobHandle, Jobs, JobStatus, Manifest, Phase, PodSet

PREFIX = "workload.codeflare.dev.appwrapper/"
LABEL = "workload.codeflare.dev/appwrapper"

#: Arena's word for each phase, as the AppWrapper fork shows it; but a job that is being deleted has not FAILED.
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
    if inner is not None and (named := inner.status(inner_job(job), [dict(p) for p in real]).instances):
        return list(named)
    chief = pick_chief([dict(p) for p in real], inner.job_type.chief) if inner else None
    name = dig.text(chief, "metadata", "name")
    return [instance(p, chief=bool(name) and dig.text(p, "metadata", "name") == name) for p in real]


def status(job: Manifest, pods: Sequence[Manifest], related: Sequence[Manifest], jobs: Jobs) -> JobStatus:
    """Return the status of an AppWrapper; never raises, whatever object comes."""
    exact = dig.text(job, "status", "phase")
    found = instances(job, pods, jobs)
    phase = PHASES.get(exact, Phase.UNKNOWN)
    if phase is Phase.RUNNING and ((not found and pods is not UNREAD) or any(i.phase == "Pending" for i in found)):
        phase = Phase.PENDING
    reason, message = _why(job, exact, found, related)
    inner = inner_handle(job, jobs)
    template = inner.status(inner_job(job), ()) if inner else None
    deployed = dig.condition(job, "ResourcesDeployed")
    return JobStatus(
        phase=phase,
        exact=exact or "New",
        reason=reason,
        message=message,
        start=_start(job, exact, found, deployed),
        end=_end(job, exact, found),
        instances=tuple(found),
        replicas=sum(max(0, p.replicas) for p in pod_sets(job)),
        requests=_requests(job, template),
        priority=template.priority if template else "",
    )


def _start(job: Manifest, exact: str, found: Sequence[Instance], deployed: Mapping[str, Any]) -> str:
    """Return when the present run was deployed: earlier than any pod, and kept after the end."""
    if exact in ("", "Suspended"):
        return ""
    first = min((i.started for i in found if i.started), default="")
    if deployed.get("status") == "True":
        return dig.text(deployed, "lastTransitionTime")
    return first


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


def _retries(job: Manifest) -> str:
    limit = dig.text(job, "metadata", "annotations", PREFIX + "retryLimit") or "3"
    return f"{dig.number(job, 'status', 'resettingCount')} of {limit}"


def _why(job: Manifest, exact: str, found: Sequence[Instance], related: Sequence[Manifest]) -> tuple[str, str]:
    """Return (reason, message): of the link in the chain that knows best."""
    unhealthy = dig.condition(job, "Unhealthy")
    sick = (dig.text(unhealthy, "reason"), dig.text(unhealthy, "message")) if unhealthy.get("status") == "True" else None
    if exact == "Succeeded":
        return "Succeeded", dig.text(dig.condition(job, "QuotaReserved"), "message")
    if exact == "Failed":
        return sick or ("Failed", "")
    if exact == "Resetting" and sick:
        return sick[0], f"retry {_retries(job)}: {sick[1] or sick[0]}"
    if exact == "Terminating":
        return "Terminating", "it is being deleted"
    if exact in ("", "Suspended"):
        return _queued(job, related)
    if exact == "Running" and sick:
        return sick
    return _pods_wait(found, related) or (("Resuming", "its objects are being created") if exact == "Resuming" else ("", ""))


def _queued(job: Manifest, related: Sequence[Manifest]) -> tuple[str, str]:
    for workload in (o for o in related if dig.text(o, "kind") == "Workload"):
        if dig.dig(workload, "spec", "active") is False:
            return "Deactivated", "its Workload was deactivated"
        for type in ("Evicted", "QuotaReserved"):
            found = dig.condition(workload, type)
            if (found.get("status") == "True") == (type == "Evicted") and found.get("message"):
                return dig.text(found, "reason"), dig.text(found, "message")
    queue = dig.labels(job).get(kueue.QUEUE, "")
    if dig.flag(job, "spec", "suspend"):
        return "Suspended", f"it waits for queue {queue!r}" if queue else "spec.suspend is true"
    return "New", "the AppWrapper operator has not taken it up yet"


def _pods_wait(found: Sequence[Instance], related: Sequence[Manifest]) -> tuple[str, str] | None:
    for obj in related:
        unschedulable = dig.condition(obj, "Unschedulable")
        if dig.text(obj, "kind") == "PodGroup" and unschedulable.get("status") == "True":
            return dig.text(unschedulable, "reason"), dig.text(unschedulable, "message")
    for pod in found:
        if pod.phase == "Pending" and (pod.reason or pod.message):
            return pod.reason or pod.status, f"{pod.short_name}: {pod.message or pod.reason}"
    return None


def explain(job: Manifest, pods: Sequence[Manifest], related: Sequence[Manifest], jobs: Jobs) -> list[Cause]:
    """Say in plain words why the job is not running, from the outside in."""
    seen = status(job, pods, related, jobs)
    if seen.phase in (Phase.RUNNING, Phase.SUCCEEDED):
        return []
    name = dig.text(job, "metadata", "name")
    causes = [Cause(seen.message or seen.reason, _hint(seen), f"appwrapper/{name}")] if seen.message or seen.reason else []
    for part in dig.items(job, "status", "componentStatus"):
        for c in dig.items(part, "conditions"):
            if c.get("reason") == "ComponentCreationErrored":
                what = f"{dig.text(part, 'kind')} {dig.text(part, 'name')} could not be created"
                causes.append(Cause(what, "see the rights in docs/cluster-setup.md", f"appwrapper/{name}"))
    inner = inner_handle(job, jobs)
    actual = next((o for o in related if inner and inner.job_type.resource.matches(o)), None)
    if inner and actual is not None:
        causes += inner.explain(actual, pods, [o for o in related if o is not actual])
    unique = {c.message: c for c in causes}
    return list(unique.values())


def _hint(seen: JobStatus) -> str:
    if seen.exact in ("New", "Suspended"):
        return "it waits for quota in its queue" if "quota" in seen.message else ""
    if seen.exact == "Failed":
        return "pods of a failed AppWrapper are deleted; --deletion-on-failure-grace-period keeps them for a while"
    return ""


def find_inner(kind: str, group: str) -> Any:
    """Return a finder for the inner job of one kind: by the operator's label, where a component is of this kind."""

    def find(job: Manifest) -> Find | None:
        template = inner_job(job)
        same = template.get("kind") == kind and str(template.get("apiVersion", "")).rpartition("/")[0] == group
        return Find(label_selector=f"{LABEL}={dig.text(job, 'metadata', 'name')}") if same else None

    return find


def find_group(job: Manifest) -> Find | None:
    """Say how to find Volcano's PodGroup: it belongs to the inner job and carries the labels of its pods."""
    name = dig.text(job, "metadata", "name")
    return Find(label_selector=f"{LABEL}={name}") if inner_job(job).get("apiVersion") == "batch.volcano.sh/v1alpha1" else None
