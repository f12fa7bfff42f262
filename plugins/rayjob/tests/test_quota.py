"""What Kueue writes into RayJobs and RayClusters, as recorded of the real one (C8)."""

from __future__ import annotations

from typing import Any

from arena_local.kueue import podsets
from arena_rayjob.local.clusterstatus import SUSPENDED
from arena_rayjob.local.quota import JOB, RAYCLUSTER

ADMITTED: dict[str, Any] = {
    "metadata": {"name": "rayjob-r-1"},
    "spec": {"queueName": "lq", "podSets": []},
    "status": {"admission": {"clusterQueue": "cq", "podSetAssignments": []}},
}


def test_a_job_without_a_submitters_template_gets_it_when_it_is_admitted() -> None:
    """It never started: the template where Kueue writes the place of admission was missing."""
    containers = [{"name": "ray-head", "image": "ray:local"}]
    spec = {"entrypoint": "true", "rayClusterSpec": {"headGroupSpec": {"template": {"spec": {"containers": containers}}}}}
    job = {"metadata": {"name": "r"}, "spec": spec}
    podsets.inject(None, JOB, job, ADMITTED, {})  # type: ignore[arg-type]  # nothing is looked up for it
    submitter: Any = job["spec"]["submitterPodTemplate"]
    assert submitter["metadata"]["labels"]["kueue.x-k8s.io/podset"] == "submitter"
    assert submitter["spec"]["containers"][0]["name"] == "ray-job-submitter"
    assert submitter["spec"]["containers"][0]["image"] == "ray:local"
    podsets.restore(JOB, job, ADMITTED)
    assert "labels" not in job["spec"]["submitterPodTemplate"]["metadata"]


def test_a_cluster_is_told_to_begin_in_so_many_words() -> None:
    """What says nothing of suspend stays suspended, so a queued RayCluster never ran."""
    cluster: dict[str, Any] = {"spec": {"suspend": True}, "status": {"conditions": [{"type": SUSPENDED, "status": "True"}]}}
    RAYCLUSTER.set_suspend(cluster, False)
    assert cluster["spec"] == {"suspend": False}
