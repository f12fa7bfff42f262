"""A job's progress: its own status tells, or the end of the chief's log. One request a job, and no more than 64 KiB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import LogQuery, Manifest
from arena_core.k8s import dig
from arena_core.typed import NamedTuple
from arena_core.usecases.progress.model import Progress
from arena_core.usecases.progress.parse import history, read_progress
from arena_core.usecases.progress.text import number
from arena_core.usecases.session import Session
from arena_core.usecases.sources import choose
from arena_core.usecases.views import Job

#: So much of a log is read.
LINES, BYTES = 80, 1 << 16


class Course(NamedTuple):
    """How far a job is, and the course of its first figure (the loss, where it has one) through the lines that were read."""

    progress: Progress
    figure: str = ""
    values: tuple[float, ...] = ()


def progress_of(session: Session, job: Job) -> Course | None:
    """Return how far a running job is; None where it does not run, or nothing tells."""
    if not job.status.phase.runs:
        return None
    if told := own_status(job.manifest):
        return Course(told)
    try:
        text = _end_of_log(session, job)
    except ArenaError:
        return None  # it is an extra: what is wrong with the log, `logs` tells
    found = read_progress(text)
    return None if found is None else Course(found, *history(text))


def progress_of_each(session: Session, jobs: Sequence[Job]) -> dict[str, Course]:
    """Return by uid how far the running ones of the jobs are, asked side by side."""
    running = [job for job in jobs if job.status.phase.runs]
    answers = session.cluster.gather([partial(progress_of, session, job) for job in running])
    return {job.uid: answer for job, answer in zip(running, answers, strict=True) if isinstance(answer, Course)}


def figures_of_each(session: Session, jobs: Sequence[Job]) -> dict[str, Mapping[str, float]]:
    """Return by uid the last figures of each job, of those that have ended, too."""
    answers = session.cluster.gather([partial(_figures, session, job) for job in jobs])
    return {job.uid: answer for job, answer in zip(jobs, answers, strict=True) if not isinstance(answer, ArenaError) and answer}


def _figures(session: Session, job: Job) -> Mapping[str, float]:
    if (told := own_status(job.manifest)) and told.metrics:
        return told.metrics
    found = read_progress(_end_of_log(session, job))
    return found.metrics if found else {}


def own_status(manifest: Manifest) -> Progress | None:
    """Return what the training itself has written into the job's status (``status.trainerStatus``)."""
    status = dig.mapping(manifest, "status", "trainerStatus")
    percent, left = status.get("progressPercentage"), status.get("estimatedRemainingSeconds")
    rows = ((dig.text(m, "name"), number(str(m.get("value", "")))) for m in dig.items(status, "metrics"))
    metrics = {name: value for name, value in rows if name and value is not None}
    known = [value if isinstance(value, int | float) and not isinstance(value, bool) else None for value in (percent, left)]
    if known == [None, None] and not metrics:
        return None
    return Progress(known[0], 100 if known[0] is not None else None, eta=known[1], metrics=metrics, line="status.trainerStatus")


def _end_of_log(session: Session, job: Job) -> str:
    sources = choose(session.jobs.get(job.job_type), job, LogQuery())
    if not sources or not sources[0].pod:
        return ""
    source = sources[0]
    path = f"/api/v1/namespaces/{job.namespace}/pods/{source.pod}/log"
    answer = session.cluster.request("GET", path, {"container": source.container, "tailLines": LINES, "limitBytes": BYTES}, accept="*/*")
    return answer.body[:BYTES].decode("utf-8", "replace") if answer.ok else ""
