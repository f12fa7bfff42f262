"""`queue`, and places in queues, over the local cluster: quota, cohorts, who waits where, and what may not be read."""

from __future__ import annotations

import time
import zlib
from typing import Any

import pytest

from arena_core.contract.errors import NotFound
from arena_core.contract.queues import Quota
from arena_core.families.queues import kueue, volcano
from arena_core.k8s import quantity

V = "kueue.x-k8s.io/v1beta2"
GPU = "nvidia.com/gpu"
ONE = quantity.ONE


@pytest.fixture
def shop(arena: Any, local_cluster: Any) -> Any:
    """Two ClusterQueues in a cohort, ``ours`` with 2 GPUs of which one may be lent and ``theirs`` with 2, each with a LocalQueue."""
    word = f"q{zlib.crc32(arena.namespace.encode()):08x}"
    made = []

    def put(kind: str, name: str, spec: dict[str, Any], namespace: str = "") -> None:
        meta = {"name": name, **({"namespace": namespace} if namespace else {})}
        obj = {"apiVersion": V, "kind": kind, "metadata": meta, "spec": spec}
        local_cluster.create(obj)
        made.append(local_cluster.path(obj) + f"/{name}")

    put("ResourceFlavor", word, {})
    for name, more in (("ours", {"lendingLimit": "1"}), ("theirs", {})):
        flavor = {"name": word, "resources": [{"name": GPU, "nominalQuota": "2", **more}]}
        groups = [{"coveredResources": [GPU], "flavors": [flavor]}]
        put("ClusterQueue", f"{word}-{name}", {"namespaceSelector": {}, "cohortName": word, "resourceGroups": groups})
        put("LocalQueue", name, {"clusterQueue": f"{word}-{name}"}, arena.namespace)
    yield word
    for path in reversed(made):
        local_cluster.request("DELETE", path)


