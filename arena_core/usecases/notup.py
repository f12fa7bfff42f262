"""Why something that stands beside a job and serves (a TensorBoard) does not come up."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Cause, Endpoint, Manifest, Rank
from arena_core.k8s import dig
from arena_core.kube.resources import EVENTS, PODS
from arena_core.podstatus import instance
from arena_core.podwords import cause_of
from arena_core.usecases import incidents
from arena_core.usecases.ownership import not_older
from arena_core.usecases.session import Session
from arena_core.usecases.unread import phrase
from arena_core.usecases.views import Job


def trouble(session: Session, job: Job, endpoint: Endpoint, unread: list[str]) -> Cause | None:
    """Return why the endpoint's own pods are not up, or None where they are, or (see ``unread``) nobody knows.

    A container that has only just been made is no trouble; one that cannot start, and a Deployment whose pods are refused, is.
    """
    if not endpoint.pods or not endpoint.certain:
        return None
    resource = PODS
    try:
        pods = session.cluster.list(PODS, job.namespace, label_selector=endpoint.pods).items
        resource = EVENTS
        events = session.cluster.list(EVENTS, job.namespace).items
    except ArenaError as error:
        unread.append(phrase(resource, error))
        return None
    pods = [pod for pod in pods if not_older(pod, job.manifest) and not dig.text(pod, "metadata", "deletionTimestamp")]
    if not pods:
        return _refused(job, endpoint, events)
    pod = max(pods, key=lambda p: dig.text(p, "metadata", "creationTimestamp"))
    member = instance(pod)
    if dig.condition(pod, "Ready").get("status") == "True":
        return None
    reason, said = incidents.trouble([e for e in events if incidents.involved(e)[2] == dig.text(pod, "metadata", "uid")], member.name)
    found = cause_of(pod, member, job_failed=True)
    if found is None or (found.rank is Rank.WAITS and not said):
        return None
    text = f"{found.message}; {said}" if said and said not in found.message and reason != "BackOff" else found.message
    return Cause(f"{title(endpoint)} is not up: {text}", "", f"pod/{member.name}", Rank.INFO, found.reason)


def title(endpoint: Endpoint) -> str:
    """Return what the endpoint is called in a sentence."""
    return endpoint.title or endpoint.name


def _refused(job: Job, endpoint: Endpoint, events: Sequence[Manifest]) -> Cause | None:
    """Return why its pods are not even made. The Deployment is called as its Service is."""
    for event in reversed(events):
        kind, name, _ = incidents.involved(event)
        mine = kind == "ReplicaSet" and name.startswith(f"{endpoint.service}-")
        if mine and incidents.reason_of(event).startswith("FailedCreate") and incidents.last_seen(event)[:19] >= job.created[:19]:
            text = f"{title(endpoint)} is not up: {incidents.message_of(event)}"
            return Cause(text, "", f"replicaset/{name}", Rank.INFO, incidents.reason_of(event))
    return None
