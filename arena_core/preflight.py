"""What only the cluster knows and every job type asks in the same way: queue and priority, the pods' priority class, gangs. Read-only."""

from __future__ import annotations

from typing import Any

from arena_core import gangs
from arena_core.kueue import LOCAL_QUEUE, WORKLOAD_PRIORITY
from arena_core.types import Lookup, Problem, Resource

PRIORITY_CLASS = Resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", namespaced=False)


def common_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return what the cluster lacks for a model with all of Arena's common flags: queue, priority classes, gangs."""
    return [*queue_problems(args, lookup), *priority_problems(args, lookup), *gang_problems(args, lookup)]


def queue_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return what is wrong with the queue and the priority that the arguments name; what cannot be known is left to the cluster.

    ``args`` has ``kueue_queue`` and ``kueue_priority_class`` (``arena_core.args.KueueArgs``).
    """
    problems = []
    if args.kueue_queue and lookup.exists(LOCAL_QUEUE, args.kueue_queue) is False:
        hint = "without --kueue-queue the job runs without Kueue; `kubectl get localqueues` lists the queues"
        problems.append(Problem(f"there is no LocalQueue {args.kueue_queue!r} of Kueue in this namespace", "kueue_queue", hint))
    if args.kueue_priority_class and lookup.exists(WORKLOAD_PRIORITY, args.kueue_priority_class) is False:
        text = f"there is no WorkloadPriorityClass {args.kueue_priority_class!r}: Kueue would leave the job suspended without a word"
        problems.append(Problem(text, "kueue_priority_class", "`kubectl get workloadpriorityclasses` lists them"))
    return problems


def priority_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return a problem where the pods' priority class (``--priority``) does not exist: their admission would be refused."""
    if args.priority and lookup.exists(PRIORITY_CLASS, args.priority) is False:
        hint = "`kubectl get priorityclasses` lists them"
        return [Problem(f"the priority class {args.priority!r} does not exist", "priority", hint)]
    return []


def gang_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return a problem where ``--gang`` asks for a PodGroup that the cluster does not know; the other kind is offered if it is there."""
    if not args.gang:
        return []
    volcano = gangs.is_volcano(args.scheduler)
    wanted = gangs.VOLCANO if volcano else gangs.COSCHEDULING
    if lookup.serves(wanted) is not False:
        return []
    whose = "Volcano" if volcano else "the coscheduling plugin"
    text = f"the PodGroups of {whose} are not installed on this cluster ({wanted.plural}.{wanted.group})"
    if volcano:
        hint = "install Volcano, or leave --gang out"
    elif lookup.serves(gangs.VOLCANO):
        hint = "Volcano is: add --scheduler volcano"
    else:
        hint = "install the coscheduling plugin of scheduler-plugins, or Volcano (then with --scheduler volcano), or leave --gang out"
    return [Problem(text, "gang", hint)]
