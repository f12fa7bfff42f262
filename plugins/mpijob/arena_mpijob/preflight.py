"""Names that the MPI Operator needs and somebody else may have: it would try for ever and say so in events alone. Read-only."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Lookup, Problem, Resource
from arena_core.k8s import owners

SERVICE = Resource("", "v1", "Service", "services")
CONFIG_MAP = Resource("", "v1", "ConfigMap", "configmaps")
JOB = Resource("batch", "v1", "Job", "jobs")
POD = Resource("", "v1", "Pod", "pods")


def names(job: str) -> tuple[tuple[Resource, str], ...]:
    """Return the objects that the operator makes for a job; the Secret of the keys is left out, few may read Secrets."""
    return ((SERVICE, job), (CONFIG_MAP, f"{job}-config"), (JOB, f"{job}-launcher"), (POD, f"{job}-worker-0"))


def name_problems(job: str, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where one of the names belongs to another; what an earlier job of this name has left is ending."""
    for resource, name in names(job):
        if lookup.exists(resource, name) is not True:
            continue
        owner = next(owners.references(lookup.get(resource, name)), {})
        if owner.get("kind") == "MPIJob" and owner.get("name") == job:
            continue
        whose = f"it belongs to {owner.get('kind')} {owner.get('name')}" if owner else "nobody owns it"
        text = f"the {resource.kind} {name} exists already ({whose}), and the MPI Operator needs one of that name"
        yield Problem(text, "name", "choose another name, or delete what has it")
