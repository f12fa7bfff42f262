"""``stacks``: ask every instance of a running job side by side, and group what they tell."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from arena_core.contract.errors import ArenaError, NotFound, PermissionDenied
from arena_core.contract.types import Instance, LogQuery, Manifest
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.session import Session
from arena_core.usecases.sources import choose
from arena_core.usecases.spoken import about
from arena_core.usecases.stacks.choose import names_of, processes_of
from arena_core.usecases.stacks.model import Process, Stacks, Unread
from arena_core.usecases.stacks.places import stacks_of
from arena_core.usecases.stacks.probe import LIMIT, ask
from arena_core.usecases.views import Job
from arena_core.usecases.waiting import container_started, why_no_instances

if TYPE_CHECKING:
    from arena_core.usecases.stacks.probe import Carried

#: What names nothing: shells and what holds a pod.
_NOBODY = frozenset({"sh", "bash", "pause", "tini"})


def stacks(
    session: Session, job: Job, *, instance: str = "", container: str = "", carried: Carried | None = None, limit: float = LIMIT
) -> Stacks:
    """Return where the processes of a running job are, of one instance or of all."""
    if job.status.phase.finished:
        raise NotFound(f"{job.name} has ended ({job.status.phase}), so nothing runs in it", f"{about(job, 'logs')} shows its log")
    meant = _meant(session, job, instance, container)
    if not meant:
        raise NotFound(why_no_instances(job.name, job.status), f"{about(job, 'why')} says more")
    unread, asked = [], []
    for member, where in meant:
        reason = _not_running(member, _pod(job, member.name), where)
        if reason:
            unread.append(Unread(member.short_name, reason, absent=True))
        else:
            asked.append((member, where))
    calls = [partial(ask, session.cluster, job.namespace, member.name, where, carried, limit) for member, where in asked]
    answers = session.cluster.gather(calls)
    refused = [a for a in answers if isinstance(a, PermissionDenied)]
    if refused and len(refused) == len(answers):
        raise refused[0]
    processes: list[Process] = []
    for (member, _), answer in zip(asked, answers, strict=True):
        if isinstance(answer, ArenaError):
            unread.append(Unread(member.short_name, answer.message))
        else:
            found, nothing = _read(member, answer)
            processes += found
            unread += [nothing] if nothing else []
    return stacks_of(_alone(processes), unread)


def _meant(session: Session, job: Job, instance: str, container: str) -> list[tuple[Instance, str]]:
    """Return the instances that are meant, each with its container."""
    handle = session.jobs.get(job.job_type)
    sources = choose(handle, job, LogQuery(instance=instance, container=container, all_instances=not instance))
    containers = {s.pod: s.container for s in sources if s.pod}
    if instance or container:
        return [(i, containers[i.name]) for i in job.status.instances if i.name in containers]
    return [(i, containers.get(i.name) or _first_container(_pod(job, i.name))) for i in job.status.instances]


def _pod(job: Job, name: str) -> Manifest:
    return next((pod for pod in job.pods if metadata_of(pod).get("name") == name), {})


def _first_container(pod: Manifest) -> str:
    return next((dig.text(c, "name") for c in dig.items(pod, "spec", "containers")), "")


def _not_running(member: Instance, pod: Manifest, container: str) -> str:
    if member.phase in ("Succeeded", "Failed"):
        code = "" if member.exit_code is None else f" with exit code {member.exit_code}"
        return f"it has ended{code}" if code else f"it has ended ({member.status})"
    if member.phase == "Pending" and not container_started(pod, container):
        return f"it has not started ({member.status})"
    return ""


def _read(member: Instance, answer: Any) -> tuple[list[Process], Unread | None]:
    found = processes_of(answer, member.short_name, member.name)
    if found:
        return found, None
    running = [name for name in names_of(answer) if name not in _NOBODY]
    what = ", ".join(running[:4]) if running else "nothing but a shell"
    return [], Unread(member.short_name, f"no Python program runs in it ({what} does)")


def _alone(processes: list[Process]) -> list[Process]:
    """A rank that two pods claim is the rank of neither; several without a rank in one pod are told apart by their number."""
    ranks = [p.rank for p in processes if not p.of and p.rank is not None]
    twice = {rank for rank in ranks if ranks.count(rank) > 1}
    found = [replace(p, rank=None) if p.rank in twice else p for p in processes]
    pods = [p.pod for p in found if not p.of and p.rank is None]
    return [
        replace(p, instance=f"{p.instance} process {p.pid}") if not p.of and p.rank is None and pods.count(p.pod) > 1 else p for p in found
    ]