def queue(arena: Any, name: str, **wanted: Any) -> Any:
    """The queue once its own counts and lines are as wanted: they follow the jobs a moment later."""

    def look() -> Any:
        found = arena.queues(name).queues[0]
        seen: dict[str, Any] = {"running": [q.name for q in found.running], "waiting": [q.name for q in found.waiting]}
        # Two objects say these, one after the other: the ClusterQueue, and the LocalQueue.
        seen |= {"used": (found.quotas[0].used or 0) // ONE, "mine": (found.quotas[0].mine or 0) // ONE}
        return found if all(seen[key] == value for key, value in wanted.items()) else None

    end = time.monotonic() + 30
    while (found := look()) is None:
        assert time.monotonic() < end, arena.queues(name).queues
        time.sleep(0.1)
    return found


def submit(arena: Any, name: str, where: str, gpus: int) -> None:
    args = {"name": name, "image": "i", "command": "sleep 300", "gpus": gpus, "kueue_queue": where}
    arena.direct.submit("pytorchjob", args)


def test_quota_is_borrowed_and_lent_and_the_others_wait_in_order(arena: Any, shop: str) -> None:
    submit(arena, "big", "theirs", 3)
    theirs = queue(arena, "theirs", running=["big"], used=3, mine=3)
    assert theirs.parent == f"{shop}-theirs" and theirs.cohort == shop and not theirs.closed
    row = theirs.quotas[0]
    assert (row.nominal, row.borrowed, row.most, row.mine) == (2 * ONE, ONE, 3 * ONE, 3 * ONE)
    submit(arena, "first", "ours", 2)
    queue(arena, "ours", waiting=["first"])
    submit(arena, "second", "ours", 1)
    ours = queue(arena, "ours", running=["second"], waiting=["first"], used=1)
    assert (ours.quotas[0].lent, ours.waiting[0].place, ours.waiting[0].overall) == (ONE, 1, 1)
    assert ours.waiting[0].asks == {GPU: 2 * ONE} and "insufficient unused quota" in ours.waiting[0].reason
    time.sleep(1.1)  # times are whole seconds: of two in the same one the uid decides who is first
    submit(arena, "third", "ours", 2)
    ours = queue(arena, "ours", waiting=["first", "third"])
    name, place = arena.place(arena.get("third"))
    assert (name, str(place)) == ("ours", "2 of 2")
    assert arena.place(arena.get("second")) == ("ours", None), "who runs has no place"


def test_what_a_namespaces_user_may_not_read_is_named(arena: Any, shop: str, rights: Any) -> None:
    submit(arena, "mine", "ours", 2)
    submit(arena, "later", "ours", 3)
    queue(arena, "ours", running=["mine"], waiting=["later"], used=2)
    own = f"{rights(arena.namespace, 'pytorchjob')}|/apis/kueue.x-k8s.io/v1beta[12]/namespaces/{arena.namespace}/(localqueues|workloads)"
    arena.gate.allowed = own
    board = arena.queues("ours")
    found = board.queues[0]
    assert [q.name for q in found.running] == ["mine"] and [(q.name, q.place, q.overall) for q in found.waiting] == [("later", 1, None)]
    assert found.quotas == (Quota(GPU, shop, mine=2 * ONE),), "of the quota itself nothing is claimed"
    assert "clusterqueues.kueue.x-k8s.io" in board.notes[0] and "workloads.kueue.x-k8s.io of other namespaces" in board.notes[0]
    with pytest.raises(NotFound, match="among those that can be read"):
        arena.queues("nope")


def test_a_volcano_queue_has_its_jobs(arena: Any) -> None:
    arena.direct.submit("volcanojob", {"name": "vol", "task_images": ["i"], "command": "sleep 300"})

    def running() -> list[tuple[str, str]]:
        return [(one.name, one.namespace) for q in arena.queues("default").queues if q.system == "Volcano" for one in q.running]

    end = time.monotonic() + 60
    while ("vol", arena.namespace) not in running():
        assert time.monotonic() < end, arena.queues("default")
        time.sleep(0.2)


def workload(name: str, queue: str, **more: Any) -> dict[str, Any]:
    meta = {"name": f"w-{name}", "namespace": "n", "uid": name, "creationTimestamp": more.pop("created", "2026-01-01T00:00:00Z")}
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": f"job-{name}", "controller": True}
    spec = {"queueName": queue, "podSets": [], **more}
    return {"apiVersion": V, "kind": "Workload", "metadata": {**meta, "ownerReferences": [owner]}, "spec": spec}


def test_the_order_is_priority_then_age_over_all_queues_of_a_quota() -> None:
    local = [{"metadata": {"name": name, "namespace": "n"}, "spec": {"clusterQueue": "cq"}} for name in ("a", "b")]
    works = [
        workload("old", "a"),
        workload("urgent", "b", priority=5, created="2026-01-02T00:00:00Z"),
        workload("new", "a", created="2026-01-03T00:00:00Z"),
        workload("off", "a", active=False),
    ]
    objects = {"localqueues.kueue.x-k8s.io": local, "clusterqueues.kueue.x-k8s.io": None, "workloads.kueue.x-k8s.io": works}
    first, second = kueue.queues(objects, True)
    assert [(q.name, q.place, q.overall) for q in first.waiting] == [("old", 1, 2), ("new", 2, 3)]
    assert [(q.name, q.place, q.overall) for q in second.waiting] == [("urgent", 1, 1)]
    assert [q.name for q in first.held] == ["off"] and "deactivated" in first.held[0].reason
    assert kueue.queues(objects, False)[0].waiting[0].overall is None


def test_who_lends_to_whom_is_not_guessed() -> None:
    def cluster(name: str, used: str, borrowed: str = "0") -> dict[str, Any]:
        flavor = {"name": "f", "resources": [{"name": GPU, "nominalQuota": "4"}]}
        status = {"flavorsReservation": [{"name": "f", "resources": [{"name": GPU, "total": used, "borrowed": borrowed}]}]}
        return {"metadata": {"name": name}, "spec": {"cohort": "co", "resourceGroups": [{"flavors": [flavor]}]}, "status": status}

    local = [{"metadata": {"name": "q", "namespace": "n"}, "spec": {"clusterQueue": "lender"}}]

    def lent(*queues: dict[str, Any], cohorts: list[Any] | None) -> tuple[int | None, int | None]:
        objects = {"localqueues.kueue.x-k8s.io": local, "clusterqueues.kueue.x-k8s.io": list(queues), "cohorts.kueue.x-k8s.io": cohorts}
        row = kueue.queues(objects, True)[0].quotas[0]
        return row.lent, row.lent_most

    lender, taker = cluster("lender", "1"), cluster("taker", "6", "2")
    assert lent(lender, taker, cohorts=[]) == (2 * ONE, 2 * ONE)
    assert lent(lender, taker, cluster("other", "0"), cohorts=[]) == (None, 2 * ONE), "the other may have lent it"
    assert lent(lender, taker, cohorts=None) == (None, 2 * ONE), "the cohort may have quota of its own"
    assert lent(lender, cluster("taker", "4"), cohorts=None) == (0, 0)


@pytest.mark.parametrize("system", [kueue, volcano])
@pytest.mark.parametrize("odd", [{}, {"spec": 3}, {"metadata": None, "status": []}, {"spec": {"podSets": 1, "resourceGroups": ["x"]}}])
def test_odd_objects_make_no_queue_fail(system: Any, odd: dict[str, Any]) -> None:
    objects = {kind.key: [odd] for kind in system.KINDS}
    assert isinstance(system.queues(objects, True), list)


def test_volcano_orders_by_the_value_of_the_priority_class_then_by_age() -> None:
    """Who cannot read the classes is told no place, unless nobody names one."""

    def group(name: str, cls: str, day: int) -> dict[str, Any]:
        meta = {"name": name, "namespace": "n", "uid": name, "creationTimestamp": f"2026-01-0{day}T00:00:00Z"}
        return {"metadata": meta, "spec": {"queue": "q", **({"priorityClassName": cls} if cls else {})}, "status": {"phase": "Pending"}}

    def line(groups: list[Any], classes: list[Any] | None) -> list[tuple[str, int, int | None, int]]:
        key = "podgroups.scheduling.volcano.sh"
        objects = {"queues.scheduling.volcano.sh": [{"metadata": {"name": "q"}}], key: groups, "priorityclasses.scheduling.k8s.io": classes}
        (queue,) = volcano.queues(objects, True)
        return [(one.name, one.place, one.overall, one.priority) for one in queue.waiting]

    groups = [group("low", "low", 1), group("plain", "", 2), group("high", "high", 3), group("gone", "no-such-class", 4)]
    classes = [{"metadata": {"name": name}, "value": value} for name, value in (("low", -5), ("high", 1000))]
    assert line(groups, classes) == [("high", 1, 1, 1000), ("plain", 2, 2, 0), ("gone", 3, 3, 0), ("low", 4, 4, -5)]
    classes.append({"metadata": {"name": "usual"}, "value": 2000, "globalDefault": True})
    assert [name for name, *_ in line(groups, classes)] == ["plain", "gone", "high", "low"]
    assert line(groups, None) == [(name, 0, None, 0) for name in ("low", "plain", "high", "gone")]
    assert line([groups[1]], None) == [("plain", 1, 1, 0)]
