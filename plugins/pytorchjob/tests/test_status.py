"""From conditions and pods to Arena's words: every recorded life cycle step by step, every recorded status, arbitrary JSON."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.types import Find, LogQuery, Phase
from arena_pytorchjob import plugin

AREA, KIND = "pytorchjob", "PyTorchJob"
WORDS = [
    line.split()
    for line in (Path(__file__).parent / "data" / "words.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]


def walk(obj, pointer):
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for key in way:
        obj = obj[int(key)] if isinstance(obj, list) else obj.setdefault(key, {})
    return obj, int(last) if isinstance(obj, list) else last


def apply(obj, entry):
    for pointer in entry.get("removed") or ():
        place, key = walk(obj, pointer)
        del place[key]
    for pointer, value in (entry.get("set") or {}).items():
        place, key = walk(obj, pointer)
        if isinstance(place, list) and key >= len(place):
            place.append(copy.deepcopy(value))
        else:
            place[key] = copy.deepcopy(value)


def words_of(recording):
    """Return what a user would read at each step of a recording, repeats left out."""
    objects, words = {}, []
    for entry in recording["timeline"]:
        key = entry["kind"], entry["name"]
        if entry["type"] == "ADDED":
            objects[key] = copy.deepcopy(entry["object"])
        elif entry["type"] == "DELETED":
            gone = objects.pop(key, None)
            if gone and key[0] == KIND:
                words.append("gone")
        elif key in objects:
            apply(objects[key], entry)
        for (kind, _), job in objects.items():
            if kind == KIND:
                uid = job["metadata"]["uid"]
                owned = [
                    p for (k, _), p in objects.items() if k == "Pod" and uid in [r["uid"] for r in p["metadata"].get("ownerReferences", [])]
                ]
                word = plugin.arena_job_status(job, owned, [], None).phase.value
                if not words or words[-1] != word:
                    words.append(word)
    return words


@pytest.mark.parametrize(("scenario", "kind", "expected"), [(w[0], w[1], w[2:]) for w in WORDS], ids=[w[0] for w in WORDS])
def test_words_of_a_life_cycle(scenario, kind, expected, shared):
    area = "pytorchjob" if scenario.startswith("pt-") else "tfjob"
    assert words_of(json.loads((shared / "recordings" / area / f"{scenario}.json").read_text())) == expected


def test_every_recorded_life_cycle_stands_in_the_table(shared):
    recorded = set()
    for file in (shared / "recordings" / AREA).glob("*.json"):
        if any(e["kind"] == KIND and e["type"] == "ADDED" for e in json.loads(file.read_text())["timeline"]):
            recorded.add(file.stem)
    assert recorded <= {w[0] for w in WORDS}


def test_every_recorded_status_has_a_phase(shared):
    rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == KIND]
    assert len(rows) > 50
    for row in rows:
        job = {"kind": KIND, "metadata": {"name": "j"}, "spec": {}, "status": row["status"]}
        found = plugin.arena_job_status(job, [], [], None)
        true = {c["type"] for c in (row["status"] or {}).get("conditions", []) if c["status"] == "True"}
        if found.phase.finished:
            assert found.phase.value.capitalize() in true and found.end
        assert found.phase is not Phase.UNKNOWN
        # The message of a condition that is over is never shown.
        listed = (row["status"] or {}).get("conditions", [])
        over = {c["message"] for c in listed if c["status"] == "False"} - {c["message"] for c in listed if c["status"] == "True"}
        assert not found.message or found.message not in over


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "metadata",
                    "spec",
                    "status",
                    "conditions",
                    "type",
                    "status",
                    "reason",
                    "message",
                    "labels",
                    "name",
                    "replicas",
                    "template",
                    "pytorchReplicaSpecs",
                    "tfReplicaSpecs",
                    "Master",
                    "Worker",
                    "containers",
                    "resources",
                    "limits",
                    "nvidia.com/gpu",
                    "runPolicy",
                    "suspend",
                    "phase",
                    "containerStatuses",
                    "state",
                    "startTime",
                    "completionTime",
                    "uid",
                    "ownerReferences",
                    "schedulingPolicy",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(job=JSON, pods=st.lists(JSON, max_size=3), related=st.lists(JSON, max_size=3))
def test_takes_whatever_comes(job, pods, related):
    found = plugin.arena_job_status(job, pods, related, None)
    assert isinstance(found.phase, Phase)
    assert len(found.instances) == sum(isinstance(p, dict) for p in pods)
    plugin.arena_pod_sets(job)
    list(plugin.arena_explain(job, pods, related, None))
    for other in plugin.arena_job_type().related:
        assert isinstance(other.find(job), Find | None)


def job_with(status=None, labels=None, **spec):
    meta = {"name": "j", "namespace": "n", "uid": "u", "labels": labels or {}}
    return {"apiVersion": "kubeflow.org/v1", "kind": KIND, "metadata": meta, "spec": spec, "status": status or {}}


def condition(kind, message="m", status="True"):
    return {"type": kind, "status": status, "reason": KIND + kind, "message": message, "lastTransitionTime": "2026-01-01T00:01:00Z"}


def pod(name, role, index, phase="Running", **labels):
    own = {"training.kubeflow.org/replica-type": role, "training.kubeflow.org/replica-index": str(index), **labels}
    return {"metadata": {"name": name, "labels": own}, "spec": {"containers": [{"name": "pytorch"}]}, "status": {"phase": phase}}


def test_queue_of_kueue_shows_as_queuing_with_its_reason():
    job = job_with({"conditions": [condition("Created"), condition("Suspended")]}, {"kueue.x-k8s.io/queue-name": "q"})
    workload = {
        "apiVersion": "kueue.x-k8s.io/v1beta1",
        "kind": "Workload",
        "metadata": {"name": "w"},
        "status": {
            "conditions": [{"type": "QuotaReserved", "status": "False", "reason": "Pending", "message": "insufficient quota for cpu"}]
        },
    }
    found = plugin.arena_job_status(job, [], [workload], None)
    assert (found.phase, found.message) == (Phase.QUEUING, "insufficient quota for cpu")
    assert "insufficient quota" in " ".join(c.message for c in plugin.arena_explain(job, [], [workload], None))
    assert plugin.arena_job_status(job_with({"conditions": [condition("Suspended")]}), [], [], None).phase is Phase.SUSPENDED


def test_failed_without_a_completion_time_ends_with_its_condition():
    found = plugin.arena_job_status(job_with({"startTime": "2026-01-01T00:00:00Z", "conditions": [condition("Failed")]}), [], [], None)
    assert (found.start, found.end) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")


def test_chief_first_and_gpus_of_all_replicas():
    container = {"name": "pytorch", "resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "1"}}}
    template = {"spec": {"containers": [container], "priorityClassName": "high"}}
    specs = {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 3, "template": template}}
    job = job_with({"conditions": [condition("Running")]}, pytorchReplicaSpecs=specs)
    pods = [pod("j-worker-0", "worker", 0), pod("j-master-0", "master", 0, **{"training.kubeflow.org/job-role": "master"})]
    found = plugin.arena_job_status(job, pods, [], None)
    assert (found.phase, found.replicas, dict(found.requests), found.priority) == (Phase.RUNNING, 4, {"nvidia.com/gpu": 8}, "high")
    assert found.chief and found.chief.name == "j-master-0" and found.instances[0] is found.chief
    assert [i.short_name for i in found.instances] == ["master-0", "worker-0"]
    sets = {s.name: (s.path, s.replicas) for s in plugin.arena_pod_sets(job)}
    assert sets == {
        "master": ("spec.pytorchReplicaSpecs.Master.template", 1),
        "worker": ("spec.pytorchReplicaSpecs.Worker.template", 3),
    }


def test_pending_pod_makes_a_running_job_pending_and_says_why():
    waiting = pod("j-worker-0", "worker", 0, "Pending")
    waiting["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]
    job = job_with({"conditions": [condition("Running")]})
    found = plugin.arena_job_status(job, [waiting], [], None)
    assert (found.phase, found.reason) == (Phase.PENDING, "Unschedulable") and "0/1 nodes" in found.message


def test_gang_that_waits_is_explained():
    template = {"metadata": {"annotations": {"scheduling.k8s.io/group-name": "pytorchjob-j"}}}
    job = job_with(pytorchReplicaSpecs={"Master": {"template": template}})
    volcano, coscheduling = plugin.arena_job_type().related[1:]
    assert volcano.find(job) == Find(name="pytorchjob-j") and coscheduling.find(job) is None
    group = {"kind": "PodGroup", "metadata": {"name": "pytorchjob-j"}, "status": {"conditions": [condition("Unschedulable", "3/4 tasks")]}}
    assert "3/4 tasks" in [c.message for c in plugin.arena_explain(job, [], [group], None)]


def test_log_query_is_left_to_the_default():
    assert not hasattr(plugin, "arena_log_sources") and LogQuery()
