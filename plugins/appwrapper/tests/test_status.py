"""From phase, conditions and pods to Arena's words, with reasons from the whole chain: AppWrapper, Workload, inner job, PodGroup, pods."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from arena_appwrapper import status as state
from arena_core.contract.types import Find, Phase
from arena_core.registry import Registry
from arena_core.testing.lifecycles import read_words, statuses_of, words_of
from arena_core.testing.seen import seen

HANDLE = Registry(environ={}).get("appwrapperjob")
WORDS = read_words(Path(__file__).parent / "data" / "words.txt")


def members(objects, name):
    """Return (pods, everything else that belongs to an AppWrapper), as the finders of the plugin would find them."""
    labelled = [(k, o) for (k, _), o in objects.items() if o["metadata"].get("labels", {}).get(state.LABEL) == name]
    workloads = [o for (k, _), o in objects.items() if k == "Workload" and name in str(o["metadata"].get("ownerReferences"))]
    pods = [o for k, o in labelled if k == "Pod"]
    return pods, [*workloads, *(o for k, o in labelled if k not in ("Pod", "AppWrapper"))]


def status(name):
    return lambda job, objects: HANDLE.status(seen(job, *members(objects, name)))


def told(recording, name):
    """Return the status after each step at which it changed."""
    return [found for found, _ in itertools.groupby(statuses_of(recording["timeline"], "AppWrapper", status(name), name))]


def load(shared, scenario):
    return json.loads((shared / "recordings" / "appwrapper" / f"{scenario}.json").read_text())


@pytest.mark.parametrize(("scenario", "name", "expected"), WORDS, ids=[f"{w[0]}-{w[1]}" for w in WORDS])
def test_words_of_a_life_cycle(scenario, name, expected, shared):
    assert words_of(load(shared, scenario)["timeline"], "AppWrapper", status(name), name) == expected


def test_every_recorded_life_cycle_stands_in_the_table(shared):
    recorded = set()
    for file in (shared / "recordings" / "appwrapper").glob("*.json"):
        timeline = json.loads(file.read_text())["timeline"]
        recorded |= {(file.stem, e["name"]) for e in timeline if e["kind"] == "AppWrapper" and e["type"] == "ADDED"}
    assert recorded == {(w[0], w[1]) for w in WORDS}


def test_every_recorded_status_has_a_phase(shared):
    rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == "AppWrapper"]
    assert len(rows) > 150
    for row in rows:
        job = {"kind": "AppWrapper", "metadata": {"name": "w"}, "spec": {}, "status": row["status"]}
        found = HANDLE.status(seen(job))
        exact = (row["status"] or {}).get("phase", "")
        assert found.exact == (exact or "New")
        assert found.phase is not Phase.UNKNOWN or exact == "Terminating"
        assert found.phase.finished == (exact in ("Succeeded", "Failed")) == bool(found.end)


# --- reasons, from the recordings


@pytest.mark.parametrize(
    ("scenario", "name", "exact", "reason", "words"),
    [
        ("aw-create-invalid", "w", "Failed", "CreateFailed", "Bad_Name"),
        ("aw-create-exists", "w", "Failed", "CreateFailed", "exists, but is not controlled by appwrapper"),
        ("aw-create-forbidden", "w", "Failed", "CreateFailed", "forbidden"),
        ("aw-create-refused-volcano", "w", "Failed", "CreateFailed", "unable to find job queue"),
        ("aw-create-refused-volcano", "w", "Resetting", "CreateFailed", "retry 1 of 1"),
        ("aw-missing-component", "w", "Failed", "MissingComponent", "Only found 0 deployed components"),
        ("aw-pytorch-fails-retry", "w", "Resetting", "FailedComponent", "retry 1 of 1: Found 1 failed components"),
        ("aw-warmup-grace", "w", "Failed", "InsufficientPodsReady", "1 pods pending"),
        ("aw-retrylimit-0", "w", "Failed", "FoundFailedPods", ""),
        ("aw-kueue-queue-missing", "w", "Suspended", "Inadmissible", "LocalQueue"),
        ("aw-kueue-quota-wait", "second", "Suspended", "Pending", "insufficient unused quota"),
        ("aw-delete-running", "w", "Terminating", "Terminating", "deleted"),
        ("aw-unschedulable", "w", "Running", "Unschedulable", "didn't match"),
    ],
)
def test_reason_of_the_link_that_knows(scenario, name, exact, reason, words, shared):
    found = [s for s in told(load(shared, scenario), name) if s and s.exact == exact]
    assert any(s.reason == reason and words in s.message for s in found), {(s.reason, s.message) for s in found}


def test_reason_of_a_gang_that_waits(shared):
    found = [s for s in told(load(shared, "aw-admission-grace-nopods"), "w") if s and s.exact == "Running"]
    assert {s.phase for s in found} == {Phase.PENDING}


@pytest.mark.parametrize("scenario", ["aw-pytorch-success", "aw-volcano-success", "aw-tfjob-success"])
def test_times_and_instances_of_a_success(scenario, shared):
    *_, last = told(load(shared, scenario), "w")
    assert last.phase is Phase.SUCCEEDED and last.replicas == len(last.instances) == 2
    assert sum(i.chief for i in last.instances) == 1 and last.instances[0].chief
    assert last.start and last.end and last.start < last.end
    assert last.end == max(i.finished for i in last.instances)
    assert all(i.role and i.index is not None for i in last.instances)


def test_a_finished_job_stands_still(shared):
    """Also when its pods are gone: the fork's duration grows for ever, and that of a failed job is 0."""
    for scenario in ("aw-success-ttl", "aw-retrylimit-0"):
        finished = [s for s in told(load(shared, scenario), "w") if s.phase.finished]
        assert len({(s.end) for s in finished}) <= 2 and all(s.end for s in finished)
        assert not finished[-1].instances


