"""A running job that writes nothing: since when, and where its ranks are."""

from __future__ import annotations

from datetime import UTC, datetime

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Cause, LogQuery, Phase, Rank
from arena_core.k8s import duration
from arena_core.k8s.time import parse
from arena_core.usecases.session import Session
from arena_core.usecases.sources import choose
from arena_core.usecases.views import Job

#: Seconds for which the stacks are waited for.
LIMIT = 8.0


def silence(session: Session, job: Job, after: float, now: datetime | None = None) -> Cause | None:
    """Return what is to be said of a running job whose chief has written nothing for so many seconds; None of any other."""
    if job.status.phase is not Phase.RUNNING:
        return None
    written = last_written(session, job)
    since = written or job.status.started_at
    spent = 0.0 if since is None else ((now or datetime.now(UTC)) - since).total_seconds()
    if since is None or spent < after:
        return None
    text = f"it runs, and has written nothing {'' if written else 'at all '}for {duration.human(spent)}"
    where, hint = whereabouts(session, job)
    return Cause(f"{text}: {where}" if where else text, hint, "", Rank.INFO, "Silent")


def last_written(session: Session, job: Job) -> datetime | None:
    """Return when the chief wrote its last line; None where it has written none, or that cannot be read."""
    try:
        sources = choose(session.jobs.get(job.job_type), job, LogQuery())
        if not sources or not sources[0].pod:
            return None
        path = f"/api/v1/namespaces/{job.namespace}/pods/{sources[0].pod}/log"
        query = {"container": sources[0].container, "tailLines": 1, "timestamps": True, "limitBytes": 4096}
        answer = session.cluster.request("GET", path, query, accept="*/*")
    except ArenaError:
        return None  # what is wrong with the log, `logs` tells
    return parse(answer.body[:64].decode("utf-8", "replace").partition(" ")[0]) if answer.ok else None


def whereabouts(session: Session, job: Job) -> tuple[str, str]:
    """Return where the ranks are in a sentence, and what to do next; only with what is in the pods already."""
    from arena_core.usecases.stacks.look import stacks
    from arena_core.usecases.stacks.words import behind, sentence

    try:
        found = stacks(session, job, limit=LIMIT)
    except ArenaError as error:
        return "", f"`arena stacks {job.name}` shows where it is (now: {error.message})"
    if not found.groups:
        return "", f"`arena stacks {job.name} --carry` shows where it is"
    told = "; ".join(text for text in (sentence(found), behind(found)) if text)
    return told, f"`arena stacks {job.name} --full` shows the whole stacks"
