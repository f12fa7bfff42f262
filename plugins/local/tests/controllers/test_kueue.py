from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from arena_core.k8s import owners
from arena_local.kueue import defaults
from arena_local.sdk.bundle import ApiError
from arena_pytorchjob.local import BUNDLE as PYTORCH

_spec = importlib.util.spec_from_file_location("kueue_queues", Path(__file__).with_name("queues.py"))
queues = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(queues)
V, QUEUE = queues.V, queues.QUEUE
setup, workload, conditions, suspended = queues.setup, queues.workload, queues.conditions, queues.suspended
ranks = queues.ranks


def test_admitted_job_runs_and_finishes(world, job):
    async def story():
        setup(world)
        world.node.codes = lambda pod: (0, 0)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: "Finished" in conditions(world, "j"))
        found = conditions(world, "j")
        assert found["QuotaReserved"] == ("True", "QuotaReserved", "Quota reserved in ClusterQueue cq")
        assert found["Admitted"] == ("True", "Admitted", "The workload is admitted")
        assert found["Finished"] == ("True", "Succeeded", "Reached expected number of succeeded pods")
        await world.until(lambda: "finalizers" not in workload(world, "j")["metadata"])
        item = workload(world, "j")
        use = {"name": "main", "flavors": {"cpu": "fl"}, "resourceUsage": {"cpu": "50m"}, "count": 1}
        assert item["status"]["admission"] == {"clusterQueue": "cq", "podSetAssignments": [use]}
        pod = world.pods()[0]["metadata"]
        assert pod["annotations"] == {"kueue.x-k8s.io/workload": item["metadata"]["name"]}
        assert pod["labels"]["kueue.x-k8s.io/cluster-queue-name"] == "cq"
        told = [reason for reason, _ in world.events("Job", "j") if reason in ("CreatedWorkload", "Started", "FinishedWorkload")]
        assert told == ["CreatedWorkload", "Started", "FinishedWorkload"]
        await world.quiet()

    world.run(story())


def test_the_pods_of_a_complete_job_have_recovered(world, job):
    """Every recorded Workload of a Job that succeeded says so, whatever its pods looked like in between."""

    async def story():
        setup(world)
        made = job("j", labels=dict(QUEUE), requests={"cpu": "50m"})
        made["spec"]["managedBy"] = "example.com/nobody"
        world.api.create(made, manager="t")
        await world.until(lambda: not suspended(world, "j"))

        def status(**fields):
            live = world.api.get("jobs.batch", "default", "j")
            world.api.update_status({**live, "status": fields}, manager="t")

        start = {"startTime": workload(world, "j")["metadata"]["creationTimestamp"]}
        status(**start, active=1, ready=1)
        await world.until(lambda: conditions(world, "j").get("PodsReady", ("",))[0] == "True")
        status(**start, active=1, ready=0)
        await world.until(lambda: conditions(world, "j")["PodsReady"][:2] == ("False", "WaitForRecovery"))
        told = {"status": "True", "reason": "CompletionsReached", "message": "all", "lastTransitionTime": start["startTime"]}
        over = [{"type": kind, **told} for kind in ("SuccessCriteriaMet", "Complete")]
        status(**start, completionTime=start["startTime"], succeeded=1, conditions=over)
        await world.until(lambda: "Finished" in conditions(world, "j"))
        assert conditions(world, "j")["PodsReady"][:2] == ("True", "Recovered")

    world.run(story())


