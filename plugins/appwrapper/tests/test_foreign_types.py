"""Other people's job types inside: what is wrong with one concerns nobody else (P2), and no flag is dropped (P3)."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from arena_core.args import JobArgs, flag, flag_specs, parse
from arena_core.contract.errors import InvalidArguments, PluginError
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Cause, Find, JobStatus, JobType, JobView, Phase, PodSet, Rank, Resource, Wrapping
from arena_core.k8s import dig
from arena_core.registry import Registry
from arena_core.usecases.facts import in_rounds

BASE = {"name": "x", "image": "i", "command": "true"}


class RequiredArgs(JobArgs):
    """A required flag, one with a short form that is taken, and one that Volcano reads in another way."""

    color: str = flag(help="Colour.", short="-e")
    tasks: int = flag(1, help="How many.")


class OtherArgs(JobArgs):
    """The same field with another type."""

    color: int = flag(3, help="Number of colours.")
    paint: str = flag("", help="Paint.", name="workers")


def job_type(name: str, args: Any) -> ModuleType:
    module = ModuleType(f"foreign_{name}")
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    resource = Resource("x.example.com", "v1", name.title(), f"{name}s")
    job = {"apiVersion": "x.example.com/v1", "kind": name.title(), "metadata": {"name": "x"}}
    hooks = {
        "arena_job_type": lambda: JobType(name=name, resource=resource, args=args, wrapping=Wrapping()),
        "arena_build_manifests": lambda args, jobs: [{**job, "template": {"spec": {}}, "spec": {"args": args.model_dump(mode="json")}}],
        "arena_job_status": lambda view, jobs: JobStatus(Phase.RUNNING),
        "arena_pod_sets": lambda job: [PodSet("main", "template", 1)],
    }
    for hook, function in hooks.items():
        function.__module__ = module.__name__
        setattr(module, hook, hookimpl(function))
    return module


@pytest.fixture
def jobs():
    registry = Registry(environ={})
    registry.add(job_type("unimportable", "no_such_module:Args"))
    registry.add(job_type("required", RequiredArgs))
    registry.add(job_type("other", OtherArgs))
    return registry


def test_p2_a_foreign_type_does_not_disturb_the_others(jobs):
    model = jobs.get("appwrapperjob").args_model
    args = parse(model, BASE)
    assert args.inner_type == "pytorchjob"
    assert parse(model, {**BASE, "inner_type": "volcano", "tasks": ["worker=2"]}).tasks
    words = [word for spec in flag_specs(model) for word in (*spec.names, *spec.old, spec.short) if word]
    assert len(words) == len(set(words)), "every spelling means one flag"


def test_p2_what_is_wrong_is_told_where_it_is_asked_for(jobs):
    model = jobs.get("appwrapperjob").args_model
    with pytest.raises(PluginError, match="no_such_module"):
        parse(model, {**BASE, "inner_type": "unimportable"})
    with pytest.raises(InvalidArguments, match="is required") as caught:
        parse(model, {**BASE, "inner_type": "required"})
    assert [p.field for p in caught.value.problems] == ["color"]


@pytest.mark.parametrize(("inner", "color", "read"), [("required", "red", "red"), ("other", "5", 5)])
def test_p2_a_field_that_two_types_read_differently_is_read_by_the_chosen_one(jobs, inner, color, read):
    handle = jobs.get("appwrapperjob")
    wrapper = handle.build_manifests(parse(handle.args_model, {**BASE, "inner_type": inner, "color": color}))[0]
    assert wrapper["spec"]["components"][0]["template"]["spec"]["args"]["color"] == read


@pytest.mark.parametrize("given", [{"cpu": "2"}, {"memory": "1Gi"}, {"share_memory": "4Gi"}, {"gang": True}, {"sync_mode": "git", "sync_source": "https://h/p.git"}, {"tensorboard": True}, {"retry": 1}, {"nproc_per_node": "2"}])  # fmt: skip
def test_p3_a_flag_that_the_type_inside_lacks_is_refused(jobs, given):
    with pytest.raises(InvalidArguments) as caught:
        parse(jobs.get("appwrapperjob").args_model, {**BASE, "inner_type": "other", **given})
    assert {p.message for p in caught.value.problems} == {f"unknown option {field!r}" for field in given}
    assert all("it belongs to --inner-type=" in p.hint and p.hint.endswith("not to other") for p in caught.value.problems)


def test_p3_what_is_said_of_every_replica_reaches_every_role(jobs):
    handle = jobs.get("appwrapperjob")
    args = parse(handle.args_model, {**BASE, "inner_type": "tf", "cpu": "2", "memory": "1Gi", "workers": 2, "ps": 1, "ps_cpu": "3"})
    roles = handle.build_manifests(args)[0]["spec"]["components"][0]["template"]["spec"]["tfReplicaSpecs"]
    limits = {role: spec["template"]["spec"]["containers"][0]["resources"]["limits"] for role, spec in roles.items()}
    assert limits == {"PS": {"cpu": "3", "memory": "1Gi"}, "Worker": {"cpu": "2", "memory": "1Gi"}}
    assert list(args.notes()) == []


def test_p3_what_the_wrapper_forces_is_said(jobs):
    args = parse(jobs.get("appwrapperjob").args_model, {**BASE, "clean_task_policy": "All", "ttl_after_finished": "1h", "kueue_queue": "q"})
    assert [note.partition(" ")[0] for note in args.notes()] == ["--clean-task-policy"]


def licensed() -> ModuleType:
    """Return a foreign type that waits for a License of its own, which it finds and explains itself."""
    module = job_type("licensed", OtherArgs)
    license_ = Resource("x.example.com", "v1", "License", "licenses")

    def arena_related(view):
        return [Find(license_, owner_uid=dig.text(view.manifest, "metadata", "uid"))]

    def arena_job_status(view):
        return JobStatus(Phase.PENDING, reason="NoLicense", message=_free(view.related))

    def arena_explain(view):
        return [Cause(_free(view.related), "buy one", "licensed/x", Rank.WAITS, "NoLicense")]

    for function in (arena_related, arena_job_status, arena_explain):
        function.__module__ = module.__name__
        setattr(module, function.__name__, hookimpl(function))
    return module


def _free(related: Any) -> str:
    return next((dig.text(o, "status", "message") for o in related or () if o.get("kind") == "License"), "no License was read")


def test_w19_a_foreign_types_own_reason_is_found_and_told_through_the_wrapper():
    registry = Registry(environ={})
    registry.add(licensed())
    handle = registry.get("appwrapperjob")
    wrapper = handle.build_manifests(parse(handle.args_model, {**BASE, "inner_type": "licensed"}))[0]
    wrapper["metadata"]["uid"] = "w"
    wrapper["status"] = {"phase": "Running"}
    inner = {**wrapper["spec"]["components"][0]["template"], "metadata": {"name": "x", "uid": "i", **owned_by(wrapper)}}
    paper = {"apiVersion": "x.example.com/v1", "kind": "License", "metadata": {"name": "l", "uid": "l", **owned_by(inner)}, "status": {"message": "0 of 4 licenses are free"}}  # fmt: skip

    def fetch(wanted: Find) -> list[Any]:
        return [o for o in (inner, paper) if wanted.resource.matches(o)]

    unread: list[str] = []
    related = tuple(in_rounds(handle, wrapper, fetch, unread))
    assert unread == [] and [o["kind"] for o in related] == ["Licensed", "License"]
    view = JobView(wrapper, pods=(), related=related)
    status = handle.status(view)
    assert (status.phase, status.message) == (Phase.PENDING, "0 of 4 licenses are free")
    causes = handle.explain(JobView(wrapper, (), related, status))
    assert [(c.message, c.hint) for c in causes if c.reason == "NoLicense"] == [("0 of 4 licenses are free", "buy one")]


def owned_by(owner: Any) -> dict[str, Any]:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"], "controller": True}  # fmt: skip
    return {"ownerReferences": [reference]}
