"""How a pod's containers ended: which end explains a failed pod, and who ended it from outside. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.k8s import dig, time
from arena_core.records import record
from arena_core.typed import Any

#: Reasons in a failed pod's own status: its node ended it, whatever code its containers left with.
_BY_THE_NODE = {
    "Evicted": "was evicted",
    "DeadlineExceeded": "ran longer than its pod's activeDeadlineSeconds",
    "Terminated": "was ended because its node shuts down",
    "NodeShutdown": "was ended because its node shuts down",
    "Shutdown": "was ended because its node shuts down",
    "Preempting": "was ended by its node to make room for a critical pod",
}
_DISRUPTED = {
    "PreemptionByScheduler": "was preempted by the scheduler",
    "DeletionByTaintManager": "was deleted because of a taint of its node",
    "EvictionByEvictionAPI": "was evicted (its node is being drained)",
    "TerminationByKubelet": "was ended by its node",
    "DeletionByPodGC": "was deleted with its node",
}


@record
class End:
    """How a container ended. ``kind`` is init, sidecar or main; ``earlier`` where it has been started again since."""

    container: str
    kind: str
    ended: Mapping[str, Any]
    row: Mapping[str, Any]
    earlier: bool
    place: int


def ends(pod: Any) -> list[End]:
    """Return how each container ended last, in the order of the specification: a kubelet sorts statuses by name."""
    found = []
    for statuses, specs in (("initContainerStatuses", "initContainers"), ("containerStatuses", "containers")):
        order = {dig.text(c, "name"): (place, c) for place, c in enumerate(dig.items(pod, "spec", specs))}
        for row in dig.items(pod, "status", statuses):
            name = dig.text(row, "name")
            place, spec = order.get(name, (len(order), {}))
            now, last = dig.mapping(row, "state", "terminated"), dig.mapping(row, "lastState", "terminated")
            if now or last:
                is_init = statuses.startswith("init")
                kind = ("sidecar" if dig.text(spec, "restartPolicy") == "Always" else "init") if is_init else "main"
                found.append(End(name, kind, now or last, row, not now, place + (0 if is_init else 1000)))
    return sorted(found, key=lambda end: end.place)


def is_bad(ended: Mapping[str, Any]) -> bool:
    """Whether a container ended badly; a code that is missing says nothing, the reason then does."""
    if "exitCode" in ended:
        return dig.number(ended, "exitCode") != 0 or dig.number(ended, "signal") != 0
    return dig.text(ended, "reason") not in ("", "Completed")


def decisive(pod: Any, *, earlier: bool = True) -> End | None:
    """Return the end that explains why a pod failed or restarts: of those that ended badly, the first.

    A sidecar of a pod that is over was ended with it, with whatever code, and explains nothing.
    """
    phase = dig.text(pod, "status", "phase")
    if phase == "Succeeded":
        return None
    bad = [end for end in ends(pod) if is_bad(end.ended) and (earlier or not end.earlier)]
    if phase == "Failed":
        bad = [end for end in bad if end.kind != "sidecar"]
    return min(bad, key=lambda end: (end.earlier, time.nanos(dig.text(end.ended, "finishedAt")), end.place), default=None)


def before_deletion(pod: Any, ended: Mapping[str, Any]) -> bool:
    """Whether a container ended by itself: not because its pod was being deleted."""
    deleted = dig.text(pod, "metadata", "deletionTimestamp")
    if not deleted:
        return True
    grace = dig.number(pod, "metadata", "deletionGracePeriodSeconds", default=30)
    finished = dig.text(ended, "finishedAt")
    return bool(finished) and time.nanos(deleted) - time.nanos(finished) > grace * 10**9


def changes(pod: Any) -> list[str]:
    """Return when the pod's conditions changed: of a pod that was refused or ended before a container told of its end nothing else is."""
    return [dig.text(row, "lastTransitionTime") for row in dig.items(pod, "status", "conditions")]


def ended_by(pod: Any) -> tuple[str, str, str]:
    """Return (reason, what happened, message) where a failed pod's own status says who ended it, or empty texts."""
    reason = dig.text(pod, "status", "reason")
    if dig.text(pod, "status", "phase") != "Failed" or not reason:
        return "", "", ""
    return reason, _BY_THE_NODE.get(reason, f"failed ({reason})"), _one_line(dig.text(pod, "status", "message"))


def disrupted_by(pod: Any) -> tuple[str, str, str]:
    """Return (reason, what happened, message) where something ends or has ended the pod from outside, or empty texts.

    What had failed before somebody came to end it has failed by itself.
    """
    found = dig.condition(pod, "DisruptionTarget")
    if found.get("status") != "True":
        return "", "", ""
    since, first = dig.text(found, "lastTransitionTime"), decisive(pod, earlier=False)
    finished = dig.text(first.ended, "finishedAt") if first else ""
    if since and finished and time.nanos(finished) < time.nanos(since):
        return "", "", ""
    reason = dig.text(found, "reason")
    return reason, _DISRUPTED.get(reason, f"is being disrupted ({reason})"), _one_line(dig.text(found, "message"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