def test_waits_with_text_then_runs(world, job):
    async def story():
        setup(world)
        done = set()
        world.node.codes = lambda pod: (0, 0) if pod["metadata"]["name"].split("-")[0] in done else (0.02, 0) if done else None
        world.api.create(job("a", labels=dict(QUEUE), requests={"cpu": "80m"}), manager="t")
        await world.until(lambda: not suspended(world, "a"))
        world.api.create(job("b", labels=dict(QUEUE), requests={"cpu": "80m"}), manager="t")
        text = "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor fl, 60m more needed"
        await world.until(lambda: conditions(world, "b").get("QuotaReserved") == ("False", "Pending", text))
        assert workload(world, "b")["status"]["resourceRequests"] == [{"name": "main", "resources": {"cpu": "80m"}}]
        await world.until(lambda: world.api.get("localqueues.kueue.x-k8s.io", "default", "lq")["status"]["pendingWorkloads"] == 1)
        done.add("a")
        for pod in world.pods():
            world.api.patch("pods", "default", pod["metadata"]["name"], {"metadata": {"labels": {"poke": "1"}}}, manager="t")
        await world.until(lambda: not suspended(world, "b"))
        assert "resourceRequests" not in workload(world, "b")["status"]

    world.run(story())


@pytest.mark.parametrize(
    ("requests", "text"),
    [
        (
            {"cpu": "150m"},
            (
                "insufficient quota for cpu in flavor fl, previously considered podsets requests (0) + current podset request (150m)"
                " > maximum capacity (100m)"
            ),
        ),
        ({"cpu": "10m", "nvidia.com/gpu": "1"}, "resource nvidia.com/gpu unavailable in ClusterQueue"),
    ],
)
def test_never_fits(world, job, requests, text):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests=requests), manager="t")
        full = f"couldn't assign flavors to pod set main: {text}"
        await world.until(lambda: conditions(world, "j").get("QuotaReserved") == ("False", "Pending", full))
        assert suspended(world, "j")
        await world.quiet()

    world.run(story())


def test_preemption_of_lower_priority(world, job):
    async def story():
        setup(world, preemption={"withinClusterQueue": "LowerPriority"})
        ranks(world, low=10, high=1000)
        low, high = ({**QUEUE, "kueue.x-k8s.io/priority-class": name} for name in ("low", "high"))
        world.api.create(job("low", labels=low, requests={"cpu": "80m"}), manager="t")
        await world.until(lambda: conditions(world, "low").get("PodsReady", ("",))[0] == "True")
        again = []
        world.node.codes = lambda pod: (0, 0) if again else None
        world.api.create(job("high", labels=high, requests={"cpu": "80m"}), manager="t")
        await world.until(lambda: conditions(world, "low").get("Evicted", ("",))[0] == "True")
        await world.until(lambda: not suspended(world, "high"))
        found = conditions(world, "low")
        assert found["Preempted"][1] == "InClusterQueue"
        assert found["Requeued"][:2] == ("True", "Preempted")
        assert "kueue.x-k8s.io/podset" not in (
            world.api.get("jobs.batch", "default", "low")["spec"]["template"]["metadata"].get("labels") or {}
        )
        await world.until(lambda: [pod["status"].get("phase") for pod in world.pods()] == ["Running"])
        again.append("all")
        world.api.patch("pods", "default", world.pods()[0]["metadata"]["name"], {"metadata": {"labels": {"poke": "1"}}}, manager="t")
        await world.until(lambda: "Finished" in conditions(world, "low"))
        assert conditions(world, "low")["Evicted"][:2] == ("False", "QuotaReserved")
        await world.quiet()
        assert conditions(world, "low")["Preempted"][2].startswith("Previously: Preempted to accommodate a workload (UID: ")

    world.run(story())


@pytest.mark.parametrize(("strategy", "runs"), [("StrictFIFO", False), ("BestEffortFIFO", True)])
def test_strict_order_blocks_and_best_effort_passes(world, job, strategy, runs):
    async def story():
        setup(world, queueingStrategy=strategy)
        for name, cpu in (("run", "60m"), ("big", "80m"), ("small", "20m")):
            world.api.create(job(name, labels=dict(QUEUE), requests={"cpu": cpu}), manager="t")
            await world.until(lambda name=name: workload(world, name))
            world.pass_time(1)  # the age counts in whole seconds
        await world.until(lambda: "QuotaReserved" in conditions(world, "big") and "PodsReady" in conditions(world, "small"))
        if runs:
            await world.until(lambda: not suspended(world, "small"))
        await world.quiet()
        assert suspended(world, "small") != runs
        assert ("QuotaReserved" in conditions(world, "small")) == runs

    world.run(story())


