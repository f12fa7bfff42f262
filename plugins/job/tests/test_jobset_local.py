"""JobSets from submit to delete on the local cluster, with real processes."""

from __future__ import annotations

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import InvalidArguments, JobFailed
from arena_core.contract.types import Phase
from arena_local.testing import LocalCluster


def raw(name: str, command: str, **more):
    return {"name": name, "image": "x", "working_dir": "/tmp", "command": command, **more}


def failed_because(job):
    return next(c["reason"] for c in job.manifest["status"]["conditions"] if (c["type"], c["status"]) == ("Failed", "True"))


def test_roles_from_submit_to_delete(arena: ArenaClient):
    more = {"roles": ["driver=1", "worker=2,depends-on=driver:complete"], "role_commands": {"driver": "echo first"}}
    arena.submit("jobset", raw("j", 'echo "number $JOB_COMPLETION_INDEX of $workers"', **more))
    found = arena.wait("j", timeout=90)
    assert (found.status.phase, found.job_type, found.status.replicas) == (Phase.SUCCEEDED, "jobset", 3)
    assert [i.short_name for i in found.status.instances] == ["driver-0", "worker-0", "worker-1"]
    assert found.status.chief.short_name == "driver-0"
    assert [line.text for line in arena.logs("j")] == ["first"]
    assert [line.text for line in arena.logs("j", instance="worker-1")] == ["number 1 of 3"]
    # Its Jobs are no jobs of their own.
    assert [job.name for job in arena.list().jobs] == ["j"]
    arena.delete("j", wait=True, timeout=30)
    assert not arena.list().jobs


def test_it_is_made_anew_until_it_has_failed_too_often(arena: ArenaClient):
    arena.submit("jobset", raw("bad", "exit 7", retry=1))
    with pytest.raises(JobFailed):
        arena.wait("bad", timeout=90)
    found = arena.get("bad")
    assert (failed_because(found), found.manifest["status"]["restarts"]) == ("ReachedMaxRestarts", 1)
    causes = arena.explain(found)
    assert "exited with 7" in causes[0].message
    assert {"ReachedMaxRestarts", "BackoffLimitExceeded"} <= {cause.reason for cause in causes}


def test_a_restart_mends_it_once_all_old_pods_are_gone(arena: ArenaClient, tmp_path):
    more = {"roles": ["driver=1", "worker=1"], "retry": 2, "restart_strategy": "BlockingRecreate", "data_dirs": [f"{tmp_path}:/seen"]}
    commands = {"driver": "sleep 1", "worker": "test -e /seen/once || { touch /seen/once; exit 1; }"}
    arena.submit("jobset", raw("again", "", **more, role_commands=commands) | {"command": ()})
    found = arena.wait("again", timeout=90)
    assert (found.status.phase, found.manifest["status"]["restarts"]) == (Phase.SUCCEEDED, 1)
    assert sorted(i.short_name for i in found.status.instances) == ["driver-0", "worker-0"]
    told = {c["type"]: (c["status"], c["reason"]) for c in found.manifest["status"]["conditions"]}
    assert told["RestartingJobSet"][0] == "False" and told["Completed"] == ("True", "AllJobsCompleted")


def test_an_exit_code_that_no_restart_can_mend_ends_it_at_once(arena: ArenaClient):
    arena.submit("jobset", raw("fatal", "exit 42", retry=5, pod_retry=5, fail_on_exit_code=[42]))
    with pytest.raises(JobFailed):
        arena.wait("fatal", timeout=60)
    found = arena.get("fatal")
    assert (failed_because(found), found.manifest["status"]["restarts"]) == ("FailJobSetFailurePolicyAction", 0)


def test_the_first_that_ends_is_enough(arena: ArenaClient):
    more = {"roles": ["driver=1", "worker=1"], "success_on": "Any", "success_roles": ["driver"], "role_commands": {"driver": "true"}}
    arena.submit("jobset", raw("any", "sleep 600", **more))
    assert arena.wait("any", timeout=60).status.phase is Phase.SUCCEEDED


