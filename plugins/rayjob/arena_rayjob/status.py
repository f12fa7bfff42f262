"""What a RayJob is doing, in Arena's words, from two fields that change apart. Pure and total over arbitrary JSON.

``jobDeploymentStatus`` is what KubeRay has got to, ``jobStatus`` what Ray says of the command. The submitter's Job says nothing:
it is Complete also where the command has failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Endpoint, Find, JobStatus, Manifest, Phase, Rank
from arena_core.families import batch, gangs, kueue, queueing
from arena_core.families.kubeflow import explain_gang
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.records import replace
from arena_core.typed import Any
from arena_rayjob import names
from arena_rayjob.members import groups, instances, mode, wanted

#: (phase, KubeRay's own word, reason, message)
Said = tuple[Phase, str, str, str]
_RETRY = "the last run has failed, it is run again on a new Ray cluster"
_WAITING = "the Ray cluster is ready; it waits for you to submit a command and to set spec.jobId"
_ENDED = {"SUCCEEDED": Phase.SUCCEEDED, "FAILED": Phase.FAILED, "STOPPED": Phase.FAILED}


def selectors(job: Manifest) -> list[str]:
    """Return what finds the job's pods: Arena's own labels, which all of them have; else those of the Ray cluster and of the submitter."""
    name, labels = dig.text(job, "metadata", "name"), dig.labels(job)
    if labels.get("release") == name and labels.get("app") == "rayjob":
        return exactly({"app": "rayjob", "release": name})
    cluster = dig.text(job, "status", "rayClusterName")
    submitter = exactly({names.ORIGIN: name, names.ORIGIN_KIND: "RayJob"})
    return [*exactly({names.CLUSTER: cluster}), *submitter]


def suspend_check(job: Manifest) -> str:
    """Say why a job may not be suspended: KubeRay spoils one whose Ray cluster is not shut down at its end, it never runs again."""
    if not dig.flag(job, "spec", "shutdownAfterJobFinishes"):
        return "KubeRay spoils a suspended RayJob whose Ray cluster is not shut down at the end (spec.shutdownAfterJobFinishes)"
    return kueue.decides(job)


def related(job: Any) -> list[Find]:
    """Say how to find the Ray cluster and the submitter's Job, what queues the job and its gang."""
    named = ((names.RAYCLUSTER, dig.text(job, "status", "rayClusterName")), (names.JOB, dig.text(job, "metadata", "name")))
    template = dig.dig(job, "spec", "rayClusterSpec", "headGroupSpec", "template")
    return [*kueue.finds(job), *(Find(resource, name) for resource, name in named if name), *gangs.finds([template])]


def endpoints(job: Any) -> list[Endpoint]:
    """Return Ray's dashboard where KubeRay has written its address (``NAME-head-svc.NAMESPACE.svc.cluster.local:8265``)."""
    host, _, port = dig.text(job, "status", "dashboardURL").removeprefix("http://").rpartition(":")
    service, _, domain = host.partition(".")
    if not service or ".svc" not in domain or not (port.isascii() and port.isdecimal() and len(port) < 6):
        return []
    ready = dig.text(job, "status", "jobDeploymentStatus") in ("Running", "Waiting")
    return [Endpoint("Ray dashboard", "http", service, int(port), ready or None)]


