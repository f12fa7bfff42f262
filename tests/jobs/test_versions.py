"""A kind in several versions: what the cluster serves decides, for what is built as well, and it is asked once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Build, JobStatus, JobView, Manifest, Phase, PodSet, Resource
from arena_core.registry import Registry
from arena_core.testing import dummy

GROUP = f"versions{os.getpid()}.example.com"
THING = Resource(GROUP, "v2", "Thing", "things", older=("v1", "v1beta1"))


def module() -> ModuleType:
    made = ModuleType("versions_type")
    made.ARENA_CONTRACT = 2  # type: ignore[attr-defined]

    @hookimpl
    def arena_job_type() -> Any:
        return replace(dummy.arena_job_type(), name="thing", resource=THING, display="", shorthand="", suspend_path="spec.suspend")

    @hookimpl
    def arena_build_manifests(args: Any, build: Build) -> list[Manifest]:
        return [
            {
                "apiVersion": build.resource.api_version,
                "kind": "Thing",
                "metadata": {"name": args.name},
                "spec": {"suspend": False, "template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}},
            }
        ]

    @hookimpl
    def arena_job_status(view: JobView) -> JobStatus:
        return JobStatus(Phase.RUNNING, exact=view.manifest["apiVersion"].rpartition("/")[2])

    @hookimpl
    def arena_pod_sets(job: Manifest) -> list[PodSet]:
        return [PodSet("main", "spec.template")]

    for hook in (arena_job_type, arena_build_manifests, arena_job_status, arena_pod_sets):
        setattr(made, hook.__name__, hook)
    return made


@pytest.fixture(params=[("v1", "v1beta1"), ("v2", "v1")])
def served(arena: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    """A cluster that serves these versions, the first is stored, and the one that a type should take."""
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    versions = [{"name": name, "served": True, "storage": not n, "schema": schema} for n, name in enumerate(request.param)]
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": versions}
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{GROUP}"},
        "spec": spec,
    }
    assert arena.direct.cluster.request("POST", crds, None, crd).ok
    arena.jobs.add(module())
    yield arena, request.param[0]
    arena.direct.cluster.request("DELETE", f"{crds}/things.{GROUP}")


def test_the_whole_life_in_the_version_that_is_served(served: tuple[Any, str], make: Any) -> None:
    arena, version = served
    arena.calls()
    done = arena.submit("thing", make("x"))
    assert done.manifests[0]["apiVersion"] == f"{GROUP}/{version}"
    assert sum(call == "GET /apis" for call in arena.calls()) <= 1
    assert (arena.get("x").status.exact, [job.name for job in arena.list(job_type="thing")]) == (version, ["x"])
    assert arena.suspend("x", job_type="thing").manifest["spec"]["suspend"] is True
    assert arena.wait("x", "running", job_type="thing", timeout=20).status.phase is Phase.RUNNING
    assert arena.delete("x", job_type="thing", wait=True)[0].ok
    assert list(arena.list(job_type="thing")) == []


def test_the_job_inside_a_wrapper_is_built_in_the_served_version(served: tuple[Any, str], make: Any) -> None:
    arena, version = served
    shown = arena.submit("appwrapperjob", {**make("w"), "inner_type": "thing"}, dry_run="server").manifests[0]
    assert shown["spec"]["components"][0]["template"]["apiVersion"] == f"{GROUP}/{version}"


def test_where_no_cluster_is_looked_at_the_first_is_built() -> None:
    registry = Registry(environ={})
    handle = registry.add(module())
    args = type("Args", (), {"name": "x"})()
    assert handle.build_manifests(args)[0]["apiVersion"] == f"{GROUP}/v2"
    assert handle.build_manifests(args, settled=lambda kind: replace(kind, version="v1"))[0]["apiVersion"] == f"{GROUP}/v1"