def test_in_an_appwrapper(arena: ArenaClient):
    arena.submit("appwrapperjob", raw("w", "true", inner_type="jobset", roles=["a=1", "b=2"]))
    found = arena.wait("w", timeout=90)
    assert (found.job_type, found.status.phase, found.status.replicas) == ("appwrapperjob", Phase.SUCCEEDED, 3)
    assert [i.short_name for i in found.status.instances if i.chief] == ["a-0"]
    assert [job.name for job in arena.list().jobs] == ["w"]


def test_a_wrapper_says_how_the_job_inside_has_ended(arena: ArenaClient):
    """awm-jobset-any-success: the operator counts the pods that are gone as failed."""
    more = {"roles": ["driver=1", "worker=1"], "success_on": "Any", "success_roles": ["driver"], "role_commands": {"driver": "sleep 1"}}
    arena.submit("appwrapperjob", raw("early", "sleep 600", inner_type="jobset", **more))
    assert arena.wait("early", timeout=60).status.phase is Phase.SUCCEEDED


def test_in_a_queue(one_after_the_other):
    roles = {"roles": ["driver=1,gpus=0", "worker=2,gpus=1"]}
    one_after_the_other("jobset", raw("", "sleep 600", **roles), raw("", "true", **roles))


def test_of_two_queue_labels_only_the_outer_one_counts(queue_cluster: LocalCluster):
    """awm-inner-queue-label: the Jobs inside were suspended and resumed in turns, for neither owner counted as the topmost."""
    with ArenaClient(kubeconfig=str(queue_cluster.kubeconfig), namespace="default") as arena:
        more = {"inner_type": "jobset", "workers": 2, "kueue_queue": "default-queue"}
        (wrapper,) = arena.submit("appwrapperjob", raw("twice", "sleep 2", **more), dry_run="client").manifests
        inner = wrapper["spec"]["components"][0]["template"]
        inner["metadata"].setdefault("labels", {})["kueue.x-k8s.io/queue-name"] = "default-queue"
        queue_cluster.create({**wrapper, "metadata": {**wrapper["metadata"], "namespace": "default"}})
        found = arena.wait("twice", timeout=90)
        assert (found.status.phase, len(found.status.instances)) == (Phase.SUCCEEDED, 2)


def test_claims_that_it_makes_itself(queue_cluster: LocalCluster):
    space = queue_cluster.namespace()
    pod = {"containers": [{"name": "main", "image": "x", "command": ["sh", "-c", "true"]}], "restartPolicy": "Never"}
    pod["containers"][0]["volumeMounts"] = [{"name": "work", "mountPath": "/work"}]
    entry = {"name": "w", "template": {"spec": {"completions": 1, "parallelism": 1, "template": {"spec": pod}}}}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    kept = [{"templates": [{"metadata": {"name": "work"}, "spec": claim}], "retentionPolicy": {"whenDeleted": "Retain"}}]
    jobset = {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "metadata": {"name": "c", "namespace": space}}
    queue_cluster.create({**jobset, "spec": {"replicatedJobs": [entry], "volumeClaimPolicies": kept}})
    with ArenaClient(kubeconfig=str(queue_cluster.kubeconfig), namespace=space) as arena:
        assert arena.wait("c", timeout=60).status.phase is Phase.SUCCEEDED
        code, found = queue_cluster.request("GET", f"/api/v1/namespaces/{space}/persistentvolumeclaims/work-c")
        assert (code, found["metadata"]["labels"], "ownerReferences" in found["metadata"]) == (
            200,
            {"jobset.sigs.k8s.io/jobset-name": "c"},
            False,
        )
        arena.delete("c", wait=True, timeout=30)


def test_a_name_that_another_has_is_told_before_anything_is_made(arena: ArenaClient):
    arena.submit("job", raw("x-worker-0", "true"))
    with pytest.raises(InvalidArguments) as caught:
        arena.submit("jobset", raw("x", "true"))
    assert "the Job x-worker-0 exists already" in str(caught.value.problems[0].message)
