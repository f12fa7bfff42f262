"""A healthy job type on a kind of its own, with a bundle for the local cluster: what the broken ones are made from."""

from __future__ import annotations

import copy

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource, Scale
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.testing import dummy
from arena_core.testing.dummy import (  # noqa: F401 - the hooks of this module, too
    arena_endpoints,
    arena_explain,
    arena_job_status,
    arena_pod_sets,
    arena_preflight,
    arena_validate,
)

ARENA_CONTRACT = 2
RESOURCE = Resource("example.com", "v1", "Thing", "things")


def _scale(job):
    return [Scale("worker", "spec.parallelism")] if dig.mapping(job, "spec") else []


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(
        dummy.arena_job_type(),
        name="thing",
        resource=RESOURCE,
        matches=None,
        display="Thing",
        shorthand="th",
        suspend_path="spec.suspend",
        scale=_scale,
        update="tests.kit.thing_changes:ThingChanges",
    )


@hookimpl
def arena_update(job, args):
    """Return the job with another size."""
    changed = copy.deepcopy(job)
    if args.workers is not None:
        changed["spec"]["parallelism"] = args.workers
    return changed


@hookimpl
def arena_build_manifests(args, jobs):
    """Return the job first, then what belongs to it."""
    from arena_core.testing.dummy_args import build

    job, *beside = build(args)
    return [copy.deepcopy(job) | {"apiVersion": RESOURCE.api_version, "kind": RESOURCE.kind}, *beside]
