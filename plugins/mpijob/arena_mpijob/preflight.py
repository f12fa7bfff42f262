"""Names that the MPI Operator needs and somebody else may have: it would try for ever and say so in events alone. Read-only."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Lookup, Problem, Resource
from arena_core.families.preflight import taken_names
from arena_mpijob.args import MPIJobArgs

SERVICE = Resource("", "v1", "Service", "services")
CONFIG_MAP = Resource("", "v1", "ConfigMap", "configmaps")
JOB = Resource("batch", "v1", "Job", "jobs")
POD = Resource("", "v1", "Pod", "pods")


def names(job: str) -> tuple[tuple[Resource, str], ...]:
    """Return the objects that the operator makes for a job; the Secret of the keys is left out, few may read Secrets."""
    return ((SERVICE, job), (CONFIG_MAP, f"{job}-config"), (JOB, f"{job}-launcher"), (POD, f"{job}-worker-0"))


def name_problems(args: MPIJobArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where one of the names belongs to another; what an earlier job of this name has left is ending."""
    return taken_names(names(args.name), "MPIJob", args.name, "the MPI Operator needs", lookup)
