"""What only the cluster knows about a cause: whether it can ever end, and the answer that a hint needs."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.types import Cause, Lookup, Manifest, Rank
from arena_core.k8s import quantity
from arena_core.kube.resources import NODES, PODS
from arena_core.records import replace
from arena_core.registry.advice import advisers
from arena_core.usecases import room
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.views import Job


def certain(lookup: Lookup, job: Job, causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes, with those raised that can never end as the cluster is; asks only where a cause leaves it open."""
    found = [_certain(lookup, job, cause) for cause in causes]
    return sorted(found, key=lambda c: c.rank)


def _certain(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    for one in advisers():
        cause = one.certain(lookup, job.manifest, cause)
    if cause.reason == "GangUnschedulable":
        return _gang(lookup, job, cause)
    if cause.reason == "Unschedulable" and cause.object.startswith("pod/"):
        nodes = lookup.list(NODES)
        pod = _pod(job, cause)
        if nodes and pod and (never := room.never_fits(pod, nodes)):
            name = cause.object.removeprefix("pod/")
            hint = room.larger(nodes, never)
            return replace(cause, message=f"{name} can never be scheduled: it {never}", hint=hint, rank=Rank.NEVER, reason="NeverFits")
    return cause


def _gang(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    """Say which resource is short: a PodGroup does not, as long as some of its pods would fit."""
    asked = room.together(job.pods) or {name: amount * quantity.ONE for name, amount in job.status.requests.items()}
    nodes = lookup.list(NODES)
    if not nodes or not (short := room.too_much(asked, nodes)):
        return cause
    text = f"its gang can never start: all of its pods must fit at once and ask for {short}"
    return replace(cause, message=text, hint="ask for less, for fewer instances, or add nodes", rank=Rank.NEVER, reason="NeverFits")


def hinted(lookup: Lookup, job: Job, cause: Cause) -> Cause:
    """Return the cause with the answer in its hint instead of the advice to look it up."""
    more = next((text for one in advisers() if (text := one.hint(lookup, job.manifest, job.related, cause))), "")
    if not more and cause.reason in ("Unschedulable", "GangUnschedulable", "NeverFits") and not cause.object.startswith("queue/"):
        more = _room(lookup, job, cause)
    return replace(cause, hint="; ".join(p for p in (more, cause.hint) if p)) if more else cause


def _room(lookup: Lookup, job: Job, cause: Cause) -> str:
    nodes, pod = lookup.list(NODES), _pod(job, cause)
    asked = room.wanted(pod) if pod else room.together(job.pods)
    pods = lookup.list(PODS, "*") if nodes and asked else None
    return room.free_text(nodes, pods, asked) if nodes and pods is not None else ""


def _pod(job: Job, cause: Cause) -> Manifest | None:
    name = cause.object.removeprefix("pod/")
    return next((p for p in job.pods if metadata_of(p).get("name") == name), None)
