"""What the commands note in the history of jobs that were submitted here, as they pass by. Never a reason for one to fail."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import Manifest
from arena_core.history.journal import Journal
from arena_core.records import replace
from arena_core.typed import Any
from arena_core.usecases.marks import SUBMIT_ID, annotations_of
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job, LogLine

#: Seconds that reading the ends of the logs of one job may take.
PATIENCE = 15.0
#: So many jobs are read before they are deleted.
_MOST = 20


def seen(session: Session, jobs: Sequence[Job], *, whole: bool = False) -> None:
    """Note what is new of those jobs that were submitted here and whose end is not noted yet.

    With ``whole`` the logs of one that has ended are read, which costs requests; a list leaves that to the next command.
    """
    journal = session.history
    opened = journal.opened() if journal is not None else {}
    if journal is None or not opened:
        return
    for job in jobs:
        submission = job.annotations.get(SUBMIT_ID, "")
        if submission not in opened or not job.uid:
            continue
        state, before = state_of(job), opened[submission]
        ending = whole and job.status.phase.finished
        if before == "":
            journal.note("created", submission, {"uid": job.uid})
        # At the end once more where it was seen already: a list does not look for the reason.
        if state != before or ending:
            if not journal.note("state", submission, facts(job, journal)):
                return
            if job.status.phase.finished:
                tell(session, journal, submission, job)
            journal.mark(submission, state, before)
        if ending and keep_logs(session, journal, submission, job):
            journal.close(submission, state)


def tell(session: Session, journal: Journal, submission: str, job: Job) -> None:
    """Tell whoever is to be told of the end of a job."""
    if journal.notify or journal.has("notify"):
        from arena_core.usecases import notify

        notify.tell(session, journal, submission, job)


def state_of(job: Job) -> str:
    """Return what a marker says of a job: as short as it can be, and different where something is new.

    Messages are left out: a list does not look for them, and some have times in them.
    """
    counts = dict.fromkeys(("Pending", "Running", "Succeeded", "Failed"), 0)
    for one in job.status.instances:
        counts[one.phase] = counts.get(one.phase, 0) + 1
    restarts = sum(one.restarts for one in job.status.instances)
    exact = "".join(letter for letter in job.status.exact if letter.isascii() and letter.isalnum())[:24]
    return ".".join([str(job.status.phase), exact, *(str(n) for n in [*counts.values()][:4]), str(restarts)])


def facts(job: Job, journal: Journal) -> dict[str, Any]:
    """Return what is noted of a state."""
    from arena_core.discreet import discreet

    status = job.status
    return {
        "uid": job.uid,
        "phase": str(status.phase),
        "exact": status.exact,
        "reason": status.reason,
        "message": discreet(status.message),
        "started": status.start,
        "ended": status.end,
        "instances": [
            {"name": one.short_name, "status": one.status, "exitCode": one.exit_code, "restarts": one.restarts, "node": one.node}
            for one in status.instances
        ],
        "command": journal.command[0] if journal.command else "",
    }


def keep_logs(session: Session, journal: Journal, submission: str, job: Job) -> bool:
    """Note the last lines of every instance, with why some are missing; whether they are noted."""
    from arena_core.usecases.tails import tails

    limited = replace(session, cluster=session.cluster.limited(time.monotonic() + PATIENCE))
    try:
        found: Sequence[Mapping[str, Any]] = tails(limited, job, journal.rules.lines)
    except ArenaError as error:
        found = [{"instance": "", "missing": error.message}]
    return journal.note("logs", submission, {"logs": found})


def before_deletion(session: Session, targets: Sequence[tuple[str, str, str]]) -> None:
    """Note the states and logs of jobs that are about to be deleted: (name, type, namespace) of each. Nothing is asked for others."""
    from arena_core.usecases.facts import read
    from arena_core.usecases.find import find

    if session.history is None or not session.history.opened():
        return
    for name, job_type, namespace in targets[:_MOST]:
        try:
            handle, found, unread = find(session, name, job_type, namespace)
            if annotations_of(found).get(SUBMIT_ID, "") in session.history.opened():
                last_look(session, read(session, handle, found, unread))
        except ArenaError:
            continue  # told by the deletion itself


def last_look(session: Session, job: Job) -> None:
    """Note all there is of a job that is about to go, also where it still runs."""
    seen(session, [job], whole=True)
    submission = job.annotations.get(SUBMIT_ID, "")
    if session.history is not None and submission in session.history.opened():
        keep_logs(session, session.history, submission, job)


def deleted(session: Session, uid: str, job: Manifest) -> None:
    """Note that somebody deleted a job here, and who: it is looked up by its submission, or by its uid where it was not read."""
    from arena_core.history.journal import is_noted

    journal, submission = session.history, annotations_of(job).get(SUBMIT_ID, "")
    if journal is None or not (submission if job else uid) or not is_noted(journal):
        return
    from arena_core.usecases.identity import known

    journal.note("gone", submission, {"uid": uid, "by": f"{known(session.cluster)} ({' '.join(journal.command[:1]) or 'library'})"})


def followed(session: Session, job: Manifest, lines: Iterator[LogLine]) -> Iterator[LogLine]:
    """Pass the lines of a log on, and keep them where the job was submitted here and its end is not noted yet."""
    journal = session.history
    submission = annotations_of(job).get(SUBMIT_ID, "")
    if journal is None or submission not in journal.opened():
        yield from lines
        return
    from arena_core.history.tee import Tee

    tee = Tee(journal, submission)
    try:
        for line in lines:
            tee.write(line.source.label or line.source.pod, line.data)
            yield line
    finally:
        tee.close()


def absent(session: Session, name: str, namespace: str, error: NotFound) -> None:
    """A job is not there: what is kept of an earlier one is named in the hint, and noted that it is gone."""
    from arena_core.history.journal import is_noted
    from arena_core.usecases.find import NotProven, OfAnotherType

    journal = session.history
    if journal is None or isinstance(error, (NotProven, OfAnotherType)) or not is_noted(journal):
        return
    from arena_core.history.store import Store, Wanted

    try:
        with Store(journal) as store:
            found = store.entries(Wanted(name=name, namespace=namespace, limit=1))
    except ArenaError as trouble:
        journal.trouble(trouble)
        return
    cluster = session.cluster
    # The local cluster has another port after each start.
    if not found or found[0].context != cluster.context or not (cluster.is_local or found[0].server == cluster.server):
        return
    opened = journal.opened()
    if found[0].id in opened and found[0].uid:
        journal.note("gone", found[0].id, {"uid": found[0].uid})
        journal.close(found[0].id, opened[found[0].id])
    error.hint = f"`arena history show {name}` tells what became of it, `arena history logs {name}` shows what was kept of its logs"
