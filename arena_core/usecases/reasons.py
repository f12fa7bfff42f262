"""The reasons of a job, ranked: one function that `why`, `get`, `list -o json` and `wait` share. Pure: facts in, causes out."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core import podends
from arena_core.contract.types import NOT_TAKEN_UP, Cause, Instance, Manifest, Phase, Rank
from arena_core.k8s import dig
from arena_core.podwords import cause_of
from arena_core.records import replace
from arena_core.registry.advice import advisers
from arena_core.usecases import elsewhere, incidents
from arena_core.usecases.held import EARLIER, TERMINATING
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.views import Job


def reasons(job: Job, own: Sequence[Cause], events: Sequence[Manifest]) -> list[Cause]:
    """Return why a job is not running, the first is the one to look at; nothing for a job that runs well or has succeeded.

    ``own`` is what its job type says, ``events`` are those of the namespace.
    """
    phase = job.status.phase
    if phase is Phase.SUCCEEDED:
        return []
    if job.status.reason == TERMINATING:
        return [Cause(job.status.message, "", "", Rank.HELD, TERMINATING)]  # nothing else matters to it any more
    mine = incidents.of_job(job, events)
    pods = pod_causes(job, mine)
    known = {_object(c) for c in pods}
    found = [
        *([Cause(job.status.message, "", "", Rank.WAITS, EARLIER)] if job.status.reason == EARLIER else ()),
        *incidents.refusals(job, mine),
        *_gone(job, mine),
        *(c for c in own if _object(c) not in known or not _object(c).startswith("pod/")),
        *incidents.gangs(job, mine),
        *pods,
        *_evicted(job, mine),
    ]
    unread, other = job.unread, elsewhere.told(job.manifest)
    if other and not phase.finished and not job.status.instances and not any(c.reason == elsewhere.REASON for c in own):
        found.append(Cause(other, "", "", Rank.INFO, elsewhere.REASON))
    if unread or mine or other or any(True for _ in dig.items(job.manifest, "status", "conditions")):
        found = [c for c in found if c.reason != NOT_TAKEN_UP]
    if phase is Phase.FAILED and not any(c.rank <= Rank.FAILED for c in found):
        found += incidents.deleted(job, mine)
    ranked = sorted(_once(found), key=lambda c: c.rank)
    if phase.runs and not unread:
        return ranked
    if not any(c.rank < Rank.INFO for c in ranked):
        ranked = [*_rest(job, ranked, mine), *(c for c in ranked if not unread or c.reason != NOT_TAKEN_UP)]
    if unread and not phase.runs:
        what = f"{' and '.join(unread)} cannot be read, so the reason may be missing"
        rights = all("(forbidden)" in text for text in unread)
        ranked.append(Cause(what, "ask for the right to read them" if rights else "try again", "", Rank.INFO, "Unread"))
    return ranked


def _gone(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """How instances failed that are gone: of a job that is lost, or that is being started again because of them."""
    if job.status.phase is not Phase.FAILED and job.status.exact not in ("Resetting", "Restarting"):
        return []
    return incidents.failures_of_gone(job, events)


def healthy(job: Job) -> bool:
    """Whether nothing needs to be explained, so that nothing more needs to be read: it has succeeded, or runs with all it wants."""
    status = job.status
    if status.phase is Phase.SUCCEEDED:
        return True
    whole = len(status.instances) >= status.replicas
    pods = {str(metadata_of(p).get("name")): p for p in job.pods}
    return status.phase.runs and whole and not any(cause_of(pods.get(i.name), i) for i in status.instances)


def told(job: Job, causes: Sequence[Cause]) -> Job:
    """Return the job with its causes, the first as its reason, so that every command gives the same."""
    first = causes[0] if causes else None
    if first is None or (job.status.phase.runs and first.rank >= Rank.WAITS):
        return replace(job, causes=tuple(causes))
    status = replace(job.status, reason=first.reason or job.status.reason, message=first.message)
    return replace(job, view=replace(job.view, status=status), causes=tuple(causes))


def pod_causes(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Return what troubles the instances: those that failed first lead, equal sentences are told once."""
    failed = job.status.phase is Phase.FAILED
    pods = {str(metadata_of(p).get("name")): p for p in job.pods}
    rows = []
    for member in sorted(job.status.instances, key=lambda i: (not _has_failed(i), i.finished or "~") if failed else (False, "")):
        pod = pods.get(member.name)
        found = cause_of(pod, member, job_failed=failed) if pod is not None else None
        if found is not None and not (failed and found.rank > Rank.FAILED and member.phase == "Running"):
            rows.append((member, _with_event(found, member, events, pod)))
    return _grouped(rows)


def _has_failed(member: Instance) -> bool:
    return bool(member.exit_code) or member.phase == "Failed"