# --- the chain by hand


def wrapper(phase="Running", labels=None, conditions=(), **status):
    template = {
        "apiVersion": "batch.volcano.sh/v1alpha1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {
            "tasks": [
                {
                    "name": "worker",
                    "replicas": 4,
                    "template": {"spec": {"containers": [{"name": "c", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}},
                }
            ]
        },
    }
    component = {"podSets": [{"path": "template.spec.tasks[0].template", "replicas": 4}], "template": template}
    return {
        "apiVersion": "workload.codeflare.dev/v1beta2",
        "kind": "AppWrapper",
        "metadata": {"name": "j", "uid": "u", "labels": labels or {}},
        "spec": {"suspend": phase == "Suspended", "components": [component]},
        "status": {"phase": phase, "conditions": list(conditions), **status},
    }


def condition(type, status="True", reason="R", message="m"):
    return {"type": type, "status": status, "reason": reason, "message": message, "lastTransitionTime": "2026-01-01T00:01:00Z"}


def test_four_times_one_gpu_is_four():
    found = HANDLE.status(seen(wrapper()))
    assert (found.phase, found.replicas, dict(found.requests)) == (Phase.PENDING, 4, {"nvidia.com/gpu": 4})
    (pod_set,) = HANDLE.pod_sets(wrapper())
    assert (pod_set.path, pod_set.replicas) == ("spec.components[0].template.spec.tasks[0].template", 4)


def test_pod_group_that_waits_is_the_reason():
    group = {
        "apiVersion": "scheduling.volcano.sh/v1beta1",
        "kind": "PodGroup",
        "metadata": {"name": "j-uid"},
        "status": {"conditions": [condition("Unschedulable", reason="NotEnoughResources", message="3/4 tasks in gang unschedulable")]},
    }
    found = HANDLE.status(seen(wrapper(), (), [group]))
    assert (found.phase, found.reason) == (Phase.PENDING, "NotEnoughResources") and "3/4 tasks" in found.message
    assert "3/4 tasks" in " ".join(c.message for c in HANDLE.explain(seen(wrapper(), (), [group])))


def test_workload_in_the_queue_is_the_reason():
    labels = {"kueue.x-k8s.io/queue-name": "q"}
    message = "couldn't assign flavors to pod set j-0: insufficient quota for nvidia.com/gpu in flavor default"
    workload = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "Workload",
        "metadata": {"name": "w"},
        "status": {"conditions": [condition("QuotaReserved", "False", "Pending", message)]},
    }
    found = HANDLE.status(seen(wrapper("Suspended", labels), (), [workload]))
    assert (found.phase, found.reason, found.message) == (Phase.QUEUING, "Pending", message)  # W16
    (first, *_) = HANDLE.explain(seen(wrapper("Suspended", labels), (), [workload]))
    assert message in first.message
    alone = HANDLE.status(seen(wrapper("Suspended", labels)))
    assert alone.phase is Phase.QUEUING and "queue q" in alone.message


def test_component_that_could_not_be_created_is_named():
    part = {"kind": "Job", "name": "j", "conditions": [condition("ResourcesDeployed", "False", "ComponentCreationErrored")]}
    sick = [condition("Unhealthy", reason="CreateFailed", message="jobs.batch.volcano.sh is forbidden")]
    causes = HANDLE.explain(seen(wrapper("Failed", conditions=sick, componentStatus=[part])))
    assert "jobs.batch.volcano.sh is forbidden" in causes[0].message
    assert any("Job j could not be created" in c.message and "cluster-setup" in c.hint for c in causes)


