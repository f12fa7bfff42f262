"""Every hook but the first fails."""

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Resource

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


@hookimpl
def arena_job_type():
    """Say what this is."""
    return JobType(name="raisesjob", resource=Resource("x.example.com", "v1", "X", "xs"), args="arena_core.families.args:SubmitArgs")


@hookimpl
def arena_validate(args, jobs):
    """Fail while the answer is read."""
    yield 1 / 0


@hookimpl
def arena_build_manifests(args, jobs):
    """Fail."""
    raise KeyError("no such thing")


@hookimpl
def arena_job_status(view, jobs):
    """Fail."""
    raise TypeError("not this")
