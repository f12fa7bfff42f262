"""``attach``: a command in an instance of a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import LogQuery
from arena_core.k8s import dig
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.session import Session
from arena_core.usecases.sources import choose
from arena_core.usecases.spoken import about
from arena_core.usecases.views import Job
from arena_core.usecases.waiting import container_started, why_no_instances, why_waiting

if TYPE_CHECKING:
    from arena_core.kube.streams import ExecSession


def enter(
    session: Session, job: Job, command: Sequence[str], *, instance: str = "", container: str = "", stdin: bool = False, tty: bool = False
) -> ExecSession:
    """Run a command in the chosen instance, chosen as for logs; an instance that has ended is an error."""
    sources = choose(session.jobs.get(job.job_type), job, LogQuery(instance=instance, container=container))
    if not sources:
        raise ArenaError(why_no_instances(job.name, job.status))
    source = sources[0]
    if not source.pod:
        raise ArenaError(f"the command of {job.name} runs in none of its instances", "choose one with -i: " + _names(job))
    found = next((i for i in job.status.instances if i.name == source.pod), None)
    if found is not None and found.phase in ("Succeeded", "Failed"):
        raise ArenaError(f"{found.short_name} has ended ({found.status}): nothing can be run in it", f"{about(job, 'logs')} shows its log")
    pod = next((p for p in job.pods if metadata_of(p).get("name") == source.pod), None)
    if found is not None and pod is not None and found.phase == "Pending" and not container_started(pod, source.container):
        raise ArenaError(f"nothing can be run in it yet: {why_waiting(found, pod)}", f"{about(job, 'wait', '--for running')} waits for it")
    # Imported here: whoever only reads has no use for it.
    from arena_core.kube.nodes import NodeSilent

    try:
        return session.cluster.exec(job.namespace, source.pod, command, container=source.container, stdin=stdin, tty=tty)
    except NodeSilent as error:
        raise NodeSilent(source.label or source.pod, dig.text(pod, "spec", "nodeName"), error.detail) from error


def _names(job: Job) -> str:
    return ", ".join(i.short_name for i in job.status.instances) or "it has none"
