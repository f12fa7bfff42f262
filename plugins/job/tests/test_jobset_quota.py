"""What a queue knows of a JobSet: groups of numbered pods, and pods that are not needed any more (recordings/kueue-more)."""

from __future__ import annotations

from arena_job.local.quota import QUOTA
from arena_local.kueue.podsets import pod_sets


def _entry(name, replicas, **spec):
    return {"name": name, "replicas": replicas, "template": {"spec": {**spec, "template": {"spec": {"containers": [{"name": "main"}]}}}}}


def _jobset(**done):
    rows = [{"name": name, "succeeded": count} for name, count in done.items()]
    jobs = [_entry("workers", 2, parallelism=3, completions=3), _entry("driver", 1)]
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": {"name": "js", "namespace": "n"},
        "spec": {"replicatedJobs": jobs},
        "status": {"replicatedJobsStatus": rows},
    }


def test_each_job_of_a_set_numbers_its_own_pods():
    workers, driver = pod_sets(None, QUOTA, _jobset())
    label = {"podIndexLabel": "batch.kubernetes.io/job-completion-index", "subGroupIndexLabel": "jobset.sigs.k8s.io/job-index"}
    assert (workers["name"], workers["count"], workers["topologyRequest"]) == ("workers", 6, {**label, "subGroupCount": 2})
    assert (driver["name"], driver["count"], driver["topologyRequest"]) == ("driver", 1, {**label, "subGroupCount": 1})


def test_the_pods_of_jobs_that_have_succeeded_are_not_needed_any_more():
    assert QUOTA.reclaimable(_jobset()) == {"workers": 0, "driver": 0}
    assert QUOTA.reclaimable(_jobset(workers=1, driver=1)) == {"workers": 3, "driver": 1}
