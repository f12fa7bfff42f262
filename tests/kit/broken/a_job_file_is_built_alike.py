"""A number must not be written as text, as every flag is."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.records import replace
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(thing.arena_job_type(), args=model)


def model(jobs):
    """Return the argument model."""
    from arena_core.args import flag
    from arena_core.testing.dummy_args import DummyArgs

    class ThingArgs(DummyArgs):
        gpus: int = flag(0, help="GPUs of each worker.", ge=0, strict=True)

    return ThingArgs
