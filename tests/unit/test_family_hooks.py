"""Hooks that are made of what differs between types: they call what they are given, import it only then, and a wrong name is the plugin's."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from arena_core.contract.errors import PluginError
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobStatus, JobType, JobView, Phase, PodSet, Problem, Resource
from arena_core.families import hooks, preflight
from arena_core.registry import Registry

POD = Resource("", "v1", "Pod", "pods")


def job_built(args: SimpleNamespace) -> list[dict[str, object]]:
    return [{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": args.name}}]


def one(args: SimpleNamespace, lookup: object) -> list[Problem]:
    return [Problem("one", "name")]


def two(args: SimpleNamespace, lookup: object) -> list[Problem]:
    return [Problem("two", "name")]


def why(job: object, pods: object, related: object) -> list[object]:
    return [job, pods, related]


def _plugin(build: str) -> ModuleType:
    plugin = ModuleType("arena_made")
    job_type = JobType("made", Resource("example.com", "v1", "Thing", "things"), "x:X")
    plugin.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    plugin.arena_job_type = hookimpl(lambda: job_type)  # type: ignore[attr-defined]
    plugin.arena_job_status = hookimpl(lambda view: JobStatus(Phase.PENDING))  # type: ignore[attr-defined]
    plugin.arena_build_manifests = hooks.building(build)  # type: ignore[attr-defined]
    plugin.arena_preflight = hooks.preflight(f"{__name__}:one", f"{__name__}:two")  # type: ignore[attr-defined]
    plugin.arena_pod_sets = hooks.pod_sets_for(  # type: ignore[attr-defined]
        lambda job, purpose: [PodSet(purpose, "spec.template", 1)]
    )
    return plugin


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this file's functions a module that a name leads to, however the tests are imported."""
    module = ModuleType(__name__)
    vars(module).update(job_built=job_built, one=one, two=two, why=why)
    monkeypatch.setitem(sys.modules, __name__, module)


def test_made_hooks_call_what_they_were_given_the_name_of() -> None:
    handle = Registry(environ={}).add(_plugin(f"{__name__}:job_built"))
    args = SimpleNamespace(name="x")
    assert [obj["metadata"]["name"] for obj in handle.build_manifests(args)] == ["x"]
    assert [found.message for found in handle.preflight(args, None)] == ["one", "two"]  # type: ignore[arg-type]
    assert [found.name for purpose in ("wrap", "quota") for found in handle.pod_sets({}, purpose)] == ["wrap", "quota"]  # type: ignore[arg-type]


def test_a_name_that_leads_nowhere_is_the_plugins_fault() -> None:
    handle = Registry(environ={}).add(_plugin("arena_made.nowhere:build"))
    with pytest.raises(PluginError, match=r"made.*arena_build_manifests"):
        handle.build_manifests(SimpleNamespace(name="x"))


def test_reasons_may_stand_apart_from_the_state() -> None:
    state = SimpleNamespace(related=None, status=None)
    explain = hooks.reading(state, unfetched=None, explain=f"{__name__}:why").explain
    assert explain(JobView({"a": 1}), None) == [{"a": 1}, None, ()]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        (None, "nobody owns it"),
        ({"kind": "Other", "name": "x"}, "it belongs to Other x"),
        ({"kind": "Thing", "name": "y"}, "it belongs to Thing y"),
        ({"kind": "Thing", "name": "x"}, ""),
    ],
)
def test_a_name_is_taken_unless_a_job_of_this_name_and_kind_has_it(owner: dict[str, str] | None, told: str) -> None:
    pod = {"metadata": {"ownerReferences": [{**owner, "uid": "1", "controller": True}] if owner else []}}
    lookup = SimpleNamespace(exists=lambda resource, name: name == "x-worker-0", get=lambda resource, name: pod)
    sets = [PodSet("none", "spec", 0), PodSet("master", "spec", 1), PodSet("worker", "spec", 2)]
    found = preflight.pod_name_problems({"kind": "Thing", "metadata": {"name": "x"}}, sets, lookup)  # type: ignore[arg-type]
    wanted = [f"the Pod x-worker-0 exists already ({told}), and this job needs one of that name"] if told else []
    assert [problem.message for problem in found] == wanted