def test_stopped_queue_drains_and_comes_back(world, job):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: conditions(world, "j").get("PodsReady", ("",))[0] == "True")
        policy = {"spec": {"stopPolicy": "HoldAndDrain"}}
        world.api.patch("clusterqueues.kueue.x-k8s.io", "", "cq", policy, manager="t")
        await world.until(lambda: conditions(world, "j")["QuotaReserved"][2] == "ClusterQueue cq is inactive")
        found = conditions(world, "j")
        assert found["Evicted"] == ("True", "ClusterQueueStopped", "The ClusterQueue is stopped")
        assert found["Requeued"] == ("False", "ClusterQueueStopped", "The ClusterQueue is stopped")
        assert suspended(world, "j")
        await world.quiet()
        world.api.patch("clusterqueues.kueue.x-k8s.io", "", "cq", {"spec": {"stopPolicy": "None"}}, manager="t")
        await world.until(lambda: not suspended(world, "j"))
        assert conditions(world, "j")["Requeued"][1] == "ClusterQueueRestarted"

    world.run(story())


def test_deactivated_by_hand_and_by_time_limit(world, job):
    async def story():
        setup(world)
        labels = {**QUEUE, "kueue.x-k8s.io/max-exec-time-seconds": "1"}
        world.api.create(job("limited", labels=labels, requests={"cpu": "10m"}), manager="t")
        world.api.create(job("hand", labels=dict(QUEUE), requests={"cpu": "10m"}), manager="t")
        await world.until(lambda: conditions(world, "hand").get("PodsReady", ("",))[0] == "True")
        name = workload(world, "hand")["metadata"]["name"]
        world.api.patch("workloads.kueue.x-k8s.io", "default", name, {"spec": {"active": False}}, manager="t")
        await world.until(lambda: conditions(world, "hand").get("Requeued", ("",))[0] == "False")
        assert conditions(world, "hand")["Evicted"] == ("True", "Deactivated", "The workload is deactivated")
        world.api.patch("workloads.kueue.x-k8s.io", "default", name, {"spec": {"active": True}}, manager="t")
        await world.until(lambda: not suspended(world, "hand"))
        assert conditions(world, "hand")["Requeued"] == ("True", "Reactivated", "The workload was reactivated")
        await world.until(lambda: conditions(world, "limited").get("Requeued", ("",))[0] == "False")
        text = "The workload is deactivated due to exceeding the maximum execution time"
        assert conditions(world, "limited")["Evicted"] == ("True", "DeactivatedDueToMaximumExecutionTimeExceeded", text)
        assert ("MaximumExecutionTimeExceeded", "The maximum execution time (1s) exceeded") in world.events(
            "Workload", workload(world, "limited")["metadata"]["name"]
        )

    world.run(story())


def test_missing_queue_and_missing_flavor_are_told(world, job):
    async def story():
        world.api.create(job("j", labels=dict(QUEUE)), manager="t")
        await world.until(lambda: conditions(world, "j").get("QuotaReserved", ("",) * 3)[2] == "LocalQueue lq doesn't exist")
        setup(world)
        await world.until(lambda: not suspended(world, "j"))

    world.run(story())


def test_user_who_unsuspends_is_overruled(world, job):
    async def story():
        setup(world, quota="10m")
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: "QuotaReserved" in conditions(world, "j"))
        world.api.patch("jobs.batch", "default", "j", {"spec": {"suspend": False}}, manager="t")
        await world.until(lambda: suspended(world, "j"))
        await world.until(lambda: ("Stopped", "Not admitted by cluster queue") in world.events("Job", "j"))

    world.run(story())


