"""``why``: the reasons that the job type sees, then those that every pod has in common."""

from __future__ import annotations

import re
from dataclasses import replace

from arena_core.errors import ArenaError
from arena_core.jobs.events import events_of
from arena_core.jobs.marks import metadata_of
from arena_core.jobs.session import Session
from arena_core.jobs.views import Job
from arena_core.jobs.waiting import pod_finished, why_waiting
from arena_core.types import Cause, Instance, Phase

_FAILED_POD = re.compile(r"exited with code [1-9]")


def explain(session: Session, job: Job) -> list[Cause]:
    """Return the causes why a job is not running, the first is the one to look at."""
    causes = list(session.jobs.get(job.job_type).explain(job.manifest, job.pods, job.related))
    said = " ".join(f"{cause.message} {cause.object}" for cause in causes)
    pods = {str(metadata_of(p).get("name")): p for p in job.pods}
    for instance in job.status.instances:
        pod = pods.get(instance.name)
        if pod is None or pod_finished(pod) or instance.status in ("Running", "Completed", "Terminating"):
            continue
        text = why_waiting(instance, pod)
        if text not in said and instance.name not in said:
            causes.append(Cause(text, object=f"pod/{instance.name}"))
    if job.status.phase is Phase.FAILED and not failed_instances(job):
        causes += last_words(session, job)
    return causes


def failed_instances(job: Job) -> list[Instance]:
    """Return the instances that have failed by themselves, the first one first.

    What is being deleted was ended by the operator, because of another.
    """
    going = {str(metadata_of(pod).get("name")) for pod in job.pods if metadata_of(pod).get("deletionTimestamp")}
    return sorted((i for i in job.status.instances if i.exit_code and i.name not in going), key=lambda i: i.finished or "~")


def last_words(session: Session, job: Job) -> list[Cause]:
    """Say of instances that failed and are gone already what the operator has noted of them."""
    try:
        told = [str(event.get("message", "")) for event in events_of(session, job)]
    except ArenaError:
        return []
    failed = [Cause(text) for text in dict.fromkeys(told) if _FAILED_POD.search(text)]
    if failed:
        failed[-1] = replace(failed[-1], hint="its log went with it; with --clean-task-policy None instances stay")
    return failed
