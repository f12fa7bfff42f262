"""Whatever a plugin hands over crosses one border: it is named for what it raises, prints or gets wrong, and ends no command."""

from __future__ import annotations

import logging
import sys
import threading
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar

import pytest

from arena_core.contract.errors import PluginBroken, PluginError
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import (
    Cause,
    Find,
    Instance,
    JobStatus,
    JobType,
    LogQuery,
    LogSource,
    Phase,
    PodSet,
    Problem,
    Resource,
    SubmitRequest,
    Target,
    Wrapping,
)
from arena_core.installed import Offer
from arena_core.registry import Entry, Registry, border
from arena_core.registry.extensions import ExtensionCaller
from arena_core.registry.shapes import check_of
from arena_core.testing.seen import seen

THING = Resource("x.example.com", "v1", "Thing", "things")
JOB: Any = {"apiVersion": "x.example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
ENTRY = Entry(Offer("arena.jobs", "thing", "m", "arena-thing", "1"))


def module_with(**hooks: Any) -> ModuleType:
    module = ModuleType(f"border_{len(hooks)}")
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    given: dict[str, Any] = {
        "arena_job_type": lambda: job_type(),
        "arena_build_manifests": lambda args, jobs: [JOB],
        "arena_job_status": lambda view, jobs: JobStatus(Phase.RUNNING),
        **hooks,
    }
    for hook, function in given.items():
        function.__module__ = module.__name__
        setattr(module, hook, hookimpl(function))
    return module


def job_type(**fields: Any) -> JobType:
    return JobType(**{"name": "thing", "resource": THING, "args": "arena_core.families.args:SubmitArgs", **fields})


def handle_with(**hooks: Any) -> Any:
    registry = Registry(environ={})
    registry._groups = {group: {} for group in ("arena.jobs", "arena.job_aliases", "arena.commands", "arena.extensions", "arena.clusters")}
    return registry.add(module_with(**hooks), "arena-thing")


def leaves(**_: Any) -> Any:
    sys.exit(3)


def stops(**_: Any) -> Any:
    raise KeyboardInterrupt


#: Each hook, how it is called, and answers of which something is not what the contract says.
HOOKS: list[tuple[str, str, Any, list[Any]]] = [
    ("arena_validate", "args, jobs", lambda h: h.validate(None), [5, ["text"], [Problem(3)], [Problem("x", None)]]),  # type: ignore[arg-type]
    ("arena_build_manifests", "args, jobs", lambda h: h.build_manifests(None), [5, "text", [3], [], [{**JOB, "metadata": None}]]),
    ("arena_preflight", "args, lookup, jobs", lambda h: h.preflight(None, None), [["text"]]),
    ("arena_pod_sets", "job", lambda h: h.pod_sets(JOB), [["text"], [PodSet("w", "spec", "3")], [PodSet("w", "spec", True)]]),  # type: ignore[arg-type]
    ("arena_related", "view, jobs", lambda h: h.related(seen(JOB)), [[Find("pods")], [Find(THING, name=None)]]),  # type: ignore[arg-type]
    ("arena_log_sources", "view, query, jobs", lambda h: h.log_sources(seen(JOB), LogQuery()), [[LogSource(None, "c")]]),  # type: ignore[arg-type]
    ("arena_explain", "view, jobs", lambda h: h.explain(seen(JOB)), [[Cause(None)], [Cause("x", lines="text")], [Cause("x", rank=99)]]),  # type: ignore[arg-type]
]


def hook_of(arguments: str, body: Any) -> Any:
    return eval(f"lambda {arguments}: body()", {"body": body})  # noqa: S307 - a hook is known by the names of its arguments


@pytest.mark.parametrize(("hook", "arguments", "ask", "wrong"), HOOKS, ids=[row[0] for row in HOOKS])
def test_every_hook_is_behind_the_border(hook: str, arguments: str, ask: Any, wrong: list[Any]) -> None:
    bodies = [lambda: 1 / 0, leaves, lambda: (1 / 0 for _ in "x"), *(lambda answer=answer: answer for answer in wrong)]
    for body in bodies:
        with pytest.raises(PluginError, match=rf"plugin 'thing' of distribution arena-thing.* failed in {hook}: "):
            ask(handle_with(**{hook: hook_of(arguments, body)}))
    with pytest.raises(KeyboardInterrupt):
        ask(handle_with(**{hook: hook_of(arguments, stops)}))


STATUSES: list[Any] = [
    None,
    "RUNNING",
    replace(JobStatus(Phase.RUNNING), phase="RUNNING"),
    JobStatus(Phase.RUNNING, message=None),  # type: ignore[arg-type]
    JobStatus(Phase.RUNNING, replicas="3"),  # type: ignore[arg-type]
    JobStatus(Phase.RUNNING, start=5),  # type: ignore[arg-type]
    JobStatus(Phase.RUNNING, instances=[Instance("x", "Running")]),  # type: ignore[arg-type]
    JobStatus(Phase.RUNNING, instances=(Instance("x", "Running", restarts=None),)),  # type: ignore[arg-type]
    JobStatus(Phase.RUNNING, requests={"gpu": "1"}),  # type: ignore[dict-item]
]


@pytest.mark.parametrize("answer", STATUSES, ids=lambda s: str(s)[:60])
def test_a_status_that_is_none_makes_the_job_unknown(answer: Any) -> None:
    found = handle_with(arena_job_status=lambda view, jobs: answer).status(seen(JOB))
    assert (found.phase, found.reason) == (Phase.UNKNOWN, "PluginFailed")
    assert "arena_job_status" in found.message and "thing" in found.message


def test_a_status_that_ends_the_program_makes_the_job_unknown() -> None:
    found = handle_with(arena_job_status=hook_of("view, jobs", leaves)).status(seen(JOB))
    assert found.phase is Phase.UNKNOWN and "SystemExit: 3" in found.message


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"resource": "things"}, "JobType.resource is str"),
        ({"selectors": ["a=b"]}, "JobType.selectors is list"),
        ({"leads": "yes"}, "JobType.leads is str"),
        ({"wrapping": True}, "JobType.wrapping is bool"),
        ({"wrapping": Wrapping(renamed={"a": 1})}, "Wrapping.renamed is int"),  # type: ignore[dict-item]
        ({"provider": None}, "JobType.provider is NoneType"),
        ({"resource": Resource("g", "v1", "K", None)}, "Resource.plural is NoneType"),  # type: ignore[arg-type]
    ],
)
def test_a_job_type_whose_fields_are_wrong_is_refused_at_load(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginBroken, match="arena-thing") as caught:
        handle_with(arena_job_type=lambda: job_type(**fields))
    assert words in caught.value.message


