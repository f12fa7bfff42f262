"""What the events of a namespace tell of one job: what was refused, how instances failed that are gone, what troubles a pod. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from arena_core.contract.types import Cause, Manifest, Rank
from arena_core.k8s import dig
from arena_core.k8s.time import nanos
from arena_core.lazily import pattern
from arena_core.podwords import one_line
from arena_core.records import replace
from arena_core.typed import Any
from arena_core.usecases.marks import metadata_of
from arena_core.usecases.views import Job

_CREATED = pattern(r"[Cc]reated (?:head |worker )?[Pp]od:? \(?(?:[\w.-]+/)?([a-z0-9][\w.-]*)")
_POD_IN_ERROR = pattern(r"""(?:pods |Pod |create pod )"?([a-z0-9][a-z0-9.-]*)"?""")
_SERVICE_IN_ERROR = pattern(r"""(?:services |Service )"([^"]+)\"""")
_EXITED = pattern(r"Pod: (?:[\w-]+\.)?(\S+) exited with code (\d+)")
_ERROR_POD = pattern(r"Error pod (\S+) container (\S+) exitCode: (\d+) terminated message: ?(.*)", re.DOTALL)
_GO_STRUCT = pattern(r"""&errors\.StatusError\{.*?Message:"((?:[^"\\]|\\.)*)".*\}""", re.DOTALL)
_REFUSED = pattern(r"Failed.*Create|FailedCreate|CreateFailed|PVCError|ErrResourceExists|ValidationError|CreationFailed")
#: Reasons of a pod's Warning events that explain why it does not come up.
_TROUBLES = pattern(r"Failed|Err|BackOff|Unhealthy|NodeNotReady|Evict|Preempt")
#: What a cluster autoscaler or Karpenter says of a pod: that a node comes, or that none does.
NO_NODE = "NotTriggerScaleUp"
_SCALING = ("TriggeredScaleUp", "Nominated", NO_NODE)
_DELETED = pattern(r"[Dd]elet(?:ed?|ing) (?:head |worker )?[Pp]od")
_PROBE = pattern(r"failed (liveness|startup) probe")
_ENDED_BY_OTHERS = ("Preempted", "Evicted", "TaintManagerEviction", "Stopped")


def reason_of(event: Manifest) -> str:
    """Return the event's reason."""
    return dig.text(event, "reason")


def message_of(event: Manifest) -> str:
    """Return the event's message in one line; of a Go struct that was printed whole the message inside."""
    text = dig.text(event, "message") or dig.text(event, "note")
    if "StatusError{" in text:
        text = _GO_STRUCT.sub(lambda m: m[1].replace('\\"', '"'), text)
    return one_line(text)


def first_seen(event: Manifest) -> str:
    """Return when it was seen first."""
    times = (dig.text(event, "firstTimestamp"), dig.text(event, "eventTime"), dig.text(event, "metadata", "creationTimestamp"))
    return next((t for t in times if t), "")


def last_seen(event: Manifest) -> str:
    """Return when it was seen last; different writers use different fields."""
    times = (dig.text(event, "series", "lastObservedTime"), dig.text(event, "lastTimestamp"), first_seen(event))
    return next((t for t in times if t), "")


def involved(event: Manifest) -> tuple[str, str, str]:
    """Return (kind, name, uid) of what the event is about."""
    about = dig.mapping(event, "involvedObject")
    return dig.text(about, "kind"), dig.text(about, "name"), dig.text(about, "uid")


def of_job(job: Job, events: Sequence[Manifest]) -> list[Manifest]:
    """Return the events of a job, oldest first: of what is there by uid, of what is gone by the names that its owners told.

    An object that is gone counts only from the job's creation on: an earlier job of the same name had objects of the same names.
    """
    known = {uid for obj in (job.manifest, *job.pods, *job.related) if (uid := str(metadata_of(obj).get("uid") or ""))}
    # What had events before the job was made, or is left of an earlier one, is not the job's.
    since: dict[str, str] = {}
    for event in events:
        uid = involved(event)[2]
        since[uid] = min(since.get(uid, "~"), first_seen(event)[:19] or "~")
    since |= {str(metadata_of(pod).get("uid")): "" for pod in job.earlier}
    gone = {dig.text(one, "metadata", "name"): dig.text(one, "kind") for one in carried(job.manifest)}
    found = _belonging(events, known, gone, since, job.created[:19])
    for event in found:
        if involved(event)[0] != "Pod" and "reated" in (said := message_of(event)) and (made := _CREATED.match(said)):
            gone[made[1]] = "Pod"
    return sorted(_belonging(events, known, gone, since, job.created[:19]), key=_order)


