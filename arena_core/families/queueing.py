"""Why Kueue holds a job, as a cause: what never fits, what somebody must change, and what comes by itself. Pure and total.

Importable by plugins. The sentences are read from the conditions of the Workload, whose texts are Kueue's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from arena_core.contract.types import Cause, Rank
from arena_core.families import kueue
from arena_core.k8s import dig, podsize, quantity
from arena_core.lazily import pattern
from arena_core.typed import Any

_MORE = pattern(r"insufficient unused quota for (\S+) in flavor \S+?, (\S+) more needed")
_MOST = pattern(
    r"insufficient quota for (?P<what>\S+) in flavor \S+?, (?:previously considered podsets requests \((?P<before>[^)]*)\) \+ "
    r"current podset request \((?P<now>[^)]*)\) > maximum capacity \((?P<most>[^)]*)\)"
    r"|request > maximum capacity \((?P<asked>\S+) > (?P<limit>[^)]*)\))"
)
_UNCOVERED = pattern(r"resource (\S+) unavailable in ClusterQueue")
_UNFIT = pattern(r"flavor \S+ not found|untolerated taint|doesn't match node affinity")
_LIMITS = pattern(r"LimitRange|resources validation failed|resource validation", re.IGNORECASE)
_MISSING = pattern(r"(LocalQueue|ClusterQueue) (\S+) doesn't exist")
_INACTIVE = pattern(r"(LocalQueue|ClusterQueue) (\S+) is inactive")
#: Words of an eviction that ends only when somebody acts.
_STOPPED = {"ClusterQueueStopped": "ClusterQueue", "LocalQueueStopped": "LocalQueue"}


def cause(job: Any, related: Sequence[Any]) -> Cause | None:
    """Return why Kueue holds a job that waits for it, or None where Kueue does not."""
    held = kueue.waiting(job, related)
    if held is None:
        return None
    reason, text = held
    workload = kueue.workload(related)
    queue = dig.labels(job).get(kueue.QUEUE) or dig.text(workload, "spec", "queueName")
    where = f"queue/{queue}" if queue else ""
    if not workload:
        return Cause(
            f"it waits in Kueue's queue {queue}" if queue else "it waits for Kueue", object=where, rank=Rank.HELD, reason="NoWorkload"
        )
    name = dig.text(workload, "metadata", "name")
    if dig.dig(workload, "spec", "active") is False:
        hint = f"whoever may change Workloads sets spec.active of {name} to true; then it queues again"
        return Cause(f"its Workload was deactivated{_because(text, 'its Workload')}", hint, f"workload/{name}", Rank.NEVER, "Deactivated")
    if reason in ("Admitted", "QuotaReserved") or dig.condition(workload, "QuotaReserved").get("status") == "True":
        return _reserved(workload, queue, text, where)
    return _sorted_out(workload, queue, reason, text, where)


def _because(text: str, unless: str) -> str:
    return f": {text}" if text and not text.startswith(unless) else ""


def _reserved(workload: Mapping[str, Any], queue: str, text: str, where: str) -> Cause:
    """Quota is reserved: admission checks may still hold it, or the job is just being started."""
    checks = [c for c in dig.items(workload, "status", "admissionChecks") if c.get("state") != "Ready"]
    if checks:
        said = "; ".join(f"{dig.text(c, 'name')} is {dig.text(c, 'state')}" + _because(dig.text(c, "message"), "\0") for c in checks)
        return Cause(f"its quota is reserved, but admission checks are not passed: {said}", "", where, Rank.HELD, "AdmissionCheck")
    return Cause(
        f"Kueue's queue {queue} has admitted it, it is being started" + (f" ({text})" if text else ""), "", where, Rank.WAITS, "Admitted"
    )


def _sorted_out(workload: Mapping[str, Any], queue: str, reason: str, text: str, where: str) -> Cause:
    if most := [_too_much(m) for m in _MOST.finditer(text)]:
        sentence = f"it never fits queue {queue}: it asks for {' and '.join(dict.fromkeys(most))}"
        return Cause(sentence, "ask for less, or have the quota of its ClusterQueue raised", where, Rank.NEVER, "NeverFits")
    if found := _UNCOVERED.search(text):
        hint = f"leave {found[1]} out, or have it added to the quota of the ClusterQueue"
        return Cause(f"queue {queue} does not cover {found[1]}: it never admits the job", hint, where, Rank.NEVER, "NotCovered")
    if found := _MISSING.search(text):
        hint = f"the queue has to be created ({found[1]} {found[2]})"
        return Cause(f"{found[1]} {found[2]} does not exist", hint, where, Rank.NEVER, "QueueMissing")
    if found := _INACTIVE.search(text):
        hint = f"whoever runs the {found[1]} has to open it: its stopPolicy, its flavors or its ClusterQueue keep it closed"
        return Cause(f"{found[1]} {found[2]} is held or inactive: it admits no job", hint, where, Rank.NEVER, "QueueInactive")
    if kind := _STOPPED.get(reason):
        return Cause(
            text or f"the {kind} is stopped", f"it waits until the stopPolicy of the {kind} is None again", where, Rank.NEVER, reason
        )
    if _LIMITS.search(text):
        return Cause(f"queue {queue}: {text}", "ask for amounts that the namespace's LimitRange allows", where, Rank.REFUSED, "LimitRange")
    if _UNFIT.search(text) and not _MORE.search(text):
        return Cause(
            f"no flavor of queue {queue} suits it: {text}", "its node selector or tolerations do not fit", where, Rank.NEVER, "NoFlavor"
        )
    return _in_line(workload, queue, reason, text, where)


def _lacking(text: str) -> list[str]:
    """Return how much of each resource is lacking. Kueue counts from pod set to pod set: what the last of them lacks, all lack together."""
    most: dict[str, str] = {}
    for found in _MORE.finditer(text):
        name, amount = found[1], found[2]
        if name not in most or _size(amount) > _size(most[name]):
            most[name] = amount
    return [f"{amount} more {name}" for name, amount in most.items()]


def _size(amount: str) -> int:
    try:
        return quantity.parse(amount)
    except ValueError:
        return 0


def _in_line(workload: Mapping[str, Any], queue: str, reason: str, text: str, where: str) -> Cause:
    evicted = dig.condition(workload, "Evicted")
    before = dig.text(evicted, "message")
    since = dig.text(evicted, "lastTransitionTime")
    past = (
        f"; it ran before and was evicted{f' at {since}' if since else ''}: {before}" if evicted.get("status") == "True" and before else ""
    )
    again = _again(workload)
    if more := _lacking(text):
        wanted = ", ".join(f"{amount} {name}" for name, amount in asked(workload).items())
        asks = f" (it asks for {wanted})" if wanted else ""
        pending = "; Kueue is preempting other jobs for it" if "Pending the preemption" in text else ""
        return Cause(f"it waits in queue {queue} for {' and '.join(more)}{asks}{pending}{past}{again}", "", where, Rank.WAITS, reason)
    if past and text == before:
        return Cause(f"{text}; it waits in queue {queue} again{again}", "", where, Rank.WAITS, reason)
    return Cause(
        f"Kueue has not admitted it yet: {text}{past}{again}" if text else f"it waits in Kueue's queue {queue}{past}{again}",
        "",
        where,
        Rank.WAITS,
        reason,
    )


def _again(workload: Mapping[str, Any]) -> str:
    """Say when Kueue looks at a job again that it has sent back, as long as it holds it off."""
    when = dig.text(workload, "status", "requeueState", "requeueAt")
    if not when or dig.condition(workload, "Requeued").get("status") != "False":
        return ""
    count = dig.number(workload, "status", "requeueState", "count")
    return f"; Kueue queues it again at {when}{f' (for the {_ordinal(count)} time)' if count else ''}"


def _ordinal(number: int) -> str:
    """Return a number as an ordinal.

    >>> _ordinal(1), _ordinal(12), _ordinal(23)
    ('1st', '12th', '23rd')
    """
    end = "th" if 10 <= number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{end}"


def _too_much(found: re.Match[str]) -> str:
    what, most = found["what"], found["most"] or found["limit"]
    amount = found["asked"] or (found["now"] if found["before"] in ("0", "", None) else f"{found['before']} + {found['now']}")
    return f"{amount} {what}, the queue has at most {most}"


def asked(workload: Any) -> dict[str, int]:
    """Return the extended resources that all pods of a Workload ask for."""
    total: dict[str, int] = {}
    for pod_set in dig.items(workload, "spec", "podSets"):
        count = dig.number(pod_set, "count", default=1)
        podsize.add(total, podsize.devices(dig.dig(pod_set, "template", "spec")), count)
    return total


def past_eviction(related: Sequence[Any]) -> tuple[str, str, str]:
    """Return (reason, text, when) of the last eviction of a job that may run or have ended since; empty texts where there was none."""
    workload = kueue.workload(related)
    for kind in ("Preempted", "Evicted"):
        found = dig.condition(workload, kind)
        text = dig.text(found, "message")
        if found.get("status") == "True" or text.startswith("Previously: "):
            return kind, text.removeprefix("Previously: "), dig.text(found, "lastTransitionTime")
    return "", "", ""