def test_default_queue_of_namespace_and_deleting(world, job):
    async def story():
        setup(world, quota="10m", name="default")
        world.api.create(job("j", requests={"cpu": "50m"}), manager="t")
        assert world.api.get("jobs.batch", "default", "j")["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "default"
        await world.until(lambda: workload(world, "j"))
        world.api.delete("jobs.batch", "default", "j", manager="t")
        await world.until(lambda: workload(world, "j") is None)

    world.run(story())


def test_queue_label_of_a_running_job_is_immutable(world, job):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: not suspended(world, "j"))
        with pytest.raises(ApiError) as refused:
            world.api.patch("jobs.batch", "default", "j", {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "x"}}}, manager="t")
        text = 'metadata.labels[kueue.x-k8s.io/queue-name]: Invalid value: "x": field is immutable'
        assert refused.value.message == f'admission webhook "vjob.kb.io" denied the request: {text}'

    world.run(story())


def test_negative_quota_is_refused_and_used_queues_stay(world, job):
    async def story():
        with pytest.raises(ApiError) as refused:
            setup(world, quota="-1")
        assert 'nominalQuota: Invalid value: "-1": must be greater than or equal to 0' in refused.value.message
        world.api.delete("resourceflavors.kueue.x-k8s.io", "", "fl", manager="t")
        await world.until(lambda: not world.api.list("resourceflavors.kueue.x-k8s.io"))
        setup(world)
        world.api.delete("resourceflavors.kueue.x-k8s.io", "", "fl", manager="t")
        await world.until(world.manager.idle)
        assert world.api.list("resourceflavors.kueue.x-k8s.io"), "a ClusterQueue still refers to it"
        world.api.delete("clusterqueues.kueue.x-k8s.io", "", "cq", manager="t")
        await world.until(lambda: not world.api.list("resourceflavors.kueue.x-k8s.io"))

    world.run(story())


def test_up_with_quota_makes_the_default_queue(world, job):
    async def story():
        defaults.apply(world.api, {"nvidia.com/gpu": "2"})
        queue = {"kueue.x-k8s.io/queue-name": "default-queue"}
        world.api.create(job("j", labels=queue, requests={"cpu": "1", "nvidia.com/gpu": "4"}), manager="t")
        await world.until(lambda: "maximum capacity (2)" in conditions(world, "j").get("QuotaReserved", ("",) * 3)[2])
        defaults.apply(world.api, {"nvidia.com/gpu": "8"})
        await world.until(lambda: not suspended(world, "j"))

    world.run(story())


def test_workload_deleted_by_hand_is_made_again(world, job):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: world.pods())
        first = workload(world, "j")["metadata"]
        world.api.delete("workloads.kueue.x-k8s.io", "default", first["name"], manager="t")
        await world.until(lambda: workload(world, "j") and workload(world, "j")["metadata"]["uid"] != first["uid"] and world.pods())
        told = [text for reason, text in world.events("Job", "j") if reason == "Stopped"]
        assert told == ["Workload is deleted"]
        await world.until(lambda: not suspended(world, "j"))

    world.run(story())


def test_running_job_that_grows_is_queued_anew(world, job):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "30m"}, parallelism=1), manager="t")
        await world.until(lambda: world.pods())
        world.api.patch("jobs.batch", "default", "j", {"spec": {"parallelism": 4}}, manager="t")
        await world.until(lambda: workload(world, "j") and workload(world, "j")["spec"]["podSets"][0]["count"] == 4)
        found = world.events("Job", "j")
        assert ("Stopped", "No matching Workload; restoring pod templates according to existent Workload") in found
        assert [text.split(":")[0] for reason, text in found if reason == "DeletedWorkload"] == ["Deleted not matching Workload"]
        await world.until(lambda: conditions(world, "j").get("QuotaReserved", ("",))[0] == "False")
        assert suspended(world, "j")
        await world.quiet()

    world.run(story())