def status(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> JobStatus:
    """Return the status from the two fields, and what queues the job."""
    phase, exact, reason, message = batch.held(job, related, decide(job))
    said = (phase, exact, reason, message.partition(names.LOG)[0].strip())
    templates = [(template, count * hosts) for _, _, template, count, hosts in groups(job)]
    found = batch.status(job, said, instances(job, pods), templates, end=dig.text(job, "status", "endTime"))
    return replace(found, replicas=wanted(job))


def decide(job: Any) -> Said:
    """Return (phase, KubeRay's own word, reason, message) from the job alone."""
    exact, ray = dig.text(job, "status", "jobDeploymentStatus"), dig.text(job, "status", "jobStatus")
    reason, message = dig.text(job, "status", "reason"), dig.text(job, "status", "message")
    if exact == "Complete":
        stopped = ray == "STOPPED"
        return (
            _ENDED.get(ray, Phase.UNKNOWN),
            exact,
            reason or ("Stopped" if stopped else ""),
            message or ("its command was stopped" if stopped else ""),
        )
    if exact in ("Failed", "ValidationFailed"):
        return Phase.FAILED, exact, reason or exact, message
    if exact in ("Suspending", "Suspended") or (exact in ("", "Initializing") and dig.flag(job, "spec", "suspend")):
        return Phase.SUSPENDED, exact, "Suspended", "spec.suspend is true"
    if exact == "Running":
        if ray in _ENDED:
            # That is not the end: KubeRay waits for the submitter, or runs the command again.
            return Phase.RUNNING, exact, "Ending", f"the command has ended ({ray}), KubeRay has not closed the job yet"
        if ray == "RUNNING":
            return Phase.RUNNING, exact, "", ""
        return Phase.PENDING, exact, "CommandNotStarted", "the Ray cluster is ready, the command has not started yet"
    if exact == "Waiting":
        return Phase.PENDING, exact, "WaitingForCommand", _WAITING
    if exact == "Retrying":
        return Phase.PENDING, exact, "Retrying", f"{message.partition(names.LOG)[0]}; it is run again" if message else _RETRY
    if exact not in ("", "Initializing"):
        return Phase.UNKNOWN, exact, reason, message
    return (Phase.PENDING, exact, *(_not_ready(job) if exact else ("", "")))


def _not_ready(job: Any) -> tuple[str, str]:
    """Return (reason, message) of a Ray cluster that is not ready yet."""
    cluster = {"status": dig.dig(job, "status", "rayClusterStatus")}
    if (failed := dig.condition(cluster, "ReplicaFailure")).get("status") == "True":
        return dig.text(failed, "reason"), dig.text(failed, "message")
    again = dig.number(job, "status", "failed") > 0
    ready, desired = (dig.number(cluster, "status", f"{kind}WorkerReplicas") for kind in ("ready", "desired"))
    head = dig.condition(cluster, "HeadPodReady")
    parts = [] if head.get("status") == "True" else ["the head is not ready"]
    if ready < desired:
        parts.append(f"{ready} of {desired} workers are ready")
    text = " and ".join(parts) or "the Ray cluster is being made"
    return ("Retrying", f"{_RETRY}: {text}") if again else ("RayClusterNotReady", text)


def explain(job: Any, pods: Sequence[Any], related: Sequence[Any] = ()) -> list[Cause]:
    """Return in plain words why the job is not running, as far as its own object and its queue tell."""
    found = status(job, pods, related)
    causes = explain_gang(found, related)
    if found.phase is Phase.QUEUING and (queued := queueing.cause(job, related)):
        return [*causes, queued]
    if found.phase is Phase.SUSPENDED:
        hint = f"`arena resume {dig.text(job, 'metadata', 'name')}` lets it run, on a new Ray cluster"
        return [*causes, Cause("it is suspended", hint, rank=Rank.HELD, reason="Suspended")]
    if found.phase is Phase.FAILED:
        return [*causes, _failure(job, found)]
    if found.phase is not Phase.PENDING:
        return causes
    if not found.exact and not dig.mapping(job, "status"):
        return [*causes, Cause("KubeRay has not taken up the job yet", "is the operator running?", rank=Rank.INFO, reason=NOT_TAKEN_UP)]
    if found.exact == "Waiting":
        hint = "submit it to the dashboard (ray job submit --submission-id ID ...), then set spec.jobId to that ID"
        return [*causes, Cause(found.message, hint, rank=Rank.HELD, reason=found.reason)]
    return [*causes, Cause(found.message, rank=Rank.WAITS, reason=found.reason)] if found.message else causes


def _failure(job: Any, found: JobStatus) -> Cause:
    lines: tuple[str, ...] = ()
    message = dig.text(job, "status", "message")
    if names.LOG in message:
        lines = tuple(message.partition(names.LOG)[2].partition("\n")[2].rstrip().splitlines()[-10:])
    hint = ""
    if found.exact == "ValidationFailed":
        hint = "a RayJob that KubeRay has refused stays so, also when its spec is mended: delete it and submit it again"
    elif mode(job) in (names.HTTP, names.INTERACTIVE):
        hint = "in this submission mode its log is in Ray's dashboard alone, as long as the Ray cluster is there"
    return Cause(found.message or "the job has failed", hint, rank=Rank.INFO, reason=found.reason, lines=lines)
