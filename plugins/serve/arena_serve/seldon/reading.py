"""What a SeldonDeployment says of a server. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Endpoint, JobStatus, Phase, PodSet, Rank, Resource, Scale
from arena_core.families import batch
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance
from arena_core.typed import Any
from arena_serve.reading import Said

KIND = "seldon-serving"
RESOURCE = Resource("machinelearning.seldon.io", "v1", "SeldonDeployment", "seldondeployments")
PREDICTOR, CONTAINER, ROLE = "default", "inference", "server"
_MOST = 1_000_000
_FIRST = ("spec", "predictors", 0)


def selectors(job: Any) -> list[str]:
    """Return the selector of the pods, which Seldon labels with the name of the object."""
    return exactly({"seldon-deployment-id": dig.text(job, "metadata", "name")})


def wanted(job: Any) -> int:
    """Return how many instances are asked for: the predictor's word goes before the object's."""
    return min(_MOST, max(0, dig.number(job, *_FIRST, "replicas", default=dig.number(job, "spec", "replicas", default=1))))


def scale(job: Any) -> list[Scale]:
    """Return how many instances there may be; with none of them Seldon never calls it available."""
    return [Scale(ROLE, "spec.predictors[0].replicas", minimum=1)] if type(dig.dig(job, *_FIRST, "replicas")) is int else []


def pod_sets(job: Any) -> list[PodSet]:
    """Return the one set of pods."""
    if not dig.mapping(job, *_FIRST, "componentSpecs", 0):
        return []
    return [PodSet(ROLE, "spec.predictors[0].componentSpecs[0]", wanted(job), ends=False)]


def status(job: Any, pods: Sequence[Any]) -> JobStatus:
    """Return the status: Seldon's word decides, the pods are listed."""
    phase, reason, message = decide(job)
    template = dig.dig(job, *_FIRST, "componentSpecs", 0)
    order = sorted(pods, key=lambda pod: (dig.text(pod, "metadata", "creationTimestamp"), dig.text(pod, "metadata", "name")))
    since = dig.text(dig.condition(job, "DeploymentsReady"), "lastTransitionTime")
    return JobStatus(
        phase,
        reason=reason,
        message=message,
        start=since if phase is Phase.READY else "",
        end=(since or dig.text(job, "metadata", "creationTimestamp")) if phase is Phase.FAILED else "",
        instances=tuple(instance(pod, role=ROLE) for pod in order),
        replicas=wanted(job),
        requests=batch.requests([(template, wanted(job))]),
        priority=batch.priority([template]),
    )


def decide(job: Any) -> Said:
    """Return the phase from ``status.state``."""
    state, message = dig.text(job, "status", "state"), dig.text(job, "status", "description")
    if state == "Available":
        return Phase.READY, "", ""
    if state == "Failed":
        return Phase.FAILED, "Failed", message or "Seldon has given it up"
    counts = dig.mapping(job, "status", "deploymentStatus").values()
    serving = any(dig.number(one, "availableReplicas") > 0 for one in counts)
    return (Phase.RUNNING if serving else Phase.PENDING), state, message or (state and "not all of its instances serve")


def endpoints(job: Any) -> Iterator[Endpoint]:
    """Yield the predictor's Service, as long as Seldon calls it after both; where it says another address, that is told beside it."""
    name = f"{dig.text(job, 'metadata', 'name')}-{dig.text(job, *_FIRST, 'name')}"
    if 1 < len(name) <= 63:
        ready = dig.text(job, "status", "state") == "Available"
        yield Endpoint("http", "http", name, 8000, ready, detail=dig.text(job, "status", "address", "url"))


def explain(job: Any) -> Iterator[Cause]:
    """Yield why it does not serve, as far as its own object tells; pods and events speak for themselves."""
    phase, reason, message = decide(job)
    if phase is Phase.FAILED:
        yield Cause(message, rank=Rank.FAILED, reason=reason)
    elif phase is Phase.PENDING and not reason:
        yield Cause("Seldon's controller has not taken it up yet", rank=Rank.INFO, reason=NOT_TAKEN_UP)
    elif phase in (Phase.PENDING, Phase.RUNNING) and message:
        yield Cause(message, rank=Rank.INFO, reason=reason or "Rollout")
