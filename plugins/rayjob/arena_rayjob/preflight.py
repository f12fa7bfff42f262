"""Names that KubeRay needs and somebody else may have. Read-only."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.contract.types import Lookup, Problem, Resource
from arena_core.k8s import owners
from arena_rayjob.args import RayJobArgs
from arena_rayjob.names import JOB, K8S_JOB

SERVICE = Resource("", "v1", "Service", "services")


def name_problems(args: RayJobArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where one of the names belongs to another: KubeRay would take that Job for its own submitter, and never submit."""
    needed = [(SERVICE, f"{args.name}-head-svc")]
    if args.submission_mode == K8S_JOB:
        needed.append((JOB, args.name))
    for resource, name in needed:
        if lookup.exists(resource, name) is not True:
            continue
        owner = next(owners.references(lookup.get(resource, name)), {})
        if owner.get("kind") == "RayJob" and owner.get("name") == args.name:
            continue
        whose = f"it belongs to {owner.get('kind')} {owner.get('name')}" if owner else "nobody owns it"
        text = f"the {resource.kind} {name} exists already ({whose}), and KubeRay needs one of that name"
        yield Problem(text, "name", "choose another name, or delete what has it")
