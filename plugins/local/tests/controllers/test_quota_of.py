"""A bundle's quota follows from its job type: where suspend is and the sets of pods are said once (issue 10)."""

from __future__ import annotations

import importlib
import re
from types import SimpleNamespace
from typing import Any

import pytest

from arena_core.contract.types import JobType, PodSet, Resource
from arena_local.sdk.quota import quota_of, suspend_at
from tests.house.test_house import ROOT, tracked

TEMPLATE = {"spec": {"priorityClassName": "high"}}
JOB = {"spec": {"policy": {"halted": True}, "roles": [{"template": TEMPLATE, "n": 2}, {"template": {}, "n": 1}]}}


def plugin(hook: Any) -> Any:
    said = JobType("thing", Resource("x.io", "v1", "Thing", "things"), "a:b", suspend_path="spec.policy.halted")
    return SimpleNamespace(arena_job_type=lambda: said, arena_pod_sets=hook)


def sets(job: Any, purpose: str = "quota") -> list[PodSet]:
    assert purpose == "quota"
    return [PodSet("b", "spec.roles[0].template", 2), PodSet("a", "spec.roles[1].template", 1)]


@pytest.mark.parametrize("hook", [sets, lambda job: sets(job), lambda job, purpose: sets(job, purpose)])
def test_everything_that_the_type_says_is_taken_from_it(hook: Any) -> None:
    state: dict[str, Any] = {"finished": lambda job: None, "active": lambda api, job: False, "pods_ready": lambda api, job: True}
    quota = quota_of(plugin(hook), "x.io/thing", index_label="n", order=("a", "b"), priority_path="spec.class", **state)
    assert (quota.resource, quota.kind, quota.api_version) == ("things.x.io", "Thing", "x.io/v1")
    found = [(s.name, s.count, s.path, s.template, s.index_label) for s in quota.pod_sets(JOB)]
    assert found == [("a", 1, ("spec", "roles", 1, "template"), {}, "n"), ("b", 2, ("spec", "roles", 0, "template"), TEMPLATE, "n")]
    assert quota.priority_class(JOB) == "high" and quota.priority_class({**JOB, "spec": {**JOB["spec"], "class": "own"}}) == "own"
    assert quota.is_suspended(JOB) and not quota.is_suspended({})


@pytest.mark.parametrize("omit", [False, True])
def test_the_switch_is_turned_where_it_is(omit: bool) -> None:
    is_on, turn = suspend_at("spec.policy.halted", omit_false=omit)
    job: dict[str, Any] = {}
    turn(job, True)
    assert is_on(job) and job == {"spec": {"policy": {"halted": True}}}
    turn(job, False)
    assert job == {"spec": {"policy": {} if omit else {"halted": False}}}


def test_no_bundle_says_again_what_its_type_says() -> None:
    """A ``QuotaJob`` by hand is for kinds without a job type, and for plain Jobs, which the cluster has without a plugin."""
    by_hand = [
        str(f.relative_to(ROOT))
        for f in tracked("plugins/*.py")
        if "/tests/" not in str(f) and re.search(r"\bQuotaJob\(\n", f.read_text()) and "sdk" not in f.parts
    ]
    assert by_hand == ["plugins/local/arena_local/kueue/integration.py", "plugins/rayjob/arena_rayjob/local/quota.py"]


@pytest.mark.parametrize(
    ("package", "bundle"),
    [
        ("arena_pytorchjob", "local"),
        ("arena_tfjob", "local"),
        ("arena_mpijob", "local"),
        ("arena_rayjob", "local"),
        ("arena_appwrapper", "local"),
    ],
)
def test_our_bundles_suspend_where_their_types_do(package: str, bundle: str) -> None:
    said = importlib.import_module(f"{package}.plugin").arena_job_type()
    (quota,) = [q for q in importlib.import_module(f"{package}.{bundle}").BUNDLE.quota if q.resource == said.resource.key]
    job: dict[str, Any] = {"spec": {}}
    quota.set_suspend(job, True)
    is_on, _ = suspend_at(said.suspend_path)
    assert is_on(job) and quota.is_suspended(job)
