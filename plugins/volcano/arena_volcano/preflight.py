"""What only the cluster knows: whether the queue takes jobs, whether the priority class exists, which fields its Volcano keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arena_core.contract.types import Lookup, Problem
from arena_core.families import gangs
from arena_core.families.preflight import claim_problems, env_problems, pod_name_problems, priority_problems
from arena_core.k8s import dig
from arena_volcano.args import VolcanoJobArgs
from arena_volcano.manifests import build
from arena_volcano.status import JOB, pod_sets

_SINCE = "Volcano 1.14 or later has it"


def problems(args: VolcanoJobArgs, lookup: Lookup) -> list[Problem]:
    """Return all of them."""
    job = build(args)[0]
    return [
        *_queue(args, lookup),
        *priority_problems(args, lookup),
        *claim_problems(args, lookup),
        *env_problems(args, lookup),
        *pod_name_problems(job, pod_sets(job), lookup),
        *_fields(args, lookup),
    ]


def _queue(args: VolcanoJobArgs, lookup: Lookup) -> Iterator[Problem]:
    if not args.queue:
        return
    queue = lookup.get(gangs.QUEUE, args.queue)
    if queue is None:
        if lookup.exists(gangs.QUEUE, args.queue) is False:
            yield Problem(f"there is no queue {args.queue!r} of Volcano", "queue", _open_queues(lookup))
        return
    state = dig.text(queue, "status", "state")
    if state not in ("", "Open"):
        yield Problem(f"the queue {args.queue!r} is {state} and takes no job", "queue", _open_queues(lookup))


def _open_queues(lookup: Lookup) -> str:
    lister = getattr(lookup, "list", None)
    found = lister(gangs.QUEUE) if lister else None
    names = sorted(dig.text(q, "metadata", "name") for q in found or () if dig.text(q, "status", "state") in ("", "Open"))
    return f"queues that are open: {', '.join(n for n in names if n != 'root')}" if names else ""


def _fields(args: VolcanoJobArgs, lookup: Lookup) -> Iterator[Problem]:
    topology = bool(args.network_topology_mode or args.highest_tier_allowed is not None or args.highest_tier_name)
    if not topology and not args.total_partitions:
        return
    schema: Any = lookup.served_fields(JOB)
    if not schema:
        return
    spec = dig.mapping(schema, "properties", "spec", "properties")
    task = dig.mapping(spec, "tasks", "items", "properties")
    if topology and spec and "networkTopology" not in spec:
        field = "network_topology_mode" if args.network_topology_mode else "highest_tier_allowed"
        yield Problem("this cluster's Volcano would silently drop networkTopology", field, "Volcano 1.12 or later has it")
    if args.highest_tier_name and "highestTierName" not in dig.mapping(spec, "networkTopology", "properties") and "networkTopology" in spec:
        yield Problem("this cluster's Volcano would silently drop highestTierName", "highest_tier_name", "Volcano 1.14 or later has it")
    if args.total_partitions and task and "partitionPolicy" not in task:
        yield Problem("this cluster's Volcano would silently drop partitionPolicy", "total_partitions", "Volcano 1.14 or later has it")
