"""What a deletion says: what was done, what holds the job, what is not known (S6, S7, S8, W13, N17)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, NotFound, PermissionDenied, TimedOut
from arena_core.records import replace

SLEEP = "trap exit TERM; sleep 60 & wait"
HOLDER = "example.com/holder"


@pytest.fixture
def held(arena: Any, make: Any) -> Any:
    """A job that a finalizer of somebody else's holds."""
    arena.submit("pytorchjob", make("held", SLEEP))
    arena.wait("held", "running", timeout=30)
    resource = arena.jobs.get("pytorchjob").job_type.resource
    arena.direct.cluster.patch(resource, arena.namespace, "held", {"metadata": {"finalizers": [HOLDER]}})
    yield arena
    arena.gate.allowed = None
    arena.direct.cluster.patch(resource, arena.namespace, "held", {"metadata": {"finalizers": []}})


def test_a_job_that_a_finalizer_holds_is_terminating_and_says_whose(held: Any) -> None:
    # W13
    told: list[str] = []
    start = time.monotonic()
    (result,) = held.delete("held", wait="job", timeout=2, on_wait=told.append)
    assert time.monotonic() - start < 10
    assert isinstance(result.error, TimedOut) and not result.ok and result.uid
    assert result.error.message.startswith("held is being deleted but is still there") and HOLDER in result.error.message
    assert told and told[0].startswith("held is being deleted: ")
    for job in (held.get("held"), held.list().jobs[0]):
        assert (job.status.exact, job.status.phase) == ("Terminating", "UNKNOWN")
        assert job.status.message.startswith("it is being deleted") and HOLDER in job.status.message


def test_what_was_done_is_said_when_the_end_is_not_seen(held: Any) -> None:
    # S8: the deletion went through, only its end cannot be watched
    held.gate.allowed = rf"/apis/kubeflow.org/v1/namespaces/{held.namespace}/pytorchjobs/held"
    (result,) = held.delete("held", job_type="pytorchjob", wait=True, timeout=10)
    assert "held is being deleted, but whether it is gone is not known: user bob may not" in result.error.message
    assert result.error.exit_code == 5 and result.job_type == "pytorchjob"


def test_absence_is_proven_or_not_said(arena: Any, make: Any, rights: Any) -> None:
    # S6, N17
    arena.submit("pytorchjob", make("there", SLEEP, labels={"team": "x"}))
    arena.gate.allowed = rights(arena.namespace, "dummy")
    with pytest.raises(PermissionDenied, match="it cannot be told whether there is gone"):
        arena.wait("there", "deleted")
    (result,) = arena.delete(selector="team=x")
    assert result.error.exit_code == 5 and "it is not known whether there are jobs with the labels team=x" in result.error.message
    with pytest.raises(NotFound, match=r"does not exist in namespace .* among the types that can be read"):
        arena.get("there")
    arena.gate.allowed = None
    assert arena.wait("never-was", "deleted") is None
    arena.delete("there", wait=True)


def test_a_404_of_a_proxy_is_no_proof(arena: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # S6: the kind is served, as discovery says, and yet one read is answered as if it were not
    arena.submit("pytorchjob", make("there", SLEEP, labels={"team": "x"}))
    real = arena.cluster.transport.request

    def request(method: str, path: str, *args: Any, **options: Any) -> Any:
        answer = real(method, path, *args, **options)
        return replace(answer, status=404, body=b"404 page not found") if method == "GET" and "/pytorchjobs" in path else answer

    monkeypatch.setattr(arena.cluster.transport, "request", request)
    for ask in (lambda: arena.wait("there", "deleted"), lambda: arena.get("there")):
        with pytest.raises(ArenaError, match=r"serves pytorchjobs\.kubeflow\.org, but answers 404"):
            ask()
    (result,) = arena.delete(selector="team=x")
    assert "pytorchjobs.kubeflow.org (the API answers 404)" in result.error.message
    monkeypatch.undo()
    arena.delete("there", wait=True)


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"kind": "Pod", "metadata": {"name": "kept"}}', b'{"kind": "Status", "status": "Failure"}']
)
def test_an_answer_that_is_none_is_no_success(arena: Any, make: Any, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    # S7
    arena.submit("dummy", make("kept", SLEEP))
    real = arena.cluster.transport.request

    def request(method: str, path: str, *args: Any, **options: Any) -> Any:
        if method in ("DELETE", "POST"):
            from arena_core.kube.transport import Answer

            return Answer(200, {}, body)
        return real(method, path, *args, **options)

    monkeypatch.setattr(arena.cluster.transport, "request", request)
    (result,) = arena.delete("kept", job_type="dummy", wait=True, timeout=5)
    assert not result.ok, "nothing was deleted"
    with pytest.raises(ArenaError):
        arena.submit("dummy", make("new"))
    monkeypatch.undo()
    assert arena.get("kept").name == "kept"
    arena.delete("kept", wait=True)
