"""A schedule as a job type: a Cron around any other type, made with ``arena_core.wrapping``; what it has made is found through its owner.

No controller of the local cluster knows it: the test makes the jobs, as a controller would, when it is time.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import pytest

from arena_core.args import chosen_model, flag, parse
from arena_core.contract.errors import NotFound, UsageError
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Find, JobStatus, JobType, JobView, LogQuery, LogSource, Manifest, Phase, PodSet, Resource
from arena_core.k8s import dig
from arena_core.k8s.path import get, put
from arena_core.k8s.selectors import exactly
from arena_core.registry import Registry
from arena_core.testing.kit.wrapping import plain
from arena_core.wrapping import Forced, Wrapper, WrapperArgs

GROUP = f"cron{os.getpid()}.example.com"
CRON = Resource(GROUP, "v1", "Cron", "crons")
LABEL = "example.com/cron"


class CronArgs(WrapperArgs):
    schedule: str = flag("0 * * * *", help="When a job is made.", group="Cron")


AROUND = Wrapper("proto", CronArgs, "a Cron", {"kueue_queue": Forced("", "each job that it makes is queued by itself")})


def newest(view: JobView, jobs: Any) -> tuple[Any, Manifest] | None:
    """The last job that it has made, with its type."""
    made = [obj for obj in view.related or () if obj["metadata"].get("labels", {}).get(LABEL)]
    if not made:
        return None
    last = max(made, key=lambda obj: (dig.text(obj, "metadata", "creationTimestamp"), dig.text(obj, "metadata", "name")))
    return jobs.for_object(last), last


class Cron:
    """The hooks of the prototype."""

    ARENA_CONTRACT = 2

    @staticmethod
    @hookimpl
    def arena_job_type() -> JobType:
        return JobType(
            "proto",
            CRON,
            AROUND.model,
            "a job of any type, again and again",
            selectors=lambda job: exactly({LABEL: dig.text(job, "metadata", "name")}),
            workload="schedule",
            suspend_path="spec.suspend",
        )

    @staticmethod
    @hookimpl
    def arena_build_manifests(args: Any, jobs: Any) -> Sequence[Manifest]:
        inner = AROUND.inner(args, jobs)
        job, *others = copy.deepcopy(inner.build())
        for metadata in (job["metadata"], *(get(job, found.path)["metadata"] for found in inner.handle.pod_sets(job, "quota"))):
            metadata["labels"] = {**metadata.get("labels", {}), LABEL: args.name}
        spec = {"schedule": args.schedule, "suspend": False, "template": job}
        return [{"apiVersion": CRON.api_version, "kind": "Cron", "metadata": {"name": args.name}, "spec": spec}, *others]

    @staticmethod
    @hookimpl
    def arena_related(view: JobView, jobs: Any) -> Iterator[Find]:
        inner = jobs.for_object(dig.mapping(view.manifest, "spec", "template"))
        if inner is not None:
            yield Find(inner.job_type.resource, owner_uid=dig.text(view.manifest, "metadata", "uid"), inner=True)
        if last := newest(view, jobs):
            yield from last[0].related(JobView(last[1], related=view.related))

    @staticmethod
    @hookimpl
    def arena_job_status(view: JobView, jobs: Any) -> JobStatus:
        if dig.flag(view.manifest, "spec", "suspend"):
            return JobStatus(Phase.SUSPENDED, reason="Suspended")
        last = newest(view, jobs)
        if last is None:
            return JobStatus(Phase.RUNNING, message=f"it makes a job at {dig.text(view.manifest, 'spec', 'schedule')}")
        made = last[0].status(JobView(last[1], view.pods, view.related))
        return JobStatus(Phase.RUNNING, message=f"{last[1]['metadata']['name']} is {made.phase}", instances=made.instances)

    @staticmethod
    @hookimpl
    def arena_pod_sets(job: Manifest, jobs: Any = None) -> Sequence[PodSet]:
        return []

    @staticmethod
    @hookimpl
    def arena_log_sources(view: JobView, query: LogQuery, jobs: Any) -> Sequence[LogSource]:
        last = newest(view, jobs)
        if last is None:
            return [LogSource(missing="it has made no job yet", hint=f"its schedule is {dig.text(view.manifest, 'spec', 'schedule')}")]
        handle, job = last
        return handle.log_sources(JobView(job, view.pods, view.related, handle.status(JobView(job, view.pods))), query)


def module() -> ModuleType:
    made = ModuleType("cron_type")
    made.__dict__.update({name: getattr(Cron, name) for name in vars(Cron) if not name.startswith("_")})
    return made


@pytest.fixture
def scheduled(arena: Any) -> Iterator[Any]:
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"crons.{GROUP}"},
        "spec": {
            "group": GROUP, "scope": "Namespaced", "names": {"plural": "crons", "singular": "cron", "kind": "Cron", "listKind": "CronList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }  # fmt: skip
    assert arena.direct.cluster.request("POST", crds, None, crd).ok
    arena.jobs.add(module())
    yield arena
    arena.direct.cluster.request("DELETE", f"{crds}/crons.{GROUP}")


def make_one(arena: Any, name: str) -> None:
    """Do what a controller does when it is time."""
    cron = arena.direct.get(name, job_type="proto").manifest
    job = copy.deepcopy(cron["spec"]["template"])
    put(job, "metadata.name", f"{name}-1")
    owner = {"apiVersion": CRON.api_version, "kind": "Cron", "name": name, "uid": cron["metadata"]["uid"], "controller": True}
    job["metadata"]["ownerReferences"] = [owner]
    inner = arena.jobs.for_object(job).job_type.resource
    arena.direct.cluster.create(inner, arena.namespace, job)


def test_what_a_schedule_makes_is_shown_under_it(scheduled: Any, make: Any) -> None:
    command = "echo tick"
    scheduled.submit("proto", make("hourly", command, inner_type="job", schedule="*/5 * * * *", workers=2))
    before = scheduled.get("hourly")
    assert (before.status.phase, before.status.message) == (Phase.RUNNING, "it makes a job at */5 * * * *")
    with pytest.raises(NotFound, match="it has made no job yet"):
        list(scheduled.logs("hourly"))
    make_one(scheduled, "hourly")
    until = time.monotonic() + 60
    while "SUCCEEDED" not in (after := scheduled.get("hourly")).status.message and time.monotonic() < until:
        time.sleep(0.05)
    assert after.status.message == "hourly-1 is SUCCEEDED" and len(after.status.instances) == 2
    assert {line.text for line in scheduled.logs("hourly", all_instances=True)} == {"tick"}
    assert [job.name for job in scheduled.list()] == ["hourly"], "a job that another one owns is shown under it"
    assert scheduled.suspend("hourly").status.phase is Phase.SUSPENDED
    for goal in ("finished", "succeeded"):
        with pytest.raises(UsageError, match="does not end by itself"):
            scheduled.wait("hourly", goal, timeout=5)
    assert scheduled.delete("hourly", wait=True)[0].ok


REGISTRY = Registry(environ={})
REGISTRY.add(module())
INSIDE = [handle.job_type.name for handle in REGISTRY.each() if handle.job_type.wrapping]


@pytest.mark.parametrize("kind", INSIDE)
def test_any_type_can_be_inside(kind: str) -> None:
    handle = REGISTRY.get("proto")
    raw = {**plain(REGISTRY.get(kind)), "inner_type": kind, "schedule": "0 1 * * *"}
    job = handle.build_manifests(parse(handle.args_model, raw))[0]
    assert job["spec"]["schedule"] == "0 1 * * *"
    assert REGISTRY.for_object(job["spec"]["template"]).job_type.name == kind
    assert chosen_model(handle.args_model, raw).model_fields.keys() > {"schedule", "image"}
    usual = handle.status(JobView(job))
    assert usual.phase is Phase.RUNNING