@pytest.mark.parametrize(("together", "completions"), [(False, 6), (True, 3)])
def test_job_that_may_run_with_fewer_pods(world, job, together, completions):
    async def story():
        setup(world)
        new = job("j", labels=dict(QUEUE), requests={"cpu": "30m"}, parallelism=6, completions=6, completionMode="Indexed")
        new["metadata"]["annotations"] = {"kueue.x-k8s.io/job-min-parallelism": "2"}
        if together:
            new["metadata"]["annotations"]["kueue.x-k8s.io/job-completions-equal-parallelism"] = "true"
        world.api.create(new, manager="t")
        await world.until(lambda: not suspended(world, "j"))
        spec = world.api.get("jobs.batch", "default", "j")["spec"]
        assert (spec["parallelism"], spec["completions"]) == (3, completions)
        item = workload(world, "j")
        assert (item["spec"]["podSets"][0]["minCount"], item["spec"]["podSets"][0]["count"]) == (2, 6)
        assert item["status"]["admission"]["podSetAssignments"][0] == {
            "name": "main",
            "count": 3,
            "flavors": {"cpu": "fl"},
            "resourceUsage": {"cpu": "90m"},
        }
        await world.until(lambda: len(world.pods()) == 3)
        world.api.patch("clusterqueues.kueue.x-k8s.io", "", "cq", {"spec": {"stopPolicy": "HoldAndDrain"}}, manager="t")
        await world.until(lambda: suspended(world, "j"))
        await world.until(lambda: world.api.get("jobs.batch", "default", "j")["spec"]["parallelism"] == 6)
        assert workload(world, "j")["metadata"]["uid"] == item["metadata"]["uid"]
        await world.quiet()

    world.run(story())


def test_namespace_that_a_queue_does_not_select(world, job):
    async def story():
        setup(world, namespaceSelector={"matchLabels": {"team": "x"}})
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        text = "workload namespace doesn't match ClusterQueue selector"
        await world.until(lambda: conditions(world, "j").get("QuotaReserved") == ("False", "Pending", text))
        world.api.patch("namespaces", "", "default", {"metadata": {"labels": {"team": "x"}}}, manager="t")
        await world.until(lambda: not suspended(world, "j"))

    world.run(story())


def test_priority_class_of_a_running_job_changes(world, job):
    async def story():
        setup(world)
        ranks(world, low=1, high=9)
        world.api.create(job("j", labels={**QUEUE, "kueue.x-k8s.io/priority-class": "low"}, requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: not suspended(world, "j"))
        world.api.patch("jobs.batch", "default", "j", {"metadata": {"labels": {"kueue.x-k8s.io/priority-class": "high"}}}, manager="t")
        await world.until(lambda: workload(world, "j")["spec"]["priority"] == 9)
        name = workload(world, "j")["metadata"]["name"]
        await world.until(lambda: ("UpdatedWorkload", f"Updated workload priority class: default/{name}") in world.events("Job", "j"))
        assert not suspended(world, "j")

    world.run(story())


@pytest.mark.parametrize(
    ("value", "why"), [("soon", '"soon": strconv.Atoi: parsing "soon": invalid syntax'), ("0", "0: should be greater than 0")]
)
def test_time_limit_that_is_none(world, job, value, why):
    label = "kueue.x-k8s.io/max-exec-time-seconds"
    with pytest.raises(ApiError) as refused:
        world.api.create(job("j", labels={**QUEUE, label: value}), manager="t")
    assert refused.value.message.endswith(f"metadata.labels[{label}]: Invalid value: {why}")


def test_role_without_a_template_is_refused_and_no_error(make_world):
    world = make_world(bundles=(PYTORCH,))
    spec = {"pytorchReplicaSpecs": {"Worker": {"replicas": 1}}}
    meta = {"name": "j", "namespace": "default", "labels": dict(QUEUE)}
    with pytest.raises(ApiError) as refused:
        world.api.create({"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": meta, "spec": spec}, manager="t")
    assert refused.value.code in (403, 422)


def test_deactivated_while_it_waits(world, job):
    async def story():
        setup(world, "10m")
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: "QuotaReserved" in conditions(world, "j"))
        before, name = conditions(world, "j")["QuotaReserved"], workload(world, "j")["metadata"]["name"]
        world.api.patch("workloads.kueue.x-k8s.io", "default", name, {"spec": {"active": False}}, manager="t")
        await world.until(lambda: conditions(world, "j").get("Evicted", ("", ""))[:2] == ("True", "Deactivated"))
        await world.quiet()
        assert conditions(world, "j")["QuotaReserved"] == before and "Requeued" not in conditions(world, "j")
        world.api.patch("workloads.kueue.x-k8s.io", "default", name, {"spec": {"active": True}}, manager="t")
        flavor = {"name": "fl", "resources": [{"name": "cpu", "nominalQuota": "1"}]}
        groups = {"spec": {"resourceGroups": [{"coveredResources": ["cpu"], "flavors": [flavor]}]}}
        world.api.patch("clusterqueues.kueue.x-k8s.io", "", "cq", groups, manager="t")
        await world.until(lambda: not suspended(world, "j"))
        assert conditions(world, "j")["Evicted"] == ("False", "QuotaReserved", "Previously: The workload is deactivated")

    world.run(story())


