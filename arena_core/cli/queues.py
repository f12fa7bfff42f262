"""Queues as tables and as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.cli.amounts import NONE, cores, number, size
from arena_core.cli.fitting import fitted, room
from arena_core.cli.foreign import one_line
from arena_core.cli.render import ruled, table
from arena_core.contract.queues import Queue, Queued, Quota
from arena_core.k8s import duration, quantity, time
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.shapes import queues

HEADER = ("NAME", "SYSTEM", "CLUSTERQUEUE", "COHORT", "STATUS", "WAITING", "RUNNING", "RESOURCE", "USED", "QUOTA", "BORROWED", "LENT")
LEAST = ("SYSTEM", "COHORT", "LENT", "BORROWED", "CLUSTERQUEUE")
Type = Callable[[Queued], str]


def amount(value: int | None, resource: str) -> str:
    """Return an amount of a resource as people write it.

    >>> amount(8 * 10**9, "nvidia.com/gpu"), amount(1500 * 10**6, "cpu"), amount(None, "cpu")
    ('8', '1.5', 'N/A')
    """
    if value is None:
        return NONE
    if _is_bytes(resource):
        return size(quantity.whole(value))
    return cores(value / quantity.MILLI) if resource == "cpu" else number(value / quantity.ONE)


def _is_bytes(resource: str) -> bool:
    return resource in ("memory", "ephemeral-storage", "storage") or resource.startswith("hugepages-")


def asked(amounts: Mapping[str, int]) -> str:
    """Return what a job asks for: ``2 nvidia.com/gpu, 4 cpu``."""
    return ", ".join(f"{amount(value, name)} {name}" for name, value in amounts.items()) or "nothing that is counted"


def lent(quota: Quota) -> str:
    """Return what is lent; where only the most is known, ``<=4``."""
    if quota.lent is None and quota.lent_most is not None:
        return f"<={amount(quota.lent_most, quota.resource)}"
    return amount(quota.lent, quota.resource)


def summary(queues: Sequence[Queue], *, namespaced: bool, headers: bool) -> tuple[str, list[str]]:
    """Return a line for each resource of each queue, and the columns that did not fit."""
    rows = [[*(["NAMESPACE"] if namespaced else []), *HEADER]]
    for queue in queues:
        for n, quota in enumerate(queue.quotas or (None,)):
            names = [*([queue.namespace or "*"] if namespaced else []), queue.name, queue.system, queue.parent or "-", queue.cohort or "-"]
            state = ["closed" if queue.closed else "open", str(waiting_of(queue)), str(running_of(queue))]
            first = [*names, *state]
            rows.append([*(first if n == 0 else [""] * len(first)), *_quota(quota, flavored=_flavored(queue))])
    shown, gone = fitted(rows, LEAST, room())
    return table(shown if headers else shown[1:]), gone


def waiting_of(queue: Queue) -> int:
    """Return how many wait: as the queue counts, or as can be seen, whichever is more (a count may lag)."""
    return max(queue.pending or 0, len(queue.waiting))


def running_of(queue: Queue) -> int:
    """Return how many run."""
    return max(queue.admitted or 0, len(queue.running))


def _flavored(queue: Queue) -> bool:
    """Whether a resource is there in several flavors: only then do these tell anything apart."""
    return len({quota.flavor for quota in queue.quotas}) > 1


def _quota(quota: Quota | None, *, flavored: bool) -> list[str]:
    if quota is None:
        return [NONE] * 5
    name = f"{quota.flavor}/{quota.resource}" if quota.flavor and flavored else quota.resource
    used = quota.used if quota.used is not None else quota.mine
    return [name, amount(used, quota.resource), _of(quota), amount(quota.borrowed, quota.resource), lent(quota)]


def _of(quota: Quota) -> str:
    """Return the quota; where there is none of its own, the limit."""
    return amount(quota.nominal if quota.nominal is not None else quota.most, quota.resource)


def details(queue: Queue, kind: Type) -> tuple[str, list[str]]:
    """Return one queue, what it is, its quota, who runs and who waits in which order; and the columns that did not fit."""
    head = [
        ("Name", queue.name),
        ("System", queue.system),
        *([("Namespace", queue.namespace)] if queue.namespace else []),
        *([("ClusterQueue" if queue.namespace else "Parent", queue.parent)] if queue.parent else []),
        *([("Cohort", queue.cohort)] if queue.cohort else []),
        *([("Weight", str(queue.weight))] if queue.weight is not None else []),
        ("Status", f"closed: {queue.closed}" if queue.closed else "open"),
    ]
    parts = ["\n".join(one_line(f"{name + ':':<14}{value}") for name, value in head)]
    rows = [["RESOURCE", "USED", "BY THIS QUEUE", "QUOTA", "AT MOST", "BORROWED", "LENT"]]
    for quota in queue.quotas:
        name, used, own, borrowed, given = _quota(quota, flavored=_flavored(queue))
        mine, most = amount(quota.mine, quota.resource), amount(quota.most, quota.resource)
        rows.append([name, used, mine, own, most, borrowed, given])
    shown, gone = fitted(rows, ("AT MOST", "LENT", "BORROWED"), room(less=2))
    parts.append("Quota:\n" + (table(ruled(shown), indent="  ") if queue.quotas else "  none that can be read"))
    parts.append(f"Running ({running_of(queue)}):\n{_jobs(queue.running, kind, 'SINCE', where=not queue.namespace)}")
    parts.append(f"Waiting ({waiting_of(queue)}):\n{_jobs(queue.waiting, kind, 'WAITED', where=not queue.namespace)}")
    if queue.held:
        parts.append(f"Held (not in line):\n{_jobs(queue.held, kind, 'WAITED', where=not queue.namespace)}")
    return "\n\n".join(parts), gone


def _jobs(jobs: Sequence[Queued], kind: Type, since: str, *, where: bool) -> str:
    if not jobs:
        return "  none"
    placed, overall = any(one.place for one in jobs), any(one.overall != one.place for one in jobs)
    header = [*(["PLACE"] if placed else []), *(["OVERALL"] if placed and overall else []), *(["NAMESPACE"] if where else [])]
    rows = [[*header, "NAME", "TYPE", "PRIORITY", since, "ASKS FOR"]]
    for one in jobs:
        places = [*([str(one.place)] if placed else []), *([number(one.overall)] if placed and overall else [])]
        waited = duration.compact(time.seconds_between(one.since)) if one.since else NONE
        cells = [one.name, kind(one), str(one.priority), waited, asked(one.asks)]
        rows.append([*places, *([one.namespace] if where else []), *cells])
    return table(ruled(rows), indent="  ")


def reasons(queue: Queue) -> list[str]:
    """Return why those who wait do so, as their queue says it: a line each."""
    return [one_line(f"  {one.name}: {one.reason}") for one in (*queue.waiting, *queue.held) if one.reason]


def as_data(queue: Queue, kind: Type) -> queues.Queue:
    """Return a queue for JSON and YAML; amounts as Kubernetes writes quantities."""
    return {
        "name": queue.name,
        "namespace": queue.namespace,
        "system": queue.system,
        "clusterQueue": queue.parent,
        "cohort": queue.cohort,
        "open": not queue.closed,
        "reason": queue.closed,
        "weight": queue.weight,
        "waiting": waiting_of(queue),
        "running": running_of(queue),
        "quotas": [_quota_data(quota) for quota in queue.quotas],
        "runningJobs": [_job_data(one, kind) for one in queue.running],
        "waitingJobs": [_job_data(one, kind) for one in queue.waiting],
        "heldJobs": [_job_data(one, kind) for one in queue.held],
    }


def _quota_data(quota: Quota) -> queues.Quota:
    form: quantity.Form = "binary" if _is_bytes(quota.resource) else "decimal"

    def text(value: int | None) -> str | None:
        return None if value is None else quantity.text(value, form)

    return {
        "resource": quota.resource,
        "flavor": quota.flavor,
        "nominal": text(quota.nominal),
        "used": text(quota.used),
        "usedByThisQueue": text(quota.mine),
        "borrowed": text(quota.borrowed),
        "lent": text(quota.lent),
        "lentAtMost": text(quota.lent_most),
        "atMost": text(quota.most),
    }


def _job_data(one: Queued, kind: Type) -> queues.Queued:
    return {
        "name": one.name,
        "namespace": one.namespace,
        "type": kind(one),
        "priority": one.priority,
        "since": one.since,
        "asks": {name: quantity.text(value, "binary" if _is_bytes(name) else "decimal") for name, value in one.asks.items()},
        "place": one.place or None,
        "overall": one.overall or None,
        "reason": one.reason,
    }
