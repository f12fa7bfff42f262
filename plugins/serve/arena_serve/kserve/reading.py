"""What an InferenceService says of a server: whether it is ready, and what keeps it from that. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from arena_core.contract.types import NOT_TAKEN_UP, Cause, Endpoint, JobStatus, Phase, Rank, Revision
from arena_core.families import batch
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.podstatus import instance
from arena_core.typed import Any
from arena_serve.kserve.names import LABEL, STOP, predictor
from arena_serve.reading import Said

ROLE = "predictor"
_MOST = 1_000_000
#: What decides whether it is ready, in the order in which a reason is looked for.
PARTS = ("PredictorReady", "TransformerReady", "ExplainerReady", "IngressReady")


def selectors(job: Any) -> list[str]:
    """Return the selector of the pods, of whatever revision and component."""
    return exactly({LABEL: dig.text(job, "metadata", "name")})


def wanted(job: Any) -> int:
    """Return how many instances there are at least; one that may go to none has one when it is asked."""
    return min(_MOST, max(1, dig.number(job, "spec", "predictor", "minReplicas", default=1)))


def status(job: Any, pods: Sequence[Any]) -> JobStatus:
    """Return the status: the object's conditions decide, the pods are listed."""
    phase, reason, message = decide(job)
    ready = dig.condition(job, "Ready")
    order = sorted(pods, key=lambda pod: (dig.text(pod, "metadata", "creationTimestamp"), dig.text(pod, "metadata", "name")))
    template = {"spec": pod_of(job)}
    return JobStatus(
        phase,
        reason=reason,
        message=message,
        end=_since(job, ready) if phase is Phase.FAILED else "",
        start=dig.text(ready, "lastTransitionTime") if ready.get("status") == "True" and phase.runs else "",
        instances=tuple(instance(pod, role=ROLE) for pod in order),
        replicas=wanted(job),
        requests=batch.requests([(template, wanted(job))]),
        priority=batch.priority([template]),
        revisions=revisions(job),
    )


def revisions(job: Any) -> tuple[Revision, ...]:
    """Return the revisions that KServe counts (with Knative alone), the newest first, each with its part of the requests."""
    told = dig.mapping(job, "status", "components", "predictor")
    newest, ready = dig.text(told, "latestCreatedRevision"), dig.text(told, "latestReadyRevision")
    parts: dict[str, int] = {}
    for row in dig.items(told, "traffic"):
        name = dig.text(row, "revisionName") or (ready if dig.flag(row, "latestRevision") else "")
        if name:
            parts[name] = parts.get(name, 0) + dig.number(row, "percent")
    names = dict.fromkeys([newest, ready, *parts, dig.text(told, "previousRolledoutRevision")])
    return tuple(Revision(name, parts.get(name, 0) if parts else None, name != newest or newest == ready) for name in names if name)


def _since(job: Any, ready: Mapping[str, Any]) -> str:
    """Return since when the model cannot be served."""
    return dig.text(job, "status", "modelStatus", "lastFailureInfo", "time") or dig.text(ready, "lastTransitionTime")


def pod_of(job: Any) -> Mapping[str, Any]:
    """Return the pod that the predictor describes, with the model's server as its container."""
    spec = dig.mapping(job, "spec", "predictor")
    model = dig.mapping(spec, "model")
    return {**spec, "containers": [*dig.items(spec, "containers"), *([model] if model else [])]}


def decide(job: Any) -> Said:
    """Return the phase: READY as KServe says so, FAILED where the model cannot be loaded."""
    ready, copies = dig.condition(job, "Ready"), dig.number(job, "status", "modelStatus", "copies", "totalCopies")
    annotations = dig.mapping(job, "metadata", "annotations")
    if annotations.get(STOP) == "true" or dig.condition(job, "Stopped").get("status") == "True":
        return Phase.SUSPENDED, "Stopped", "it is stopped"
    seen = dig.number(job, "status", "observedGeneration", default=_MOST) >= dig.number(job, "metadata", "generation")
    if ready.get("status") == "True":
        return (Phase.READY, "", "") if seen else (Phase.RUNNING, "", "a change of it has not been taken up yet")
    if failed := _failed(job):
        return failed
    part = next((one for kind in PARTS if (one := dig.condition(job, kind)).get("status") == "False"), ready)
    reason, message = dig.text(part, "reason"), dig.text(part, "message")
    return (Phase.RUNNING if copies > 0 else Phase.PENDING), reason, message or (reason and f"it is not ready: {reason}")


def _failed(job: Any) -> Said | None:
    """Return FAILED with KServe's reason where it has given up on the model."""
    model = dig.mapping(job, "status", "modelStatus")
    bad = dig.text(model, "transitionStatus") in ("InvalidSpec", "BlockedByFailedLoad")
    if not bad and dig.text(model, "states", "targetModelState") != "FailedToLoad":
        return None
    told = dig.mapping(model, "lastFailureInfo")
    reason = dig.text(told, "reason") or dig.text(model, "transitionStatus")
    code = f" (exit code {told['exitCode']})" if type(told.get("exitCode")) is int else ""
    return Phase.FAILED, reason, (dig.text(told, "message") or f"the model cannot be served: {reason}") + code


def endpoints(job: Any) -> Iterator[Endpoint]:
    """Yield the predictor's address in the cluster; where KServe gives it one for the outside, that is told beside it."""
    name = dig.text(job, "metadata", "name")
    if name:
        ready = dig.condition(job, "Ready").get("status") == "True"
        yield Endpoint("http", "http", predictor(name), 80, ready, detail=dig.text(job, "status", "url"))


def explain(job: Any) -> Iterator[Cause]:
    """Yield why it does not serve, as far as its own object tells; pods and events speak for themselves."""
    phase, reason, message = decide(job)
    if phase is Phase.SUSPENDED:
        yield Cause(message, f"whoever stopped it takes the annotation {STOP} away", rank=Rank.HELD, reason=reason)
    elif phase is Phase.FAILED:
        yield Cause(message, rank=Rank.FAILED, reason=reason)
    elif phase is Phase.PENDING and not any(dig.items(job, "status", "conditions")):
        yield Cause("KServe's controller has not taken it up yet", rank=Rank.INFO, reason=NOT_TAKEN_UP)
    elif phase in (Phase.PENDING, Phase.RUNNING) and message:
        yield Cause(message, rank=Rank.INFO, reason=reason or "Rollout")