def test_a_job_made_by_a_queued_one_ends_with_its_admission(world, job):
    """As Kueue suspends what an AppWrapper has left behind that has succeeded."""

    async def story():
        setup(world)
        done = []
        world.node.codes = lambda pod: (0, 0) if done and pod["metadata"]["name"].startswith("parent") else None
        world.api.create(job("parent", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: world.pods())
        child = job("child")
        child["metadata"]["ownerReferences"] = [owners.reference(world.api.get("jobs.batch", "default", "parent"))]
        world.api.create(child, manager="t")
        await world.until(lambda: len(world.pods()) == 2)
        await world.quiet()
        assert not suspended(world, "child")
        done.append("parent")
        pod = next(pod for pod in world.pods() if pod["metadata"]["name"].startswith("parent"))
        world.api.patch("pods", "default", pod["metadata"]["name"], {"metadata": {"labels": {"poke": "1"}}}, manager="t")
        await world.until(lambda: suspended(world, "child"))
        assert ("Suspended", "Kueue managed child job suspended") in world.events("Job", "child")
        await world.quiet()

    world.run(story())


def test_amounts_in_a_workload_are_written_as_a_typed_client_does(world, job):
    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": 0.05}), manager="t")
        await world.until(lambda: workload(world, "j"))
        template = workload(world, "j")["spec"]["podSets"][0]["template"]
        assert template["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "50m"}

    world.run(story())


def test_a_queue_whose_name_cannot_be_is_refused(world, job):
    """C8, as recorded of a JobSet: Kueue checks the label of every kind of job."""
    setup(world)
    with pytest.raises(ApiError, match='Invalid value: "Not_Good": a lowercase RFC 1123 subdomain must consist of'):
        world.api.create(job("j", labels={"kueue.x-k8s.io/queue-name": "Not_Good"}), manager="t")


def test_a_job_that_runs_gets_no_priority_class_of_kueue(world, job):
    """C8, as recorded of a JobSet."""

    async def story():
        setup(world)
        world.api.create(job("j", labels=dict(QUEUE), requests={"cpu": "50m"}), manager="t")
        await world.until(lambda: not suspended(world, "j"))
        with pytest.raises(ApiError, match="WorkloadPriorityClass cannot be added to a non-suspended workload"):
            world.api.patch("jobs.batch", "default", "j", {"metadata": {"labels": {"kueue.x-k8s.io/priority-class": "x"}}}, manager="t")

    world.run(story())