def _belonging(
    events: Sequence[Manifest], known: set[str], gone: Mapping[str, str], since: Mapping[str, str], created: str
) -> list[Manifest]:
    found = []
    for event in events:
        kind, name, uid = involved(event)
        if (uid and uid in known) or (gone.get(name) == kind and kind and since.get(uid, "") >= created):
            found.append(event)
    return found


def _order(event: Manifest) -> tuple[int, int, int]:
    """Some writers give whole seconds, some microseconds: within a second the order in which they were stored is the better one."""
    moment = nanos(last_seen(event))
    return moment // 10**9, dig.number(event, "metadata", "resourceVersion"), moment


def carried(job: Manifest) -> Iterator[Manifest]:
    """Yield the objects that a wrapper of whatever kind carries: what in its specification is a whole object with a name."""
    left: list[Any] = [job.get("spec")]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            if dig.text(value, "apiVersion") and dig.text(value, "kind") and dig.text(value, "metadata", "name"):
                yield dict(value)
                continue
            left += value.values()
        elif isinstance(value, list):
            left += value


def refusals(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Return what the API server or an operator refuses the job and has not let through since, the newest first."""
    if job.status.phase == "SUCCEEDED":
        return []
    here = {str(metadata_of(p).get("name")) for p in job.pods}
    made = {m[1]: last_seen(e) for e in events if reason_of(e).startswith("Success") and (m := _CREATED.match(message_of(e)))}
    found: dict[str, Cause] = {}
    for event in reversed(events):
        kind, name, _ = involved(event)
        text = message_of(event)
        if dig.text(event, "type") != "Warning" and not text.startswith("CreateFailed"):
            continue
        if kind == "Pod" or (not _REFUSED.search(reason_of(event)) and not text.startswith("CreateFailed")):
            continue
        pod = _POD_IN_ERROR.search(text)
        if pod and (pod[1] in here or made.get(pod[1], "") > last_seen(event)):
            continue
        if not pod and not _SERVICE_IN_ERROR.search(text) and job.status.replicas and len(here) >= job.status.replicas:
            continue
        key = _POD_IN_ERROR.sub("pod", text)
        found.setdefault(key, _refusal(text, f"{kind.lower()}/{name}", reason_of(event)))
    return list(found.values())


def _refusal(text: str, where: str, reason: str) -> Cause:
    text = re.sub(r"^(Error creating(?: pods)?: |CreateFailed: error creating components: )", "", text)
    text = re.sub(r"^\[?failed to create pod \S+, err: ", "", text).rstrip("]") if "failed to create pod" in text else text
    what = "a Service" if _SERVICE_IN_ERROR.search(text) and not _POD_IN_ERROR.search(text) else "an instance"
    hint = ""
    if "object is being deleted" in text:
        gone = _POD_IN_ERROR.search(text)
        return Cause(f"pod {gone[1] if gone else 'of the same name'} of an earlier job is still ending", "", where, Rank.WAITS, reason)
    if "exceeded quota" in text or "must specify" in text:
        hint = "whoever runs the namespace can raise the ResourceQuota; or end something else, or ask for less"
    elif "violates PodSecurity" in text:
        hint = "the namespace's label pod-security.kubernetes.io/enforce forbids such pods: change what the pods ask for, or the namespace"
    elif "no PriorityClass" in text or "PriorityClass with name" in text:
        hint = "give one that exists with --priority, or have it made"
    elif "already exists" in text:
        hint = "something else has this name: delete it, or submit under another name"
    elif "LimitRange" in text or "per Container is" in text or "per Pod is" in text:
        hint = "the namespace's LimitRange sets these limits: ask for amounts within them"
    elif reason == "PVCError":
        hint = "create the claim, or leave the volume out"
    return Cause(f"{what} cannot be created: {text}" if reason != "PVCError" else text, hint, where, Rank.REFUSED, reason)


def failures_of_gone(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Return how instances failed whose pods are gone, as the operator has noted it; the first one first."""
    here = {str(metadata_of(p).get("name")) for p in job.pods}
    found: dict[str, Cause] = {}
    for event in sorted(events, key=first_seen):
        text, reason = message_of(event), reason_of(event)
        if (exited := _ERROR_POD.match(text)) and exited[3] != "0":
            pod, code, message = exited[1], exited[3], exited[4].strip()
            how = f"was OOMKilled (exit code {code})" if reason == "OOMKilled" else f"exited with {code}"
            if pod not in here:
                found[pod] = Cause(f"{pod} {how}" + (f": {message}" if message else ""), "", f"pod/{pod}", Rank.FAILED, reason)
        elif (exited := _EXITED.match(text)) and exited[2] != "0" and exited[1] not in here:
            found.setdefault(exited[1], Cause(f"{exited[1]} exited with {exited[2]}", "", f"pod/{exited[1]}", Rank.FAILED, reason))
    removal = job.status.removal
    hint = f"`arena logs {job.name} -i NAME` shows its log where it was kept" + (f"; {removal.keep}" if removal else "")
    return [replace(cause, hint=hint.replace("NAME", pod)) for pod, cause in found.items()]


def trouble(events: Sequence[Manifest], pod: str) -> tuple[str, str]:
    """Return (reason, message) of the newest Warning about a pod that explains why it does not come up, or empty texts."""
    for event in reversed(events):
        kind, name, _ = involved(event)
        if kind == "Pod" and name == pod and dig.text(event, "type") == "Warning" and _TROUBLES.search(reason_of(event)):
            return reason_of(event), message_of(event)
    return "", ""


def killed(events: Sequence[Manifest], pod: str, ended: Mapping[str, Any]) -> str:
    """Return that a node ended this run of a container for a probe that failed, and what the probe had seen, or an empty text."""
    began, over = dig.text(ended, "startedAt"), dig.text(ended, "finishedAt")
    mine = [e for e in events if involved(e)[:2] == ("Pod", pod) and _within(last_seen(e), began, over)]
    for event in reversed(mine):
        if reason_of(event) == "Killing" and (probe := _PROBE.search(message_of(event))):
            seen = next((message_of(e) for e in reversed(mine) if reason_of(e) == "Unhealthy" and probe[1] in message_of(e).lower()), "")
            return f"its node ended it because its {probe[1]} probe failed" + (f" ({seen})" if seen else "")
    return ""


def _within(moment: str, began: str, over: str) -> bool:
    """Whether a moment is part of a run, as far as it is known when that was; clocks of two programs differ by a second."""
    return not (began and nanos(moment) < nanos(began) - 10**9) and not (over and nanos(moment) > nanos(over) + 2 * 10**9)


def deleted(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Return which instances of a job that failed were deleted while they ran, the first one first.

    What an operator deletes it says; a pod that its node stopped though nobody of the job's says so was deleted by somebody else.
    """
    end = nanos(job.status.end)
    said = "\n".join(message_of(e) for e in events if _DELETED.search(message_of(e)))
    here = {str(metadata_of(p).get("name")) for p in job.pods if not metadata_of(p).get("deletionTimestamp")}
    found: dict[str, Cause] = {}
    for event in events:
        kind, name, _ = involved(event)
        stopped = kind == "Pod" and reason_of(event) == "Killing" and message_of(event).startswith("Stopping container")
        if not stopped or name in here or name in said or (end and nanos(last_seen(event)) > end + 10**9):
            continue
        text = (
            f"{name} was deleted while it ran: its node stopped it at {last_seen(event)}, and no event says that its operator asked for it"
        )
        found.setdefault(name, Cause(text, "", f"pod/{name}", Rank.FAILED, "Deleted"))
    return list(found.values())


def scaling(events: Sequence[Manifest], pod: str) -> tuple[str, str]:
    """Return (reason, message) of what an autoscaler last said of a pod that no node has room for, or empty texts."""
    for event in reversed(events):
        if involved(event)[:2] == ("Pod", pod) and reason_of(event) in _SCALING:
            return reason_of(event), message_of(event)
    return "", ""


def endings(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Return who ended instances that are gone: preempted, evicted, drained; the newest first."""
    here = {str(metadata_of(p).get("name")) for p in job.pods if not metadata_of(p).get("deletionTimestamp")}
    found: dict[str, Cause] = {}
    for event in reversed(events):
        kind, name, _ = involved(event)
        if reason_of(event) not in _ENDED_BY_OTHERS or (kind == "Pod" and name in here) or kind == "Workload":
            continue
        text = message_of(event)
        verb = {"Preempted": "was preempted", "Stopped": "was stopped"}.get(reason_of(event), "was evicted")
        sentence = f"{name} {verb} at {last_seen(event)}: {text}"
        found.setdefault(text, Cause(sentence, "", f"{kind.lower()}/{name}", Rank.HELD, reason_of(event)))
    return list(found.values())


def gangs(job: Job, events: Sequence[Manifest]) -> list[Cause]:
    """Return what the scheduler last said of the gang of a job that waits: its PodGroup's condition is often vaguer."""
    if job.status.phase != "PENDING":
        return []
    for event in reversed(events):
        kind, name, _ = involved(event)
        if kind == "PodGroup" and reason_of(event) == "Scheduled":
            return []
        if kind == "PodGroup" and reason_of(event) == "Unschedulable":
            return [Cause(f"its gang cannot start: {message_of(event)}", "", f"podgroup/{name}", Rank.WAITS, "GangUnschedulable")]
    return []


def told(events: Sequence[Manifest], count: int = 3) -> list[str]:
    """Return the last events as they were told, the newest first."""
    rows: dict[str, Any] = {}
    for event in reversed(events):
        rows.setdefault(f"{reason_of(event)}: {message_of(event)}", None)
    return list(rows)[:count]
