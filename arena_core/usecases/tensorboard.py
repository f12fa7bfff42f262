"""Where a job's TensorBoard can be seen, and why it does not come up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Cause, Manifest, Rank, Resource
from arena_core.k8s import dig
from arena_core.kube.resources import EVENTS, PODS, SERVICES
from arena_core.podstatus import instance
from arena_core.podwords import cause_of
from arena_core.usecases import incidents
from arena_core.usecases.endpoints import address_of
from arena_core.usecases.facts import own
from arena_core.usecases.marks import SUBMIT_ID, TENSORBOARD
from arena_core.usecases.ownership import not_older
from arena_core.usecases.session import Session
from arena_core.usecases.unread import phrase
from arena_core.usecases.views import Job


class Board(NamedTuple):
    """A job's TensorBoard: its address, why it is not up, and a phrase for each thing that could not be read to tell."""

    address: str = ""
    trouble: str = ""
    unread: tuple[str, ...] = ()


def board(session: Session, job: Job) -> Board:
    """Return what can be told of the job's TensorBoard."""
    unread: list[str] = []
    cause = trouble(session, job, unread)
    found = address(session, job, unread)
    return Board(found, cause.message if cause else "", tuple(dict.fromkeys(unread)))


def address(session: Session, job: Job, unread: list[str] | None = None) -> str:
    """Return the address of the job's TensorBoard, or nothing; what could not be read is added to ``unread``.

    Our jobs say whether they have one; for jobs of old Arena (which cannot be told otherwise) Services are looked at.
    """
    marked = job.annotations.get(TENSORBOARD)
    by_old_arena = SUBMIT_ID not in job.annotations and "release" in job.labels
    if not marked and not by_old_arena:
        return ""
    selector = f"role=tensorboard,release={job.name}"
    try:
        found = own(session.cluster.list(SERVICES, job.namespace, label_selector=selector).items, job.manifest)
    except ArenaError as error:
        return _missed(unread, SERVICES, error)
    host = address_of(session, job, found[0], 0, unread) if found else ""
    return f"http://{host}" if host else ""


def _missed(unread: list[str] | None, resource: Resource, error: ArenaError) -> str:
    """Take note of what could not be read, for who wants to know."""
    if unread is not None:
        unread.append(phrase(resource, error))
    return ""


def trouble(session: Session, job: Job, unread: list[str] | None = None) -> Cause | None:
    """Return why the job's TensorBoard is not up, or None where it is, where the job has none, or (see ``unread``) nobody knows.

    A container that has only just been made is no trouble; one that cannot start, and a Deployment whose pods are refused, is.
    """
    if not job.annotations.get(TENSORBOARD):
        return None
    resource = PODS
    try:
        pods = session.cluster.list(PODS, job.namespace, label_selector=f"role=tensorboard,release={job.name}").items
        resource = EVENTS
        events = session.cluster.list(EVENTS, job.namespace).items
    except ArenaError as error:
        _missed(unread, resource, error)
        return None
    pods = [pod for pod in pods if not_older(pod, job.manifest) and not dig.text(pod, "metadata", "deletionTimestamp")]
    if not pods:
        return _refused(job, events)
    pod = max(pods, key=lambda p: dig.text(p, "metadata", "creationTimestamp"))
    member = instance(pod, container="tensorboard")
    if dig.condition(pod, "Ready").get("status") == "True":
        return None
    reason, said = incidents.trouble([e for e in events if incidents.involved(e)[2] == dig.text(pod, "metadata", "uid")], member.name)
    found = cause_of(pod, member, job_failed=True)
    if found is None or (found.rank is Rank.WAITS and not said):
        return None
    text = f"{found.message}; {said}" if said and said not in found.message and reason != "BackOff" else found.message
    return Cause(f"TensorBoard is not up: {text}", "", f"pod/{member.name}", Rank.INFO, found.reason)


def _refused(job: Job, events: Sequence[Manifest]) -> Cause | None:
    for event in reversed(events):
        kind, name, _ = incidents.involved(event)
        mine = kind == "ReplicaSet" and name.startswith(f"{job.name}-tensorboard-")
        if mine and incidents.reason_of(event).startswith("FailedCreate") and incidents.last_seen(event)[:19] >= job.created[:19]:
            text = f"TensorBoard is not up: {incidents.message_of(event)}"
            return Cause(text, "", f"replicaset/{name}", Rank.INFO, incidents.reason_of(event))
    return None
