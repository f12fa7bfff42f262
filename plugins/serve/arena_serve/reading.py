"""What a Deployment says of a server: whether it serves, how far an update is, and why it does not go on. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Endpoint, JobStatus, Phase, PodSet, Rank, Resource, Scale
from arena_core.families import batch
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance
from arena_core.typed import Any
from arena_serve import names

RESOURCE = Resource("apps", "v1", "Deployment", "deployments")
ROLE = "server"
#: Names of the container's ports → what they are called and how they are spoken to.
PORTS = {
    "grpc": ("grpc", "grpc"),
    "serving": ("grpc", "grpc"),
    "restful": ("http", "http"),
    "http": ("http", "http"),
    "http-serving": ("http", "http"),
    "metrics": ("metrics", "http"),
}
#: (phase, reason, message)
Said = tuple[Phase, str, str]


def is_a(job: Any, kind: str) -> bool:
    """Whether the Deployment is a server of this type: Arena's label says so."""
    return dig.labels(job).get(names.TYPE) == kind


def selectors(job: Any) -> list[str]:
    """Return the selector of the server's pods."""
    return exactly(names.identity(job))


def scale(job: Any) -> list[Scale]:
    """Return how many instances there may be: any number, also none."""
    return [Scale(ROLE, "spec.replicas")]


def wanted(job: Any) -> int:
    """Return how many instances are asked for."""
    return max(0, dig.number(job, "spec", "replicas", default=1))


def pod_sets(job: Any) -> list[PodSet]:
    """Return the one set of pods; none of them ends by itself."""
    return [PodSet(ROLE, "spec.template", wanted(job), ends=False)]


def status(job: Any, pods: Sequence[Any]) -> JobStatus:
    """Return the status: what the Deployment counts decides, the pods are listed."""
    phase, reason, message = decide(job)
    template = dig.dig(job, "spec", "template")
    available = dig.condition(job, "Available")
    members = sorted(pods, key=lambda pod: (dig.text(pod, "metadata", "creationTimestamp"), dig.text(pod, "metadata", "name")))
    return JobStatus(
        phase,
        reason=reason,
        message=message,
        start=dig.text(available, "lastTransitionTime") if available.get("status") == "True" and phase.runs else "",
        instances=tuple(instance(pod, role=ROLE) for pod in members),
        replicas=wanted(job),
        requests=batch.requests([(template, wanted(job))]),
        priority=batch.priority([template]),
    )


def decide(job: Any) -> Said:
    """Return the phase from counts and conditions alone: READY when all that is wanted serves, in the version that is wanted."""
    want, counts = wanted(job), dig.mapping(job, "status")
    available, updated = (min(dig.number(counts, key), 10**6) for key in ("availableReplicas", "updatedReplicas"))
    seen = dig.number(counts, "observedGeneration") >= dig.number(job, "metadata", "generation")
    if not want:
        return Phase.SUSPENDED, "ScaledToZero", "it is scaled to no instance"
    reason, message = trouble(job)
    if not available:
        return (
            Phase.PENDING,
            reason,
            message or (f"none of its {want} instances serves yet" if want > 1 else "its instance does not serve yet" if counts else ""),
        )
    if not seen:
        return Phase.RUNNING, reason, message or "a change of it has not been taken up yet"
    if updated < want:
        return Phase.RUNNING, reason, message or f"it is being updated: {updated} of {want} instances are new"
    if available < want:
        return Phase.RUNNING, reason, message or f"{available} of {want} instances serve"
    old = dig.number(counts, "replicas") - updated
    return (Phase.RUNNING, reason, message or f"it is being updated: {old} old instances are ending") if old > 0 else (Phase.READY, "", "")


def trouble(job: Any) -> tuple[str, str]:
    """Return the Deployment's own words for why it does not go on, or nothing."""
    failure, progress = dig.condition(job, "ReplicaFailure"), dig.condition(job, "Progressing")
    if failure.get("status") == "True":
        return dig.text(failure, "reason"), dig.text(failure, "message")
    if progress.get("status") == "False":
        return dig.text(progress, "reason"), dig.text(progress, "message")
    return ("DeploymentPaused", "its rollout is paused (spec.paused is true)") if dig.flag(job, "spec", "paused") else ("", "")


def endpoints(job: Any) -> Iterator[Endpoint]:
    """Yield the ports that the server's container names, behind the server's Service."""
    ready = dig.number(job, "status", "availableReplicas") > 0
    yield from container_endpoints(dig.dig(job, "spec", "template"), names.service_of(job), ready)


def container_endpoints(template: Any, service: str, ready: bool) -> Iterator[Endpoint]:
    """Yield the ports that the containers of a pod template name, behind a Service."""
    for container in dig.items(template, "spec", "containers"):
        for port in dig.items(container, "ports"):
            name, scheme = PORTS.get(dig.text(port, "name"), ("", ""))
            number = dig.number(port, "containerPort")
            if name and 0 < number < 65536:
                yield Endpoint(name, scheme, service, number, ready)


def explain(job: Any) -> Iterator[Cause]:
    """Yield why it does not serve, as far as its own object tells; pods and events speak for themselves."""
    phase, _, message = decide(job)
    reason, words = trouble(job)
    if phase is Phase.SUSPENDED:
        yield Cause(message, "`arena scale` gives it instances: server=1", rank=Rank.HELD, reason="ScaledToZero")
    elif reason == "DeploymentPaused":
        yield Cause(words, "whoever paused it sets spec.paused to false", rank=Rank.HELD, reason=reason)
    elif reason:
        refused = reason == "FailedCreate"
        yield Cause(words or reason, rank=Rank.REFUSED if refused else Rank.INFO, reason=reason)
    elif phase is Phase.PENDING and not dig.mapping(job, "status"):
        yield Cause("the Deployment controller has not taken it up yet", rank=Rank.INFO, reason=NOT_TAKEN_UP)
    elif phase in (Phase.PENDING, Phase.RUNNING) and message:
        yield Cause(message, rank=Rank.INFO, reason="Rollout")
