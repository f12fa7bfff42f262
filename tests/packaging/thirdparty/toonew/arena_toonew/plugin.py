"""Speaks a newer contract, with a hook that this one does not have."""

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 99


@hookimpl
def arena_job_type():
    """Say what this is."""
    resource = Resource("x.example.com", "v1", "X", "xs")
    return JobType(name="toonewjob", resource=resource, args="arena_core.families.args:SubmitArgs")


@hookimpl
def arena_hook_of_the_future(job):
    """Unknown today."""