def _with_event(cause: Cause, member: Instance, events: Sequence[Manifest], pod: Manifest | None) -> Cause:
    """A pod that is being made or pulled says little itself: its newest Warning has the words."""
    if cause.rank is Rank.FAILED and (end := podends.decisive(pod)) and (said := incidents.killed(events, member.name, end.ended)):
        return replace(cause, message=f"{cause.message}; {said}")
    if cause.reason == "Unschedulable":
        return _scaling(cause, events, member.name)
    if cause.rank <= Rank.FAILED or cause.reason in ("Schedulable", "SchedulingGated", "NodeNotReady", "NotReady"):
        return cause
    reason, text = incidents.trouble(events, member.name)
    if not text or text in cause.message or reason in ("BackOff", "Unhealthy") or text.startswith("Error: "):
        return cause
    if cause.reason in ("ContainerCreating", "PodInitializing", "NotScheduled"):
        return replace(cause, message=f"{member.name} cannot start: {text}", rank=Rank.HELD, reason=reason)
    return replace(cause, message=f"{cause.message}; {text}") if ": " not in cause.message else cause


def _scaling(cause: Cause, events: Sequence[Manifest], pod: str) -> Cause:
    """What no node has may come with a node that an autoscaler adds; it also says when it adds none."""
    reason, text = incidents.scaling(events, pod)
    if not reason:
        return cause
    coming = reason != incidents.NO_NODE
    message = f"{cause.message}; {'a node is being added for it' if coming else 'the autoscaler adds no node'}: {text}"
    return replace(cause, message=message, rank=Rank.WAITS if coming else cause.rank, reason=reason if coming else cause.reason)


def _grouped(rows: Sequence[tuple[Instance, Cause]]) -> list[Cause]:
    """Tell a sentence that holds for many instances once."""
    groups: dict[tuple[str, str], list[tuple[Instance, Cause]]] = {}
    for member, cause in rows:
        groups.setdefault((cause.reason, cause.message.replace(member.name, "\0")), []).append((member, cause))
    found = []
    for (_, pattern), same in groups.items():
        member, cause = same[0]
        if len(same) > 1:
            who = f"{member.name} and {len(same) - 1} more"
            cause = replace(cause, message=pattern.replace("\0", who))
        found.append(cause)
    return found


def _evicted(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Say that the job was preempted or evicted, where that is why it failed or waits again."""
    past = (one.past_eviction(job.related) for one in advisers())
    kind, text, when = next((found for found in past if found[1]), ("", "", ""))
    found = incidents.endings(job, events)
    if job.status.phase is not Phase.FAILED:
        return [replace(c, rank=Rank.INFO) for c in found] if not job.status.phase.runs else []
    if text and (kind == "Preempted" or "stopped" in text.lower()):
        how = "preempted" if kind == "Preempted" else "stopped"
        sentence = (
            f"it was {how}{f' (last change {when})' if when else ''} and admitted again while its old pod was ending; "
            f"the operator took that pod for a failure: {text}"
        )
        hint = "let the program end on TERM, or shorten terminationGracePeriodSeconds, and submit it again"
        return [Cause(sentence, hint, "", Rank.FAILED, kind), *found]
    return [replace(c, rank=Rank.FAILED) for c in found]


def _rest(job: Job, ranked: Sequence[Cause], events: Sequence[Manifest]) -> list[Cause]:
    """What is left to say of a job that neither runs nor has ended well, where nothing explains it: never that all is well."""
    status = job.status
    said = [c for c in ranked if c.rank is Rank.INFO]
    rows: list[Cause] = []
    if status.message and status.phase is not Phase.UNKNOWN and not any(status.message in c.message for c in said):
        rows.append(Cause(status.message, "", "", Rank.INFO, status.reason))
    elif status.message:
        rows += [] if said else [Cause(status.message, "", "", Rank.INFO, status.reason)]
    elif not said and (newest := _newest_condition(job)):
        rows.append(newest)
    last = incidents.told(events)
    if last and not said:
        rows.append(Cause("the last events: " + "; ".join(last), "no more is known", "", Rank.INFO, "Events"))
    elif not rows and not said:
        rows.append(
            Cause("nothing has been reported about it: no condition and no event", "no more is known", "", Rank.INFO, "NothingKnown")
        )
    return rows


def _newest_condition(job: Job) -> Cause | None:
    """Return what the operator last said in a condition that its type does not know: of another version, or of somebody else."""
    told = [row for row in dig.items(job.manifest, "status", "conditions") if dig.text(row, "message")]
    if not told:
        return None
    row = max(told, key=lambda row: dig.text(row, "lastTransitionTime"))
    text = f"its condition {dig.text(row, 'type')} is {dig.text(row, 'status')}: {dig.text(row, 'message')}"
    return Cause(text, "", "", Rank.INFO, dig.text(row, "reason"))


def _object(cause: Cause) -> str:
    """One spelling for what a cause is about: ``pod/NAME`` (plugins also write ``pod NAME``)."""
    kind, blank, name = cause.object.partition(" ")
    return f"{kind}/{name}" if blank and kind.isidentifier() and name and len(name.split()) == 1 and name == name.strip() else cause.object


def _once(causes: Sequence[Cause]) -> list[Cause]:
    kept: dict[str, Cause] = {}
    for cause in causes:
        kept.setdefault(cause.message, replace(cause, object=_object(cause)))
    return list(kept.values())
