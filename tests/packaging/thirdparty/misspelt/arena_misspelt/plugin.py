"""Misspells a hook."""

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


@hookimpl
def arena_job_type():
    """Say what this is."""
    return JobType(name="misspeltjob", resource=Resource("x.example.com", "v1", "X", "xs"), args="arena_core.families.args:SubmitArgs")


@hookimpl
def arena_build_manifest(args, jobs):
    """One letter short."""
    return []


@hookimpl
def arena_job_status(view, jobs):
    """Say nothing."""
