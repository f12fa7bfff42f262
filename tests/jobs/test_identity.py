"""A job's pods, events and related objects are its own by uid: after delete and resubmit under one name the old ones are not (L3, R5)."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.errors import ArenaError
from arena_core.usecases.ownership import belongs, earlier_text, guess

#: Says OLD and takes its time when it is told to end, as a pod on a real cluster does: until there is a file, or for five seconds.
SLOW_TO_END = "trap 'for n in $(seq 100); do [ -e {may_end} ] && break; sleep 0.05; done; exit 0' TERM; echo OLD; sleep 100 & wait"
QUICK = "trap exit TERM; echo NEW; sleep 100 & wait"
TYPES = ("pytorchjob", "tfjob", "volcanojob", "dummy")
#: Types whose operators give the new pod the name of the old one, so that it has to wait.
SAME_NAMES = ("pytorchjob", "tfjob", "volcanojob")


@pytest.fixture
def may_end(tmp_path: Path) -> Path:
    """The file at whose sight the old pods end."""
    return tmp_path / "may-end"


def _ready(arena: Any, name: str, word: str) -> None:
    for line in arena.logs(name, follow=True):
        if word in line.text:
            return


@pytest.mark.parametrize("job_type", TYPES)
def test_the_pods_of_a_deleted_job_are_not_those_of_the_new_one(arena: Any, make: Any, job_type: str, may_end: Path) -> None:
    # L3, R5
    arena.submit(job_type, make("again", SLOW_TO_END.format(may_end=may_end)))
    _ready(arena, "again", "OLD")
    old = {p["metadata"]["uid"] for p in arena.get("again").pods}
    arena.delete("again")
    arena.wait("again", "deleted", timeout=20)
    arena.submit(job_type, make("again", QUICK))

    job = arena.get("again")
    assert not old & {p["metadata"]["uid"] for p in job.pods}
    listed = arena.list().jobs[0]
    assert not old & {p["metadata"]["uid"] for p in listed.pods}
    assert not old & {(e.get("involvedObject") or {}).get("uid") for e in arena.events(job)}
    if job_type in SAME_NAMES:
        name = next(iter(job.earlier))["metadata"]["name"]
        text = f"pod {name} of an earlier job is still ending"
        assert job.status.message == text == listed.status.message and job.status.phase == listed.status.phase == "PENDING"
        with pytest.raises(ArenaError, match=text):
            list(arena.logs("again"))
        with pytest.raises(ArenaError, match=text):
            arena.exec(job, ["true"])
    told: list[str] = []

    def waits(text: str) -> None:
        told.append(text)
        may_end.touch()

    lines = (line.text.strip() for line in arena.logs("again", follow=True, on_wait=waits))
    assert next(iter(lines)) == "NEW", "the log of the new job alone"
    assert (any("earlier job" in t for t in told)) is (job_type in SAME_NAMES), told
    assert arena.wait("again", "running", timeout=30).status.phase == "RUNNING"
    assert [line.data for line in arena.logs("again")] == [b"NEW\n"]
    assert arena.delete("again", wait=True, timeout=30)[0].ok


def test_waiting_for_a_deletion_is_over_when_a_new_job_has_the_name(arena: Any, make: Any, may_end: Path) -> None:
    # L3
    first = arena.submit("dummy", make("swap", SLOW_TO_END.format(may_end=may_end))).manifests[0]
    _ready(arena, "swap", "OLD")
    done = threading.Event()
    waiter = threading.Thread(target=lambda: (arena.direct.wait("swap", "deleted", timeout=30), done.set()))
    waiter.start()
    arena.delete("swap")
    arena.submit("dummy", make("swap", QUICK))
    waiter.join(20)
    assert done.is_set()
    may_end.touch()
    assert arena.wait("swap", "deleted", uid=first["metadata"]["uid"], timeout=5) is None, "that job is gone, whoever has its name now"
    arena.delete("swap", wait=True)


def test_the_pods_of_a_wrapped_job_are_found_through_it(arena: Any, make: Any, rights: Any) -> None:
    # L3: an AppWrapper's pods belong to the job inside, and that to the AppWrapper.
    arena.submit("appwrapperjob", make("boxed", QUICK, workers=2))
    arena.wait("boxed", "running", timeout=30)
    for jobs in (arena.list().jobs, arena.list(job_type="appwrapperjob").jobs, [arena.get("boxed")]):
        assert [(j.name, len(j.pods), j.unread) for j in jobs] == [("boxed", 2, ())]
    arena.gate.allowed = rights(arena.namespace) + r"|/apis/workload.codeflare.dev/.*"
    job = arena.get("boxed", job_type="appwrapperjob")
    assert len(job.pods) == 2, "who may not read the job inside goes by the pods' age"
    assert "pytorchjobs.kubeflow.org (forbidden)" in job.unread
    arena.gate.allowed = None
    arena.delete("boxed")


# ---- the pure part


def _obj(kind: str, name: str, uid: str, owner: dict[str, Any] | None = None, made: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    references = [] if owner is None else [_reference(owner)]
    metadata = {"name": name, "uid": uid, "creationTimestamp": made, "ownerReferences": references}
    return {"apiVersion": "x/v1", "kind": kind, "metadata": metadata}


def _reference(owner: dict[str, Any]) -> dict[str, Any]:
    metadata = owner["metadata"]
    return {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"], "controller": True}


def test_a_chain_of_owners_ends_at_the_job() -> None:
    job = _obj("Wrapper", "a", "1", made="2026-01-01T00:00:10Z")
    inner = _obj("Inner", "a", "2", job, "2026-01-01T00:00:11Z")
    pod = _obj("Pod", "a-0", "3", inner, "2026-01-01T00:00:12Z")
    known = {"2": inner}
    assert belongs(pod, job, known) is True and belongs(pod, job, {}) is None
    assert guess(pod, job, {}) is True, "the inner job cannot be read: the pod is younger than the job"
    old_job = _obj("Wrapper", "a", "0")
    old_inner = _obj("Inner", "a", "9", old_job)
    old_pod = _obj("Pod", "a-0", "8", old_inner, "2026-01-01T00:00:01Z")
    assert belongs(old_pod, job, {"9": old_inner}) is False and belongs(old_inner, job, {}) is False
    assert guess(old_pod, job, {}) is False, "older than the job"
    alone = _obj("Inner", "b", "7")
    assert belongs(_obj("Pod", "b-0", "6", alone), job, {"7": alone}) is False, "its job belongs to nobody"
    assert belongs(_obj("Pod", "c", "5"), job, {}) is None
    loop = _obj("Inner", "l", "20")
    loop["metadata"]["ownerReferences"] = [_reference(loop)]
    assert belongs(_obj("Pod", "p", "21", loop), job, {"20": loop}) is None, "a circle has no end"


def test_what_is_left_is_told() -> None:
    pods = [_obj("Pod", f"a-{n}", str(n)) for n in range(5)]
    assert earlier_text([]) == "" and earlier_text(pods[:1]) == "pod a-0 of an earlier job is still there"
    for pod in pods:
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert earlier_text(pods) == "pods a-0, a-1, a-2, … of an earlier job are still ending"


_VALUES = st.recursive(st.none() | st.booleans() | st.text(max_size=3), lambda c: st.lists(c, max_size=2) | st.dictionaries(
    st.sampled_from(["metadata", "ownerReferences", "uid", "name", "kind", "controller", "creationTimestamp"]), c, max_size=3), max_leaves=8)  # fmt: skip


@given(st.lists(_VALUES.filter(lambda v: isinstance(v, dict)), min_size=2, max_size=2))
def test_whatever_an_object_looks_like_it_is_judged(objects: list[Any]) -> None:
    for obj, job in itertools.product(objects, repeat=2):
        assert guess(obj, job, {}) in (True, False)
