"""What is wrong with a JobSet in this cluster, before it is created: names that it needs and somebody else has. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arena_core.contract.types import Problem, Resource
from arena_core.families.preflight import taken_names, whose
from arena_job.jobset.names import JOB, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import Lookup
    from arena_job.jobset.args import JobSetArgs

SERVICE = Resource("", "v1", "Service", "services")


def name_problems(args: JobSetArgs, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem where a name belongs to another: under such a Service the pods do not find each other, such a Job is never made."""
    service = args.subdomain or args.name
    if args.dns_hostnames and (other := whose(SERVICE, service, RESOURCE.kind, args.name, lookup)):
        text = f"the Service {service} exists already ({other}), and the pods would not find each other under it"
        field, hint = ("subdomain", "choose another name") if args.subdomain else ("name", "choose another name, or give --subdomain")
        yield Problem(text, field, hint)
    jobs = ((JOB, f"{args.name}-{role.name}-0") for role in args.all_roles())
    yield from taken_names(jobs, RESOURCE.kind, args.name, "the JobSet needs", lookup)
