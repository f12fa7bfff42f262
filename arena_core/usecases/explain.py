"""``why``: read what the reasons need (events, and what a cause leaves open), and rank them. `get`, `list` and `wait` take the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arena_core.contract.errors import ArenaError, PluginError
from arena_core.contract.types import Cause, Find, Manifest, Phase, Rank
from arena_core.kube.resources import EVENTS
from arena_core.podwords import never_started
from arena_core.records import replace
from arena_core.usecases import answers, endpoints, notup
from arena_core.usecases.facts import in_rounds, matches, view
from arena_core.usecases.halfmade import recognised
from arena_core.usecases.lastlines import failed_container, last_lines
from arena_core.usecases.lookup import ClusterLookup
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.reasons import healthy, reasons, told
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import about
from arena_core.usecases.unread import phrase
from arena_core.usecases.views import Job

#: Of so many causes the hints are looked up; the rest is seldom read.
_HINTED = 3


def explain(session: Session, job: Job) -> list[Cause]:
    """Return the causes why a job is not running, the first is the one to look at, with the answers that the cluster has.

    What failed comes with the last lines of its log; what stands beside the job and does not come up is told last.
    """
    last = list(_beside(session, job))
    if job.status.phase is Phase.SUCCEEDED:
        return last
    lookup = ClusterLookup(session, job.namespace, job.unread)
    found = job.causes
    if found is None:
        job, events = with_events(session, job)
        found = tuple(causes_of(session, job, events, lookup))
    hinted = once([answers.hinted(lookup, job, c) if i < _HINTED else c for i, c in enumerate(found)])
    return [*_with_lines(session, job, hinted), *last]


def _beside(session: Session, job: Job) -> Iterator[Cause]:
    """Yield what stands beside the job, serves, and does not come up; or that this is not known."""
    try:
        named = [one for one in endpoints.wanted(session, job) if one.pods]
    except ArenaError:
        return  # told where the plugin's reasons are asked for
    for one in named:
        unread: list[str] = []
        if cause := notup.trouble(session, job, one, unread):
            yield cause
        elif unread:
            text = f"whether {notup.title(one)} is up is not known: {unread[0]} cannot be read"
            yield Cause(text, "", "", Rank.INFO, "Unread")


def _with_lines(session: Session, job: Job, causes: Sequence[Cause]) -> list[Cause]:
    """Give the first instance that failed the last lines of its log, and the command that shows the rest."""
    found = list(causes)
    for place, cause in enumerate(found):
        pod = cause.object.removeprefix("pod/")
        if cause.rank is not Rank.FAILED or pod == cause.object:
            continue
        last = last_lines(session, job, pod)
        hint = cause.hint or next_step(session, job, pod)
        if last.unread:
            hint = f"{hint or 'its log tells more'} (it cannot be read now: {last.unread})"
        found[place] = replace(cause, lines=last.lines, hint=hint)
        break
    return found


def next_step(session: Session, job: Job, pod_name: str) -> str:
    """Return what to do about a failed instance: the command that shows its log, unless it could not even start."""
    pod = next((p for p in job.pods if metadata_of(p).get("name") == pod_name), None)
    if never_started(pod):
        here = "pods are processes of this machine here: give a command whose program is on the PATH that you submit from"
        return here if session.cluster.is_local else "check the command, and that the image has the program"
    return _logs_hint(job, pod, pod_name)


def _logs_hint(job: Job, pod: Manifest | None, pod_name: str) -> str:
    """Return the command that shows the log of a failed instance: of its earlier run where a newer one runs."""
    member = next((i for i in job.status.instances if i.name == pod_name), None)
    if pod is None or member is None:
        return ""
    container, previous = failed_container(pod)
    main = [str(c.get("name")) for c in (pod.get("spec") or {}).get("containers") or []]
    where = "" if member.chief and container in main[:1] else f" -i {member.short_name}"
    inside = f" -c {container}" if container and container not in main[:1] else ""
    more = f"{where}{inside}{' --previous' if previous else ''}".strip()
    return f"{about(job, 'logs', more)} shows its log"


def once(causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes with each hint given once."""
    said: set[str] = set()
    found = []
    for cause in causes:
        found.append(replace(cause, hint="") if cause.hint in said else cause)
        said.add(cause.hint)
    return found