def test_what_is_asked_of_the_cluster():
    queued = wrapper(labels={"kueue.x-k8s.io/queue-name": "q"})
    workload, inner = HANDLE.related(seen(queued))
    assert workload.resource.key == "workloads.kueue.x-k8s.io" and workload.label_selector == "kueue.x-k8s.io/job-uid=u"
    assert inner == Find(Registry(environ={}).get("volcanojob").job_type.resource, label_selector=f"{state.LABEL}=j", inner=True)
    actual = {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": {"name": "j", "uid": "i"}}
    *_, group = HANDLE.related(seen(queued, (), [actual]))
    assert (group.resource.key, group.owner_uid) == ("podgroups.scheduling.volcano.sh", "i"), "what the type inside asks for"


# --- the kinds of findings/why.md


def failed_pod(name, code=3):
    ended = {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": "2026-01-01T00:02:00Z"}}
    labels = {state.LABEL: "j", "volcano.sh/task-spec": "worker", "volcano.sh/task-index": name[-1]}
    statuses = [{"name": "c", "state": ended}]
    return {"metadata": {"name": name, "labels": labels}, "status": {"phase": "Failed", "containerStatuses": statuses}}


def test_a_failed_pod_is_told_before_the_operator_has_judged_it():  # W6
    job = wrapper(conditions=[condition("ResourcesDeployed"), condition("PodsReady")], resettingCount=1)
    pods = [failed_pod("j-worker-1"), *({**failed_pod(f"j-worker-{i}"), "status": {"phase": "Running"}} for i in (0, 2, 3))]
    found = HANDLE.status(seen(job, pods))
    assert (found.phase, found.reason) == (Phase.RUNNING, "FailedPods")
    assert "1 of 4 instances failed, j-worker-1 first, exit code 3" in found.message and "retry 1 of 3" in found.message
    (first, *_) = HANDLE.explain(seen(job, pods))
    assert first.message == found.message


def test_a_job_that_is_being_suspended_says_why():  # N6
    labels = {"kueue.x-k8s.io/queue-name": "q"}
    preempted = condition("Evicted", "True", "Preempted", "Preempted to accommodate a workload (UID: u2)")
    workload = {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "Workload",
        "metadata": {"name": "w"},
        "status": {"conditions": [preempted, condition("QuotaReserved", "False", "Pending", "")]},
    }
    found = HANDLE.status(seen(wrapper("Suspending", labels), (), [workload]))
    assert (found.phase, found.reason) == (Phase.QUEUING, "Preempted") and "Preempted to accommodate" in found.message
    causes = HANDLE.explain(seen(wrapper("Suspending", labels), (), [workload]))
    assert "Preempted to accommodate" in causes[0].message
    by_hand = HANDLE.explain(seen(wrapper("Suspending")))
    assert by_hand and "suspended" in by_hand[0].message


def test_a_wrapper_without_all_of_its_pods_does_not_run():  # W1
    some = [{**failed_pod("j-worker-0"), "status": {"phase": "Running"}}]
    assert HANDLE.status(seen(wrapper(), some)).phase is Phase.PENDING
    assert HANDLE.status(seen(wrapper(), None)).phase is Phase.RUNNING, "nobody has looked"


def test_a_failed_job_keeps_its_start_when_its_pods_are_gone():  # W7
    sick = condition("Unhealthy", reason="FoundFailedPods", message="")
    gone = condition("ResourcesDeployed", "False", "Failed", "Resources deleted for failed AppWrapper")
    ready = {**condition("PodsReady", "False", "Resuming"), "lastTransitionTime": "2026-01-01T00:00:10Z"}
    found = HANDLE.status(seen(wrapper("Failed", conditions=[sick, gone, ready])))
    assert (found.start, found.end) == ("2026-01-01T00:00:10Z", "2026-01-01T00:01:00Z")
    job = wrapper("Failed", conditions=[sick, gone])
    job["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    assert HANDLE.status(seen(job)).start == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("reason", "message", "words", "unsaid"),
    [
        (
            "CreateFailed",
            'error creating components: no matches for kind "Thing" in version "example.com/v1"',
            "Thing is not installed",
            "rights",
        ),
        ("MissingComponent", "Only found 0 deployed components, but was expecting 1", "deleted by somebody", "grace"),
        ("InsufficientPodsReady", "0 pods pending; 0 pods running", "not all ready in time", "deletion"),
    ],
)
def test_the_way_out_fits_the_cause(reason, message, words, unsaid):  # W8, N16
    part = {"kind": "Thing", "name": "j", "conditions": [condition("ResourcesDeployed", "False", "ComponentCreationErrored", "")]}
    parts = [part] if reason == "CreateFailed" else []
    job = wrapper("Failed", conditions=[condition("Unhealthy", reason=reason, message=message)], componentStatus=parts)
    causes = HANDLE.explain(seen(job))
    assert words in causes[0].message
    assert not [c for c in causes if unsaid in c.hint]


def test_exit_codes_that_are_final_say_why_it_was_not_tried_again():  # N16
    job = wrapper("Failed", conditions=[condition("Unhealthy", reason="FailedComponent", message="Found 1 failed components")])
    job["metadata"]["annotations"] = {"workload.codeflare.dev.appwrapper/terminalExitCodes": "5"}
    (cause,) = HANDLE.explain(seen(job))
    assert "it was not tried again: 5 is" in cause.message


def test_between_two_runs_it_says_when_the_next_starts():  # N20
    job = wrapper("Resetting", conditions=[condition("Unhealthy", reason="FailedComponent", message="Found 1")], resettingCount=1)
    job["metadata"]["annotations"] = {"workload.codeflare.dev.appwrapper/retryPausePeriodDuration": "7s"}
    (cause,) = HANDLE.explain(seen(job))
    assert "retry 1 of 3" in cause.message and "7s" in cause.hint
