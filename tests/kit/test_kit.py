"""The conformance kit finds what is wrong, and says nothing of what is right: ``broken/X.py`` fails ``test_X`` and no other test."""

from __future__ import annotations

import importlib
import types
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobType
from arena_core.contract.types import Phase as Moment
from arena_core.records import replace
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.kit import values
from arena_core.testing.samples import PLAIN_JOB_LABELS, Sample, plain_job_samples
from tests.kit import server, thing
from tests.kit.page import PAGE, page
from tests.kit.thing_local import bundle

BROKEN = sorted(path.stem for path in (Path(__file__).parent / "broken").glob("*.py"))
TESTS = sorted(name.removeprefix("test_") for name in dir(JobTypeConformance) if name.startswith("test_"))
HEALTHY: dict[str, Any] = {
    "minimal": {"name": "x", "image": "busybox", "command": "true"},
    "full": {"labels": {"team": "x"}, "gpus": 2, "shell": "bash"},
    "samples": plain_job_samples(),
    "operator_labels": PLAIN_JOB_LABELS,
    "bundle": bundle(),
    "examples": 10,
}


@pytest.fixture(autouse=True)
def _without_the_smallest_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a property fails is enough here; the smallest example of it is for the author."""
    monkeypatch.setattr(values, "QUICK", settings(values.QUICK, phases=[Phase.generate], database=None))


def verdicts(plugin: Any, **more: Any) -> dict[str, str]:
    """Run every test of the kit on a plugin; what did not pass, with the reason."""
    kit = type("TestIt", (JobTypeConformance,), {**HEALTHY, "plugin": plugin, **more})()
    found: dict[str, str] = {}
    for name in TESTS:
        try:
            getattr(kit, f"test_{name}")()
        except pytest.skip.Exception as skipped:
            found[name] = f"skipped: {skipped}"
        except (Exception, pytest.fail.Exception) as error:
            found[name] = f"failed: {error}"
    return found


def test_the_healthy_one_passes_everything() -> None:
    assert verdicts(thing) == {}


def test_a_service_passes_too() -> None:
    running = {"metadata": {"name": "x-1"}, "spec": {"containers": [{"name": "main"}]}, "status": {"phase": "Running"}}
    samples = (Sample(Moment.PENDING, {"status": {}}), Sample(Moment.READY, {"status": {"availableReplicas": 1}}, (running,)))
    found = verdicts(server, samples=samples, operator_labels=(), bundle=None, full={"workers": 2, "gpus": 1})
    assert not [text for text in found.values() if text.startswith("failed")], found
    assert set(found) == {
        "an_update_changes_what_is_given",  # this one cannot be updated
        "it_is_suspended_where_it_says",  # a server is scaled to nothing
        "it_runs_inside_every_wrapper",  # what ends is wrapped
        *("its_bundle_serves_the_kind", "manifests_fit_the_crd", "quota_counts_the_same_pods"),  # a Deployment is everybody's
    }


@pytest.mark.parametrize(
    ("request_of", "why"),
    [
        (lambda job, value: {"apiVersion": "example.com/v1", "kind": "Thing", "suspend": True}, "ask for the same"),
        (lambda job, value: {"apiVersion": "example.com/v1", "kind": "Request", "suspend": value}, "no CRD of the bundle serves Request"),
        (lambda job, value: {"apiVersion": "example.com/v1", "kind": "Thing", "halted": value}, "'halted' was unexpected"),
        (lambda job, value: {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"suspend": value}}, ""),
    ],
)
def test_a_request_to_suspend_is_one_that_is_served(request_of: Any, why: str) -> None:
    def arena_job_type() -> JobType:
        """Say what this job type is."""
        return replace(thing.arena_job_type(), suspend_path="", suspend_request=request_of)

    plugin = types.ModuleType("asking", "A job type that is suspended by a request.")
    vars(plugin).update({**vars(thing), "arena_job_type": hookimpl(arena_job_type), "__name__": "asking"})
    kit = type("TestIt", (JobTypeConformance,), {**HEALTHY, "plugin": plugin})()
    with pytest.raises((AssertionError, pytest.fail.Exception), match=why) if why else nullcontext():
        kit.test_it_is_suspended_where_it_says()


def test_every_test_has_a_broken_plugin() -> None:
    assert BROKEN == TESTS


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_fails_just_its_test(name: str) -> None:
    plugin = importlib.import_module(f"tests.kit.broken.{name}")
    found = verdicts(plugin, **getattr(plugin, "kit", dict)())
    assert [other for other, text in found.items() if text.startswith("failed")] == [name], found


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python3 dev.py docs`"
