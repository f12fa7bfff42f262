"""list, get, wait and the library say the same of a job, from the same facts (N1, P1, P10, W4, A8)."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import pytest

from arena_core.contract.errors import JobFailed, NotFound, TimedOut
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Phase
from arena_core.registry import Registry
from arena_core.testing import dummy
from arena_core.usecases.marks import metadata_of

SLEEP = "trap exit TERM; sleep 60 & wait"


def facts(job: Any) -> tuple[Any, ...]:
    status = job.status
    return status.phase, status.exact, status.reason, status.message, len(status.instances)


class Enough(Exception):
    """Ends a wait from within."""


def first_state(arena: Any, name: str, goal: str = "finished") -> Any:
    """What `wait` says first."""

    def first(job: Any) -> None:
        raise Enough(job)

    with pytest.raises(Enough) as said:
        arena.wait(name, goal, timeout=30, on_change=first)
    return said.value.args[0]


def test_one_status_in_every_command(arena: Any, make: Any) -> None:
    # W4
    arena.submit("pytorchjob", make("big", gpus=4000))
    arena.submit("tfjob", make("runs", SLEEP))
    arena.submit("volcanojob", make("vast", gpus=4000))
    arena.submit("appwrapperjob", make("boxed", gpus=4000))
    arena.submit("dummy", make("plain", SLEEP))
    # The master never starts, the worker runs: it has been RUNNING with the reason "is running" in one command and PENDING in another.
    half = "if [ $RANK = 1 ]; then trap exit TERM; sleep 60 & wait; fi"
    arena.submit("pytorchjob", make("half", half, workers=2, gpus=0, selectors={"role": "nowhere"}))
    arena.wait("runs", "running", timeout=40)
    arena.wait("plain", "running", timeout=40)
    time.sleep(1.5)  # operators have had their say
    listed = {job.name: facts(job) for job in arena.list(reasons=True).jobs}
    for name in ("big", "runs", "vast", "boxed", "plain", "half"):
        got, waited = facts(arena.get(name)), facts(first_state(arena, name))
        assert got == waited == listed[name], name


def test_wait_for_running_counts_the_state_at_the_start(arena: Any, make: Any) -> None:
    # N1: jobs that have ended and whose pods are gone
    arena.submit("pytorchjob", make("gone", "echo hi", clean_task_policy="All"))
    arena.submit("pytorchjob", make("lost", "exit 3", clean_task_policy="All"))
    arena.wait("gone", timeout=40)
    arena.wait("lost", "failed", timeout=40)
    until = time.monotonic() + 20
    while (arena.get("gone").pods or arena.get("lost").pods) and time.monotonic() < until:
        time.sleep(0.1)
    assert not arena.get("gone").pods and not arena.get("lost").pods
    seen: list[Any] = []
    job = arena.wait("gone", "running", timeout=10, on_change=seen.append)
    assert job.status.phase is Phase.SUCCEEDED and [j.status.phase for j in seen] == ["SUCCEEDED"]
    with pytest.raises(JobFailed):
        arena.wait("lost", "running", timeout=10)


def test_wait_for_running_says_what_a_job_without_pods_waits_for(arena: Any, make: Any) -> None:
    # N1: suspended by hand, so that there is no pod and no event
    made = arena.submit("pytorchjob", make("asleep", SLEEP)).manifests[0]
    resource = arena.jobs.get("pytorchjob").job_type.resource
    arena.cluster.patch(resource, arena.namespace, metadata_of(made)["name"], {"spec": {"runPolicy": {"suspend": True}}})
    until = time.monotonic() + 20
    while (arena.get("asleep").pods or arena.get("asleep").status.phase != "SUSPENDED") and time.monotonic() < until:
        time.sleep(0.1)
    seen: list[Any] = []
    with pytest.raises(TimedOut, match=r"asleep is not running after 1 s: it is SUSPENDED"):
        arena.wait("asleep", "running", timeout=1, on_change=seen.append)
    assert [j.status.phase for j in seen] == ["SUSPENDED"]


@pytest.fixture
def by_pods(arena: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A job type whose phase follows its pods alone."""
    module = ModuleType("by_pods")
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    given: list[Any] = []

    @hookimpl
    def arena_job_type() -> Any:
        from dataclasses import replace

        return replace(dummy.arena_job_type(), name="bypods", display="", shorthand="")

    @hookimpl
    def arena_job_status(view: Any) -> Any:
        from dataclasses import replace

        given.append(view.pods)
        found = dummy.arena_job_status(view, None)
        phases = {i.phase for i in found.instances}
        phase = Phase.SUCCEEDED if phases == {"Succeeded"} else Phase.FAILED if "Failed" in phases else Phase.PENDING
        return replace(found, phase=phase)

    for hook in (arena_job_type, arena_job_status, dummy.arena_build_manifests, dummy.arena_pod_sets):
        setattr(module, hook.__name__, hook)
    registry = Registry()
    registry.add(module)
    arena.__dict__.pop("_session", None)
    monkeypatch.setitem(arena.__dict__, "jobs", registry)
    yield given
    arena.__dict__.pop("_session", None)


def test_a_type_whose_phase_follows_its_pods(arena: Any, make: Any, by_pods: Any, rights: Any) -> None:
    # P1: wait computed the status without pods
    arena.submit("bypods", make("ends", "sleep 0.3"))
    assert arena.wait("ends", "succeeded", timeout=40).status.phase is Phase.SUCCEEDED
    arena.submit("bypods", make("fails", "exit 4"))
    with pytest.raises(JobFailed):
        arena.wait("fails", timeout=40)
    assert not any(pods is None for pods in by_pods)
    arena.gate.allowed = rights(arena.namespace, "dummy").replace("(pods", "(none")
    assert arena.get("ends", job_type="bypods").unread[0] == "pods (forbidden)"
    assert by_pods[-1] is None, "a hook can tell 'no pods' from 'not read'"


def test_wait_works_without_the_right_to_watch_pods(arena: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arena.submit("pytorchjob", make("slow", "sleep 1.5"))
    real = arena.cluster.transport.stream

    def stream(path: str, *args: Any, **options: Any) -> Any:
        if path.endswith("/pods"):
            from arena_core.kube.transport import Answer

            return Answer(403, {}, b'{"kind": "Status", "message": "pods is forbidden: User \\"bob\\" cannot watch resource \\"pods\\""}')
        return real(path, *args, **options)

    monkeypatch.setattr(arena.cluster.transport, "stream", stream)
    assert arena.wait("slow", timeout=40).status.phase is Phase.SUCCEEDED


def test_one_broken_api_stops_no_command(arena: Any, make: Any) -> None:
    # A8: Kueue's API answers 403 here, 500 in tests/faults
    arena.submit("pytorchjob", make("fine", SLEEP, labels={"kueue.x-k8s.io/queue-name": "q"}))
    arena.gate.allowed = r"(?!.*kueue).*"
    job = arena.get("fine")
    assert job.unread[0] == "workloads.kueue.x-k8s.io (forbidden)"
    assert arena.list(reasons=True).jobs[0].name == "fine"


def test_an_end_is_told_once(arena: Any, make: Any) -> None:
    # P10: again at each wait
    arena.submit("dummy", make("once", "true"))
    for _ in range(3):
        arena.wait("once", timeout=30)
    assert [what for what in arena.extension.told if what[0] == "finished"] == [("finished", Phase.SUCCEEDED)]
    arena.delete("once", wait=True)
    with pytest.raises(NotFound):
        arena.wait("once")
