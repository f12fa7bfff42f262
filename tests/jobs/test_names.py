"""No path is built from an empty or illegal name, nothing deletes a collection, TYPE/NAME is a name everywhere (S1, F7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_core.client import ArenaClient
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import Resource
from arena_core.kube.cluster import Cluster
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.resources import PODS, path_of
from arena_core.kube.transport import Answer

JOBS = Resource("kubeflow.org", "v1", "PyTorchJob", "pytorchjobs")
ILLEGAL = ["", " ", ".", "..", "a/b/..", "/", "a?b", "a#b", "a b", "ü", "A", "a\n", "%2e", "-a", "a" * 254, "\u200b", "a/", "../pods"]


@pytest.mark.parametrize("name", ILLEGAL)
def test_an_illegal_name_is_refused_by_the_library_before_anything_is_sent(arena: Any, make: Any, name: str) -> None:
    # S1
    arena.calls()
    for job_type in ("", "pytorchjob"):
        for call in (arena.get, arena.wait, arena.delete, lambda n, job_type: list(arena.logs(n, job_type=job_type))):
            with pytest.raises(UsageError):
                call(name, job_type=job_type)
        with pytest.raises(UsageError):
            arena.delete(["fine", name], job_type=job_type)
    assert arena.calls() == []


@pytest.mark.parametrize("selector", [" ", ",", " , ", "\t", ",,", "a=b,", "a in (b", "=", "()", "!"])
def test_a_selector_that_says_nothing_is_refused(arena: Any, make: Any, selector: str) -> None:
    # S1
    arena.calls()
    with pytest.raises(UsageError):
        arena.delete(selector=selector)
    assert arena.calls() == []


def test_a_server_that_does_not_heed_the_selector_deletes_nothing_else(arena: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # S1: the labels are looked at here, too
    arena.submit("dummy", make("mine", labels={"team": "x"}))
    arena.submit("dummy", make("theirs", labels={"team": "y"}))
    real = Cluster.list
    monkeypatch.setattr(Cluster, "list", lambda self, resource, namespace="", **options: real(self, resource, namespace))
    assert [r.name for r in arena.delete(selector="team=x", job_type="dummy")] == ["mine"]
    assert [j.name for j in arena.list(job_type="dummy").jobs] == ["theirs"]


class _Wire:
    """Takes every request down and answers as if all had gone well."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def request(self, method: str, path: str, *args: Any, **options: Any) -> Answer:
        self.sent.append((method, path))
        return Answer(200, {}, b'{"kind": "Status", "status": "Success"}')


@given(st.text(max_size=12) | st.sampled_from(ILLEGAL), st.sampled_from(["", "team", ".."]))
@settings(deadline=None)
def test_whatever_the_name_no_path_leads_to_a_collection_or_elsewhere(name: str, namespace: str) -> None:
    # S1
    cluster, wire = Cluster(Endpoint("http://x")), _Wire()
    cluster.transport = wire  # type: ignore[assignment]
    root = path_of(JOBS, "team")
    for call in (cluster.delete, cluster.get, lambda r, ns, n: cluster.patch(r, ns, n, {})):
        try:
            call(JOBS, namespace, name)
        except ArenaError:
            pass
    for method, path in wire.sent:
        assert not path.endswith("/pytorchjobs"), (method, path)
        parts = path.split("/")
        assert "" not in parts[1:] and ".." not in parts and "." not in parts and not set("?#") & set(path), path
        if namespace == "team":
            assert path.startswith(root + "/") and path.count("/") == root.count("/") + 1


def test_names_of_other_objects_are_checked_alike() -> None:
    with pytest.raises(UsageError, match="cannot be the name of a Pod"):
        path_of(PODS, "default", "")
    with pytest.raises(UsageError, match="cannot be the name of a namespace"):
        path_of(PODS, "../kube-system", "x")
    assert path_of(PODS, "default", "x?y") == "/api/v1/namespaces/default/pods/x%3Fy"


def test_type_and_name_as_list_prints_them_are_taken_everywhere(arena: Any, make: Any) -> None:
    # F7
    arena.submit("dummy", make("one", "echo hi"))
    arena.submit("pytorchjob", make("one", "echo py"))
    names = sorted(job.full_name for job in arena.list().jobs)
    assert names == ["job.batch/one", "pytorchjob.kubeflow.org/one"]
    for spelling in ("job.batch/one", "jobs.batch/one", "dummy/one"):
        assert arena.get(spelling).job_type == "dummy"
    assert arena.get("py/one").job_type == "pytorchjob"
    assert arena.wait("pytorchjob.kubeflow.org/one", timeout=30).status.phase == "SUCCEEDED"
    assert [line.data for line in arena.logs("pytorchjob/one")] == [b"py\n"]
    if "job" in arena.jobs.names():
        assert arena.get("job/one").job_type == "dummy"  # the kind's general type finds it, it is read as what it is
    else:
        with pytest.raises(UsageError, match=r"'job/one' may be .*dummy"):
            arena.get("job/one")
    assert arena.get("job/one", job_type="dummy").job_type == "dummy"
    with pytest.raises(UsageError, match="is not a pytorchjob"):
        arena.get("job.batch/one", job_type="pytorchjob")
    with pytest.raises(UsageError, match="'nosuch' in 'nosuch/one' is no job type"):
        arena.get("nosuch/one")
    assert [(r.name, r.full_name, r.ok) for r in arena.delete(names)] == [("one", name, True) for name in names]


def test_names_and_a_selector_together_are_refused(arena: Any) -> None:
    with pytest.raises(UsageError, match="either names or a selector"):
        ArenaClient.delete(arena, ["a"], selector="a=b")