@pytest.mark.parametrize("labels", [lambda job: 1 / 0, lambda job: ["a=!"], lambda job: {"a": 1}, lambda job: [1], lambda job: leaves()])
def test_functions_that_are_handed_over_are_behind_the_border(labels: Any) -> None:
    handle = handle_with(arena_job_type=lambda: job_type(selectors=labels))
    with pytest.raises(PluginError, match=r"plugin 'thing' of distribution arena-thing.* failed in selectors"):
        handle.job_type.selectors(JOB)
    assert handle_with(arena_job_type=lambda: job_type(matches=labels)).claims(JOB) is False


def test_the_code_of_an_argument_model_is_behind_the_border() -> None:
    with pytest.raises(PluginError, match="failed in its argument model: ZeroDivisionError"):
        handle_with().behind("its argument model", lambda: 1 / 0)


def test_what_a_plugin_prints_is_logged_and_not_shown(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    def status(view: Any, jobs: Any) -> JobStatus:
        print("here I am")
        sys.stdout.buffer.write(b"bytes")
        sys.stdout.flush()
        return JobStatus(Phase.RUNNING)

    status.__name__ = "arena_job_status"
    with caplog.at_level(logging.INFO):
        assert handle_with(arena_job_status=status).status(seen(JOB)).phase is Phase.RUNNING
    print("mine")
    assert capsys.readouterr().out == "mine\n"
    assert "here I am" in caplog.text and "thing" in caplog.text


def test_what_other_threads_print_meanwhile_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    with border.quiet(ENTRY, "x"):
        print("held back")
        with border.quiet(ENTRY, "y"):
            print("held back, too")
        other = threading.Thread(target=lambda: print("shown"))
        other.start()
        other.join()
        print("held back again")
    assert sys.stdout is before
    assert capsys.readouterr().out == "shown\n"


REQUEST = SubmitRequest("thing", None, (JOB,), Target(), Registry(environ={}))


class TestExtensions:
    """A policy that gets it wrong stops the submission, by name; who is only told stops nothing."""

    wrong: ClassVar[list[Any]] = [5, ["text"], lambda: leaves(), lambda: 1 / 0]

    def caller(self, hook: str, arguments: str, body: Any) -> ExtensionCaller:
        name = f"border_extension_{len(sys.modules)}"
        function = hook_of(arguments, body if callable(body) else lambda: body)
        function.__module__ = name
        module = ModuleType(name)
        module.__dict__.update(ARENA_CONTRACT=2, **{hook: hookimpl(function)})
        sys.modules[name] = module
        return ExtensionCaller([Entry(Offer("arena.extensions", name, name, "site-policy", "1"))])

    @pytest.mark.parametrize("body", wrong)
    def test_who_may_change_or_forbid(self, body: Any) -> None:
        for hook, ask in (
            ("arena_mutate_manifests", lambda c: c.mutate_manifests(REQUEST)),
            ("arena_validate_submission", lambda c: c.validate_submission(REQUEST)),
        ):
            with pytest.raises(PluginBroken, match=f"site-policy.*{hook}"):
                ask(self.caller(hook, "submission", body))

    @pytest.mark.parametrize("body", wrong)
    def test_who_is_only_told(self, body: Any) -> None:
        self.caller("arena_after_submit", "job, submission", body).after_submit(JOB, REQUEST)
        assert all(isinstance(hint, str) for hint in self.caller("arena_error_hints", "error", body).error_hints(ValueError("x")))


def test_what_fits_is_told_to_fit() -> None:
    status = JobStatus(Phase.FAILED, instances=(Instance("x", "Error", index=None, exit_code=3, requests={"gpu": 1}),))
    assert check_of(JobStatus)(status) == ""
    assert check_of(Cause)(Cause("x", lines=("a", "b"))) == ""
    assert check_of(JobType)(job_type(matches=lambda job: True, wrapping=Wrapping(shared={"a": ("b",)}))) == ""


def test_what_fitted_once_is_looked_at_again() -> None:
    """That a record with values of the same classes has passed says nothing of what is in them."""
    check = check_of(JobStatus)
    for _ in range(2):
        assert check(JobStatus(Phase.RUNNING, requests={"gpu": 1}, instances=(Instance("x", "Running"),))) == ""
        assert check(JobStatus(Phase.RUNNING)) == ""
        assert "requests is str" in check(JobStatus(Phase.RUNNING, requests={"gpu": "1"}))  # type: ignore[dict-item]
        assert "Instance.restarts is str" in check(JobStatus(Phase.RUNNING, instances=(Instance("x", "", restarts="1"),)))  # type: ignore[arg-type]
        assert "replicas is bool" in check(JobStatus(Phase.RUNNING, replicas=True))
        assert "phase is str" in check(JobStatus("RUNNING"))  # type: ignore[arg-type]
