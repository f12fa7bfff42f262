"""``why``: the reasons that the job type sees, then those that every pod has in common."""

from __future__ import annotations

from arena_core.jobs.marks import metadata_of
from arena_core.jobs.session import Session
from arena_core.jobs.views import Job
from arena_core.jobs.waiting import pod_finished, why_waiting
from arena_core.types import Cause


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
    return causes
