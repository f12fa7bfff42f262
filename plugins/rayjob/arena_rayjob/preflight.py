"""Names that KubeRay needs and somebody else may have. Read-only."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Lookup, Problem, Resource
from arena_core.families.preflight import taken_names
from arena_rayjob.args import RayJobArgs
from arena_rayjob.names import JOB, K8S_JOB

SERVICE = Resource("", "v1", "Service", "services")


def name_problems(args: RayJobArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where one of the names belongs to another: KubeRay would take that Job for its own submitter, and never submit."""
    needed = [(SERVICE, f"{args.name}-head-svc")]
    if args.submission_mode == K8S_JOB:
        needed.append((JOB, args.name))
    return taken_names(needed, "RayJob", args.name, "KubeRay needs", lookup)
