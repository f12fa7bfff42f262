"""What only the cluster knows and every job type asks in the same way: Kueue's queue and priority, the pods' priority class. Read-only."""

from __future__ import annotations

from typing import Any

from arena_core.types import Lookup, Problem, Resource

LOCAL_QUEUE = Resource("kueue.x-k8s.io", "v1beta1", "LocalQueue", "localqueues")
WORKLOAD_PRIORITY = Resource("kueue.x-k8s.io", "v1beta1", "WorkloadPriorityClass", "workloadpriorityclasses", namespaced=False)
PRIORITY_CLASS = Resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", namespaced=False)


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