def causes_of(session: Session, job: Job, events: Sequence[Manifest], lookup: ClusterLookup) -> list[Cause]:
    """Return the ranked causes from the facts; the cluster is asked only where they leave open whether it can ever end."""
    try:
        own = session.jobs.get(job.job_type).explain(job.view)
    except PluginError as error:
        own = [Cause(error.message, error.hint, rank=Rank.INFO, reason="PluginFailed")]
    return _said_once(answers.certain(lookup, job, [recognised(job, cause) for cause in reasons(job, own, events)]))


#: What the sentence that an instance failed with a code is made of, whoever says it.
_FAILED_WITH = frozenset(["pod", "instance", "container", "has", "failed", "exited", "terminated", "with", "exit", "code", "the"])


def _said_once(causes: Sequence[Cause]) -> list[Cause]:
    """Leave out an operator's summary that only repeats how the first instance failed: its name, and the code that it ended with."""
    first = causes[0] if causes else None
    pod = first.object.removeprefix("pod/") if first and first.object.startswith("pod/") and first.rank is Rank.FAILED else ""
    code = first.message.partition(f"{pod} exited with ")[2].split(" ")[0].strip(",:") if first and pod else ""
    if not code:
        return list(causes)
    return [c for c in causes if c.rank is not Rank.INFO or c.lines or not _repeats(c.message, pod, code)]


def _repeats(text: str, pod: str, code: str) -> bool:
    """Whether a sentence says of a pod that it failed with this code, and nothing else."""
    rest = set(text.replace(pod, "").lower().replace(".", "").split())
    return pod in text and f"code {code}" in text and rest <= {*_FAILED_WITH, code}


def reasoned(session: Session, job: Job) -> Job:
    """Return the job with its first cause as the reason in its status; a job that runs or has succeeded costs no request."""
    if healthy(job):
        return job
    job, events = with_events(session, job)
    return told(job, causes_of(session, job, events, ClusterLookup(session, job.namespace, job.unread)))


def all_reasoned(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs with their reasons: one request per namespace for events, and for each kind that reasons of its jobs need."""
    events: dict[str, tuple[list[Manifest], str]] = {}
    lookups: dict[str, ClusterLookup] = {}
    found = []
    for job in jobs:
        if healthy(job):
            found.append(job)
            continue
        if job.namespace not in events:
            events[job.namespace] = _events(session, job.namespace)
            lookups[job.namespace] = ClusterLookup(session, job.namespace)
        lookup = lookups[job.namespace]
        rows, unread = events[job.namespace]
        whole = _with_related(session, job, lookup)
        whole = replace(whole, unread=(*whole.unread, unread)) if unread else whole
        found.append(told(whole, causes_of(session, whole, rows, lookup)))
    return found


def _with_related(session: Session, job: Job, lookup: ClusterLookup) -> Job:
    """Return the job with its related objects, picked from lists that all jobs of the namespace share."""
    unread: list[str] = []

    def fetch(wanted: Find) -> Sequence[Manifest]:
        listed = lookup.list(wanted.resource)
        if listed is None:
            unread.extend([] if lookup.serves(wanted.resource) is False else [f"{wanted.resource.key} (not readable)"])
        return [obj for obj in listed or () if matches(obj, wanted)]

    handle = session.jobs.get(job.job_type)
    related_objects = in_rounds(handle, job.manifest, fetch, unread)
    return view(handle, job.manifest, job.view.pods, related_objects, earlier=job.earlier, unread=(*job.unread, *unread))


def with_events(session: Session, job: Job) -> tuple[Job, list[Manifest]]:
    """Return the job, which names the events among what is unread where they are, and the events of its namespace."""
    found, unread = _events(session, job.namespace)
    return (replace(job, unread=(*job.unread, unread)) if unread else job), found


def _events(session: Session, namespace: str) -> tuple[list[Manifest], str]:
    try:
        return list(session.cluster.list(EVENTS, namespace).items), ""
    except ArenaError as error:
        return [], phrase(EVENTS, error)
