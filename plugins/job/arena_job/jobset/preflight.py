"""What is wrong with a JobSet in this cluster, before it is created: names that it needs and somebody else has. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena_core.contract.types import Problem, Resource
from arena_core.k8s import owners
from arena_job.jobset.names import JOB, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import Lookup
    from arena_job.jobset.args import JobSetArgs

SERVICE = Resource("", "v1", "Service", "services")


def name_problems(args: JobSetArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where a name belongs to another: under such a Service the pods do not find each other, such a Job is never made."""
    if args.dns_hostnames and (whose := _other(SERVICE, args.subdomain or args.name, args, lookup)):
        text = f"the Service {args.subdomain or args.name} exists already ({whose}), and the pods would not find each other under it"
        field, hint = ("subdomain", "choose another name") if args.subdomain else ("name", "choose another name, or give --subdomain")
        yield Problem(text, field, hint)
    for role in args.all_roles():
        name = f"{args.name}-{role.name}-0"
        if whose := _other(JOB, name, args, lookup):
            text = f"the Job {name} exists already ({whose}), and the JobSet needs one of that name"
            yield Problem(text, "name", "choose another name, or delete what has it")


def _other(resource: Resource, name: str, args: JobSetArgs, lookup: Lookup) -> str:
    """Return whose the object of that name is; empty if there is none, or it is of an earlier JobSet of this name, which is ending."""
    if lookup.exists(resource, name) is not True:
        return ""
    owner = next(owners.references(lookup.get(resource, name)), {})
    if owner.get("kind") == RESOURCE.kind and owner.get("name") == args.name:
        return ""
    return f"it belongs to {owner.get('kind')} {owner.get('name')}" if owner else "nobody owns it"
