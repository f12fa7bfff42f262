"""An MPIJob inside an AppWrapper as recorded: its end is the MPIJob's, not that of the pods that the AppWrapper counts."""

from __future__ import annotations

import json

import pytest

from arena_core.contract.types import JobView, Phase
from arena_core.registry import Registry
from arena_core.testing.lifecycles import owned, statuses_of, words_of

HANDLE = Registry(environ={}).get("appwrapperjob")
#: The words are written by hand from the recordings.
WORDS = {
    "awm-mpijob-clean-none": "SUSPENDED PENDING RUNNING SUCCEEDED",
    "awm-mpijob-clean-running": "SUSPENDED PENDING RUNNING SUCCEEDED FAILED",
    "awm-mpijob-fails": "SUSPENDED PENDING RUNNING SUSPENDED PENDING RUNNING FAILED",
    "awm-mpijob-kueue": "QUEUING PENDING RUNNING SUCCEEDED",
    "awm-mpijob-launcher-podset": "SUSPENDED PENDING RUNNING SUCCEEDED",
}


def view(job, objects):
    labelled = [o for o in objects.values() if o["metadata"].get("labels", {}).get("workload.codeflare.dev/appwrapper") == "w"]
    pods = [o for o in labelled if o["kind"] == "Pod"]
    return JobView(job, tuple(pods), (*owned(objects, job, "Workload"), *(o for o in labelled if o["kind"] == "MPIJob")))


def timeline(shared, scenario):
    return json.loads((shared / "recordings" / "appwrapper-more" / f"{scenario}.json").read_text())["timeline"]


@pytest.mark.parametrize(("scenario", "words"), WORDS.items())
def test_words_of_a_wrapped_life_cycle(scenario, words, shared):
    found = words_of(timeline(shared, scenario), "AppWrapper", lambda job, objects: HANDLE.status(view(job, objects)), "w")
    assert found == words.split()


def test_every_recorded_wrapped_job_stands_in_the_table(shared):
    files = {f.stem for f in (shared / "recordings" / "appwrapper-more").glob("*-mpijob-*.json")}
    assert files - {"awm-mpijob-no-podsets"} == set(WORDS)  # that one was refused


def test_an_appwrapper_that_goes_on_for_ever_says_how_the_job_has_ended(shared):
    *_, last = statuses_of(
        timeline(shared, "awm-mpijob-clean-none"), "AppWrapper", lambda job, objects: HANDLE.status(view(job, objects)), "w"
    )
    assert (last.phase, last.exact, last.reason) == (Phase.SUCCEEDED, "Running", "JobSucceeded")
    assert last.message.startswith("mpijob inner has succeeded; its AppWrapper is still Running") and last.end


def wrapper(exact, parts=1):
    template = {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": {"name": "j"}}
    component = {"podSets": [{"path": "template.spec.mpiReplicaSpecs.Launcher.template"}], "template": template}
    return {"metadata": {"name": "w"}, "spec": {"components": [component] * parts}, "status": {"phase": exact}}


def inner(type):
    condition = {"type": type, "status": "True", "reason": "R", "message": "m"}
    status = {"conditions": [condition], "completionTime": "2026-01-01T00:00:00Z"}
    roles = {role: {"replicas": 1, "template": {"spec": {"containers": []}}} for role in ("Launcher", "Worker")}
    spec = {"mpiReplicaSpecs": roles}
    return {"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob", "metadata": {"name": "j"}, "spec": spec, "status": status}


def pod(phase="Running"):
    return {"metadata": {"name": "p"}, "spec": {}, "status": {"phase": phase}}


def test_a_failure_that_no_pod_shows_is_the_jobs_end():
    found = HANDLE.status(JobView(wrapper("Running"), (pod(),), (inner("Failed"),)))
    assert (found.phase, found.reason) == (Phase.FAILED, "JobFailed") and "mpijob j has failed (R): m" in found.message
    noticed = HANDLE.status(JobView(wrapper("Running"), (pod("Failed"),), (inner("Failed"),)))
    assert (noticed.phase, noticed.reason) == (Phase.RUNNING, "FailedPods"), "the operator sees the pod and tries again"
    unread = HANDLE.status(JobView(wrapper("Running"), None, (inner("Failed"),)))
    assert unread.phase is Phase.RUNNING, "nothing is concluded from pods that nobody has read"
    after = HANDLE.status(JobView(wrapper("Succeeded"), (), (inner("Failed"),)))
    assert after.phase is Phase.FAILED and "its AppWrapper is Succeeded" in after.message


def test_of_several_parts_one_says_nothing():
    assert HANDLE.status(JobView(wrapper("Running", 2), (pod(), pod()), (inner("Succeeded"),))).phase is Phase.RUNNING
