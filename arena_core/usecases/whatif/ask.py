"""Builds the job, reads the cluster, and asks whoever can tell what becomes of it (entry-point group ``arena.foresight``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.foresight import Forecast, Outlook
from arena_core.contract.types import JobHandle, Manifest, SubmitRequest
from arena_core.k8s import within
from arena_core.records import record, replace
from arena_core.registry.queues import unforeseen
from arena_core.typed import Any
from arena_core.usecases import checks
from arena_core.usecases.identity import identify
from arena_core.usecases.instead import otherwise
from arena_core.usecases.provided import provided
from arena_core.usecases.session import Session
from arena_core.usecases.submit import build, read_args, sealed, with_extensions
from arena_core.usecases.unread import sentence
from arena_core.usecases.views import Job
from arena_core.usecases.whatif import lasting, reading

GROUP = "arena.foresight"
#: What a foreign scheduler knows and this look does not.
LIMITS = "the real schedulers may decide otherwise: nodes that are added on demand, and what others submit meanwhile, are not foreseen"


@record
class Fewer:
    """The largest smaller job that would start at once: which argument, from what to what."""

    field: str
    value: int
    asked: int
    gpus: int


@record
class Foreseen:
    """What is to be expected of a job, and what could not be seen. ``fewer`` is the size with which it would start at once."""

    name: str
    job_type: str
    namespace: str
    forecast: Forecast
    fewer: Fewer | None = None
    notes: tuple[str, ...] = ()
    #: Whether it is a job that is there, and not one that is only thought of.
    live: bool = False


def foresee_submission(session: Session, job_type: str, args: Any, namespace: str = "") -> Foreseen:
    """Return what would become of a job if it was submitted now; nothing is written."""
    from arena_core.usecases.lookup import ClusterLookup

    answer = provider()
    namespace = namespace or session.namespace
    lookup = ClusterLookup(session, namespace)
    handle, model, instead = otherwise(session, (asked := session.handle(job_type)), read_args(asked, args), lookup)
    notes = [*instead, *checks.before(session, handle, model, lookup)]
    who = identify(session.cluster).name

    def built(one: Any) -> list[Manifest]:
        manifests = build(handle, one, namespace, session.cluster.settled)
        request = SubmitRequest(handle.job_type.name, one, tuple(manifests), session.target(namespace), session.jobs, who, lookup, "server")
        return [sealed(obj) for obj in with_extensions(session.extensions, request).manifests]

    manifests = built(model)
    outlook, seen = _outlook(session, namespace, manifests, handle)
    sizes = list(_smaller(handle, model))
    forecast = answer(outlook, manifests, [_tried(built, one) or manifests for _, _, one in sizes])
    name = str(manifests[0]["metadata"]["name"])
    told = Foreseen(name, handle.job_type.name, namespace, forecast, notes=(*notes, *_notes(seen), *forecast.notes))
    if forecast.smaller is None:
        return told
    field, value, one = sizes[forecast.smaller]
    less = _gpus(handle, manifests) - _gpus(handle, built(one))
    return replace(told, fewer=Fewer(field, value, int(getattr(model, field)), less))


def foresee_job(session: Session, job: Job) -> Foreseen:
    """Return what is to be expected of a job that waits in the cluster; nothing is written."""
    answer = provider()
    outlook, seen = _outlook(session, job.namespace, [], session.handle(job.job_type))
    forecast = answer(replace(outlook, job=job.uid), (), ())
    return Foreseen(job.name, job.job_type, job.namespace, forecast, notes=(*_notes(seen), *forecast.notes), live=True)


def _tried(built: Callable[[Any], list[Manifest]], model: Any) -> list[Manifest] | None:
    """Return the objects of a smaller job, or None where the type does not allow that size."""
    try:
        return built(model)
    except ArenaError:
        return None


def provider() -> Callable[[Outlook, Sequence[Manifest], Sequence[Sequence[Manifest]]], Forecast]:
    """Return who answers: the local cluster, where it is installed."""
    return provided(GROUP, "foresee what becomes of a job")  # type: ignore[no-any-return]


def _outlook(session: Session, namespace: str, manifests: Sequence[Manifest], handle: JobHandle) -> tuple[Outlook, reading.Seen]:
    seen, jobs = reading.read(session, namespace)
    lasts, within = lasting.limits(jobs)
    lasts = lasting.guessed(jobs, lasts, _usual(session, jobs))
    objects = dict(seen.objects)
    spaces = objects.get("namespaces", ())
    if not any(space["metadata"]["name"] == namespace for space in spaces):
        objects["namespaces"] = [*spaces, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "uid": "unread"}}]
    distributions = tuple(dict.fromkeys(_distributions(session, manifests, handle)))
    return Outlook(namespace, objects, lasts, within, distributions, partly=seen.partly), seen


def _distributions(session: Session, manifests: Sequence[Manifest], handle: JobHandle) -> Iterator[str]:
    """Yield which distributions bring the kinds of the objects, those inside a wrapper too."""
    yield handle.distribution
    for _, obj in within.objects(list(manifests)):
        found = session.jobs.for_object(obj)
        if found is not None:
            yield found.distribution


def _usual(session: Session, jobs: Sequence[Manifest]) -> dict[str, float]:
    """Return how long jobs of a family have taken: those of the cluster that have ended, and those of the history."""
    past = [
        (str(j["metadata"].get("name")), *(str((j.get("status") or {}).get(k) or "") for k in ("startTime", "completionTime")))
        for j in jobs
    ]
    rows = [(name, begun, over) for name, begun, over in past]
    if session.history is not None:
        from arena_core.history.store import Store, Wanted

        try:
            with Store(session.history) as store:
                rows += [(e.name, e.started, e.ended) for e in store.entries(Wanted(statuses=("SUCCEEDED",), limit=1000))]
        except ArenaError:
            pass  # without it less is guessed
    return lasting.usual(rows)


def _smaller(handle: JobHandle, model: Any) -> Iterator[tuple[str, int, Any]]:
    """Yield (argument, value, model) of smaller jobs, the largest first: fewer workers, else fewer devices each."""
    for field in ("workers", "gpus"):
        asked = getattr(model, field, None)
        if isinstance(asked, int) and asked > 1:
            for value in range(asked - 1, 0, -1):
                yield field, value, model.model_copy(update={field: value})
            return


def _gpus(handle: JobHandle, manifests: Sequence[Manifest]) -> int:
    """Return how many devices the pods of a job ask for together."""
    from arena_core.k8s import podsize
    from arena_core.usecases.templates import at_path

    total = 0
    for one in handle.pod_sets(manifests[0], "quota"):
        spec = (at_path(manifests[0], one.path) or {}).get("spec")
        total += one.replicas * sum(podsize.devices(spec).values())
    return total


def _notes(seen: reading.Seen) -> Iterator[str]:
    """Yield what could not be seen, and what is not foreseen at all."""
    if seen.unread:
        yield sentence(seen.unread, "not seen")
    if seen.partly:
        yield f"seen of this namespace alone, for want of rights: {', '.join(seen.partly)}"
    yield from unforeseen(seen.objects)
    yield LIMITS
