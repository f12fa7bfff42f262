"""The operator's label is another than the one that is looked for."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType, Phase
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.records import replace
from arena_core.testing.dummy_names import INDEX
from arena_core.testing.samples import Sample, plain_job_samples
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_job_type() -> JobType:
    """Say what this job type is."""
    return replace(thing.arena_job_type(), selectors=lambda job: exactly({"example.com/name": dig.text(job, "metadata", "name")}))


META = {"name": "x-0", "labels": {"example.com/thing-name": "x", INDEX: "0"}}
JOB = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}
RECORDED = Sample(Phase.PENDING, JOB, ({"metadata": META, "spec": {"containers": [{"name": "main"}]}},))


def kit():
    """Return what the kit is given."""
    return {"operator_labels": ("example.com/name",), "samples": (*plain_job_samples(), RECORDED)}
