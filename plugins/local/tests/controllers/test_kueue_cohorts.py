"""Shared queues: what is lent is taken back, within cohorts and cohorts of cohorts (C8)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arena_core.k8s import quantity
from arena_local.kueue.preempt import Preemptor
from arena_local.kueue.quota import Limits, Node
from arena_local.kueue.snapshot import Snapshot

V = "kueue.x-k8s.io/v1beta2"
PLACE = ("fl", "cpu")


def cluster_queue(name, quota="100m", cohort="co", preemption=None, **limits):
    flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": quota, **limits}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [{"coveredResources": ["cpu"], "flavors": [flavor]}], "cohortName": cohort}
    if preemption:
        spec["preemption"] = preemption
    return {"apiVersion": V, "kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec}


def shop(world, *queues):
    """A flavor and ClusterQueues, each with a LocalQueue ``l-NAME``; priority classes low and high."""
    api = world.api
    api.create({"apiVersion": V, "kind": "ResourceFlavor", "metadata": {"name": "fl"}, "spec": {}}, manager="t")
    for queue in queues:
        api.create(queue, manager="t")
        name = queue["metadata"]["name"]
        place = {"name": f"l-{name}", "namespace": "default"}
        api.create({"apiVersion": V, "kind": "LocalQueue", "metadata": place, "spec": {"clusterQueue": name}}, manager="t")
    for name, value in (("low", 10), ("high", 1000)):
        api.create({"apiVersion": V, "kind": "WorkloadPriorityClass", "metadata": {"name": name}, "value": value}, manager="t")


def submit(world, job, name, queue, cpu, rank=""):
    labels = {"kueue.x-k8s.io/queue-name": f"l-{queue}", **({"kueue.x-k8s.io/priority-class": rank} if rank else {})}
    world.api.create(job(name, labels=labels, requests={"cpu": cpu}), manager="t")


def workload(world, name):
    owned = world.api.list("workloads.kueue.x-k8s.io")
    return next((item for item in owned if item["metadata"]["ownerReferences"][0]["name"] == name), None)


def conditions(world, name):
    item = workload(world, name)
    return world.conditions("workloads.kueue.x-k8s.io", item["metadata"]["name"]) if item else {}


def runs(world, name):
    return not world.api.get("jobs.batch", "default", name)["spec"].get("suspend")


def test_c8_what_was_lent_is_reclaimed_in_the_words_of_kueue(world, job):
    async def story():
        shop(world, cluster_queue("a", preemption={"reclaimWithinCohort": "Any"}), cluster_queue("b"))
        submit(world, job, "borrower", "b", "150m", "high")
        await world.until(lambda: runs(world, "borrower"))
        submit(world, job, "owner", "a", "80m", "low")
        await world.until(lambda: runs(world, "owner"))
        uid, owner = workload(world, "owner")["metadata"]["uid"], world.api.get("jobs.batch", "default", "owner")["metadata"]["uid"]
        text = f"Preempted to accommodate a workload (UID: {uid}, JobUID: {owner}) due to reclamation within the cohort; "
        text += "preemptor path: /co/a; preemptee path: /co/b"
        await world.until(lambda: not runs(world, "borrower"))
        found = conditions(world, "borrower")
        assert found["Preempted"] == ("True", "InCohortReclamation", text)
        assert found["Evicted"] == ("True", "Preempted", text)
        assert found["Requeued"] == ("True", "Preempted", text)
        told = dict(world.events("Workload", workload(world, "owner")["metadata"]["name"]))
        assert told["PreemptedWorkload"].startswith("Preempted workload default/job-borrower-")
        assert " in ClusterQueue b; preemptor effective priority: 10 (base: 10, boost: 0); preemptee" in told["PreemptedWorkload"]
        await world.quiet()

    world.run(story())


@pytest.mark.parametrize(
    ("policy", "rank", "gives_way"), [("Never", "low", False), ("LowerPriority", "high", False), ("LowerPriority", "low", True)]
)
def test_c8_reclaiming_keeps_to_its_policy(world, job, policy, rank, gives_way):
    async def story():
        shop(world, cluster_queue("a", preemption={"reclaimWithinCohort": policy}), cluster_queue("b"))
        submit(world, job, "borrower", "b", "150m", rank)
        await world.until(lambda: runs(world, "borrower"))
        submit(world, job, "owner", "a", "80m", "high")
        await world.until(lambda: "QuotaReserved" in conditions(world, "owner"))
        if gives_way:
            await world.until(lambda: runs(world, "owner"))
        await world.quiet()
        assert runs(world, "owner") is gives_way

    world.run(story())


def test_c8_who_keeps_to_his_own_quota_is_never_reclaimed(world, job):
    async def story():
        shop(world, cluster_queue("a", preemption={"reclaimWithinCohort": "Any"}), cluster_queue("b"))
        submit(world, job, "within", "b", "100m", "low")
        await world.until(lambda: runs(world, "within"))
        submit(world, job, "greedy", "a", "150m", "high")
        await world.until(lambda: "QuotaReserved" in conditions(world, "greedy"))
        await world.quiet()
        assert runs(world, "within") and not runs(world, "greedy")

    world.run(story())


@pytest.mark.parametrize(("threshold", "gives_way"), [(None, True), (10, True), (9, False)])
def test_c8_borrowing_in_place_of_a_borrower(world, job, threshold, gives_way):
    async def story():
        within = {"policy": "LowerPriority", **({} if threshold is None else {"maxPriorityThreshold": threshold})}
        wish = {"reclaimWithinCohort": "Any", "borrowWithinCohort": within}
        shop(world, cluster_queue("a", preemption=wish), cluster_queue("b"), cluster_queue("c"))
        submit(world, job, "borrower", "b", "200m", "low")
        await world.until(lambda: runs(world, "borrower"))
        submit(world, job, "greedy", "a", "150m", "high")
        await world.until(lambda: "QuotaReserved" in conditions(world, "greedy"))
        if gives_way:
            await world.until(lambda: runs(world, "greedy") and not runs(world, "borrower"))
            assert conditions(world, "borrower")["Preempted"][1] == "InCohortReclaimWhileBorrowing"
        await world.quiet()
        assert runs(world, "greedy") is gives_way

    world.run(story())


def test_c8_the_first_of_a_queue_keeps_its_place_while_others_give_way(world, job):
    """Nobody takes the room that is being made for another one."""

    async def story():
        shop(world, cluster_queue("a", preemption={"withinClusterQueue": "LowerPriority"}, cohort="alone"))
        submit(world, job, "low", "a", "80m", "low")
        await world.until(lambda: runs(world, "low"))
        submit(world, job, "high", "a", "100m", "high")
        submit(world, job, "little", "a", "20m", "low")
        await world.until(lambda: runs(world, "high"))
        await world.quiet()
        assert not runs(world, "little")

    world.run(story())


def test_c8_cohorts_of_cohorts_lend_and_take_back(world, job):
    async def story():
        for name, parent in (("left", "root"), ("right", "root")):
            world.api.create({"apiVersion": V, "kind": "Cohort", "metadata": {"name": name}, "spec": {"parentName": parent}}, manager="t")
        wish = {"reclaimWithinCohort": "Any"}
        shop(world, cluster_queue("a", cohort="left", preemption=wish), cluster_queue("b", cohort="right"))
        submit(world, job, "far", "b", "180m")
        await world.until(lambda: runs(world, "far"))
        submit(world, job, "own", "a", "60m")
        await world.until(lambda: runs(world, "own"))
        assert conditions(world, "far")["Preempted"][2].endswith("preemptor path: /root/left/a; preemptee path: /root/right/b")
        world.api.delete("jobs.batch", "default", "own")
        await world.until(lambda: runs(world, "far"))
        await world.quiet()

    world.run(story())


def test_c8_a_cohort_has_quota_of_its_own_and_a_limit(world, job):
    async def story():
        flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "50m"}]}
        spec = {"resourceGroups": [{"coveredResources": ["cpu"], "flavors": [flavor]}]}
        world.api.create({"apiVersion": V, "kind": "Cohort", "metadata": {"name": "co"}, "spec": spec}, manager="t")
        shop(world, cluster_queue("a"))
        submit(world, job, "j", "a", "151m")
        await world.until(lambda: conditions(world, "j").get("QuotaReserved", ("", "", ""))[2].endswith("maximum capacity (150m)"))
        submit(world, job, "k", "a", "150m")
        await world.until(lambda: runs(world, "k"))

    world.run(story())


def test_cohorts_in_a_circle_end_nowhere():
    circle = [{"metadata": {"name": one}, "spec": {"parentName": other}} for one, other in (("x", "y"), ("y", "x"))]
    snapshot = Snapshot([cluster_queue("a", cohort="x")], circle)
    assert snapshot.queues["a"].node.most(PLACE) == quantity.parse("100m")


# -- the arithmetic ----------------------------------------------------------------------------------------------------------------------

AMOUNT = st.integers(0, 9)
TREES = st.lists(st.tuples(AMOUNT, st.none() | AMOUNT, st.none() | AMOUNT), min_size=1, max_size=5)


@given(TREES, st.lists(st.tuples(st.integers(0, 4), AMOUNT), max_size=8))
def test_what_is_taken_and_given_back_leaves_no_trace(tree, uses):
    cohort = Node("co", {})
    nodes = []
    for index, (nominal, borrow, lend) in enumerate(tree):
        node = Node(str(index), {PLACE: Limits(nominal, borrow, lend)})
        node.parent = cohort
        cohort.queues.append(node)
        nodes.append(node)
    before = [node.free(PLACE) for node in nodes]
    taken = [(nodes[index % len(nodes)], amount) for index, amount in uses]
    for node, amount in taken:
        node.take({PLACE: amount})
    assert cohort.used(PLACE) == sum(max(0, node.used(PLACE) - node.kept(PLACE)) for node in nodes)
    for node, amount in reversed(taken):
        node.give({PLACE: amount})
    assert [node.free(PLACE) for node in nodes] == before


def held(name, queue, cpu, rank, at):
    use = [{"name": "main", "count": 1, "flavors": {"cpu": "fl"}, "resourceUsage": {"cpu": str(cpu)}}]
    reserved = {"type": "QuotaReserved", "status": "True", "lastTransitionTime": f"2026-01-01T00:00:{at:02d}Z"}
    meta = {"name": name, "uid": name, "namespace": "n", "creationTimestamp": f"2026-01-01T00:00:{at:02d}Z"}
    pods = [{"name": "main", "count": 1, "template": {"spec": {}}}]
    status = {"admission": {"clusterQueue": queue, "podSetAssignments": use}, "conditions": [reserved]}
    return {"metadata": meta, "spec": {"priority": rank, "podSets": pods}, "status": status}


POLICIES = st.sampled_from(["Never", "LowerPriority", "Any"])
HOLDERS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.integers(0, 3)), max_size=9)


@given(HOLDERS, st.integers(1, 9), st.integers(0, 3), POLICIES, st.sampled_from(["Never", "LowerPriority"]), st.booleans())
def test_c8_who_gives_way_is_few_enough_and_allowed_to(holders, wish, rank, reclaim, within, borrows):
    preemption = {"reclaimWithinCohort": reclaim, "withinClusterQueue": within}
    if borrows and reclaim != "Never":
        preemption["borrowWithinCohort"] = {"policy": "LowerPriority"}
    queues = [cluster_queue("a", "4", preemption=preemption), cluster_queue("b", "4"), cluster_queue("c", "4")]
    workloads = [held(f"w{index}", queue, cpu, level, index) for index, (queue, cpu, level) in enumerate(holders)]
    snapshot = Snapshot(queues, (), workloads)
    queue, new = snapshot.queues["a"], held("new", "a", wish, rank, 59)
    wanted = {PLACE: wish * quantity.ONE}
    assume(queue.node.free(PLACE) < wanted[PLACE])
    usage = {name: dict(item.node.usage) for name, item in snapshot.queues.items()}
    targets = Preemptor(snapshot, queue, new).targets(wanted, {PLACE})
    assert {name: dict(item.node.usage) for name, item in snapshot.queues.items()} == usage, "the look changes nothing"
    if not targets:
        return
    for target in targets:
        target.holder.queue.node.give(target.holder.usage)
        own = target.holder.queue is queue
        assert (target.reason == "InClusterQueue") is own
        level = target.holder.workload["spec"]["priority"]
        assert level < rank or (not own and reclaim == "Any")
    assert queue.node.free(PLACE) >= wanted[PLACE]
    for target in targets:
        target.holder.queue.node.take(target.holder.usage)
        fair = [item for item in targets if item.reason == "InCohortReclamation"]
        assert queue.node.free(PLACE) < wanted[PLACE] or (fair and queue.node.borrows(PLACE, wanted[PLACE])), "each of them is needed"
        target.holder.queue.node.give(target.holder.usage)
