"""How many requests each use case needs, and with which rights."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.contract.errors import PermissionDenied

JOBS = "/apis/kubeflow.org/v1/namespaces/{ns}/pytorchjobs"


def test_requests_with_a_type(arena: Any, make: Any) -> None:
    namespace = arena.namespace
    jobs = JOBS.replace("{ns}", namespace)
    arena.submit("pytorchjob", make("one", workers=2))
    first = arena.calls()
    assert sorted(first[:4]) == sorted(  # in turn where the server answers at once
        [
            *(f"GET /api/v1/namespaces/{namespace}/pods/one-{role}-0" for role in ("master", "worker")),  # whether the names are free (W1)
            "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
            f"GET /api/v1/namespaces/{namespace}",  # what its Pod Security enforces (N5)
        ]
    )
    assert first[4:] == [f"POST {jobs}", f"POST /api/v1/namespaces/{namespace}/configmaps"]
    arena.submit("pytorchjob", make("two"))
    assert len(arena.calls()) == 4, "who we are is asked once per context"
    assert {j.name for j in arena.list(job_type="pytorchjob").jobs} == {"one", "two"}
    assert arena.calls() == [f"GET {jobs}", f"GET /api/v1/namespaces/{namespace}/pods"]
    assert arena.get("one", job_type="pytorchjob").name == "one"
    why = [f"GET /api/v1/namespaces/{namespace}/events"]  # only of a job that does not run yet
    assert [c for c in arena.calls() if c not in why] == [f"GET {jobs}/one", f"GET /api/v1/namespaces/{namespace}/pods"]
    assert arena.delete("one", job_type="pytorchjob")[0].ok
    assert arena.calls() == [f"DELETE {jobs}/one"]
    arena.wait("two", timeout=20)
    arena.calls()
    assert arena.delete("two", job_type="pytorchjob", wait=True, timeout=20)[0].ok
    assert len(arena.calls()) <= 2


def test_an_empty_list_asks_for_no_pods(arena: Any) -> None:
    assert arena.list(job_type="dummy").jobs == ()
    assert len(arena.calls()) == 1


def test_rights_in_one_namespace_are_enough(arena: Any, make: Any, rights: Any) -> None:
    arena.gate.allowed = rights(arena.namespace, "pytorchjob", "dummy")
    done = arena.submit("pytorchjob", make("mine"))
    assert not [w for w in done.warnings if "on the local cluster" not in w]
    labels = done.manifests[0]["metadata"]
    assert labels["annotations"]["arena.kubeflow.org/username"] == "tester", "who may not ask who he is has the kubeconfig's name"
    listing = arena.list()
    assert [j.name for j in listing.jobs] == ["mine"]
    assert [n for n in listing.notes if n.startswith("not shown, no permission: ")], "the types that may not be read are named"
    job = arena.get("mine")
    arena.events(job)
    arena.explain(job)
    assert [line.data for line in arena.logs("mine", follow=True)] == [b"hello\n"]
    assert arena.wait("mine", timeout=20).status.phase == "SUCCEEDED"
    assert arena.tensorboard(job) == ""
    assert arena.delete("mine", wait=True, timeout=20)[0].ok
    assert arena.wait("mine", "deleted", job_type="pytorchjob", timeout=10) is None
    refused = set(arena.gate.refused) - {f"GET /api/v1/namespaces/{arena.namespace}"}  # its labels: who may not read them is not told
    forbidden = {c for c in refused if "pytorchjobs" in c or ("batch/v1/" in c and "cronjobs" not in c) or "/api/v1/" in c}
    assert not forbidden


def test_a_type_that_may_not_be_read_is_noted_and_the_others_are_listed(arena: Any, make: Any, rights: Any) -> None:
    arena.submit("dummy", make("d"))
    arena.gate.allowed = rights(arena.namespace, "dummy")
    listing = arena.list()
    assert [j.name for j in listing.jobs] == ["d"]
    assert len(listing.notes) == 1 and "pytorchjobs.kubeflow.org" in listing.notes[0], "all in one line (R4)"
    assert "pytorchjobs.kubeflow.org (forbidden)" in listing.unread
    with pytest.raises(PermissionDenied):
        arena.list(job_type="pytorchjob")
    arena.gate.allowed = "nothing"
    with pytest.raises(PermissionDenied):
        arena.list()


def test_jobs_are_listed_where_pods_may_not_be_read(arena: Any, make: Any, rights: Any) -> None:
    arena.submit("dummy", make("d"))
    arena.gate.allowed = rights(arena.namespace, "dummy").replace("(pods", "(none")
    listing = arena.list(job_type="dummy")
    assert [j.name for j in listing.jobs] == ["d"] and listing.notes == ("not shown, no permission: pods",)
    assert listing.jobs[0].unread == ("pods (forbidden)",)


def test_all_namespaces_needs_the_right_to_it(arena: Any, make: Any, rights: Any) -> None:
    arena.submit("dummy", make("everywhere"))
    assert "everywhere" in [j.name for j in arena.list(all_namespaces=True, job_type="dummy").jobs]
    arena.gate.allowed = rights(arena.namespace, "dummy", "pytorchjob")
    with pytest.raises(PermissionDenied, match="in the whole cluster"):
        arena.list(all_namespaces=True)
