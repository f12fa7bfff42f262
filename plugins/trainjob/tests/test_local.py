"""TrainJobs from submit to delete on the local cluster, with real processes."""

from __future__ import annotations

import re

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import InvalidArguments, JobFailed
from arena_core.contract.types import Phase
from arena_local.testing import LocalCluster


def test_torch_from_submit_to_delete(arena: ArenaClient, tmp_path):
    say = 'echo "node $PET_NODE_RANK of $PET_NNODES at $PET_MASTER_ADDR:$PET_MASTER_PORT, $PET_NPROC_PER_NODE each, $TEAM"; ls /seen'
    (tmp_path / "mounted").touch()
    arena.submit("trainjob", {"name": "t", "workers": 2, "command": say, "env": ["TEAM=nlp"], "data_dirs": [f"{tmp_path}:/seen"]})
    found = arena.wait("t", timeout=90)
    assert (found.status.phase, found.job_type, found.status.replicas) == (Phase.SUCCEEDED, "trainjob", 2)
    assert [i.short_name for i in found.status.instances] == ["node-0", "node-1"]
    told, seen = (line.text for line in arena.logs("t", instance="node-1"))
    # Where another job of this machine has the port, the cluster gives another one to all pods of this.
    assert re.fullmatch(r"node 1 of 2 at t-node-0-0\.t:\d+, 1 each, nlp", told) and seen == "mounted"
    # Neither its JobSet nor its Jobs are jobs of their own.
    assert [job.name for job in arena.list().jobs] == ["t"]
    arena.delete("t", wait=True, timeout=30)
    assert not arena.list().jobs


def test_a_failed_one_says_why(arena: ArenaClient):
    arena.submit("trainjob", {"name": "bad", "workers": 2, "command": "sleep 0.2; exit 7"})
    with pytest.raises(JobFailed):
        arena.wait("bad", timeout=90)
    assert "exited with 7" in arena.explain(arena.get("bad"))[0].message


def test_a_runtime_of_the_namespace_with_an_initializer(queue_cluster: LocalCluster, arena: ArenaClient):
    def entry(name, command, **more):
        pod = {"restartPolicy": "Never", "containers": [{"name": name, "image": "x", "command": ["sh", "-c", command]}]}
        meta = {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer" if name == "node" else name}}
        return {"name": name, "template": {"metadata": meta, "spec": {"backoffLimit": 0, "template": {"spec": pod}}}, **more}

    jobs = [
        entry("dataset-initializer", "echo from $STORAGE_URI"),
        entry("node", "echo trained", dependsOn=[{"name": "dataset-initializer", "status": "Complete"}]),
    ]
    queue_cluster.create(
        {
            "apiVersion": "trainer.kubeflow.org/v1alpha1",
            "kind": "TrainingRuntime",
            "metadata": {"name": "mine", "namespace": arena.namespace},
            "spec": {"mlPolicy": {"numNodes": 1}, "template": {"spec": {"replicatedJobs": jobs}}},
        }
    )
    more = {"runtime": "mine", "runtime_kind": "TrainingRuntime"}
    with pytest.raises(InvalidArguments) as caught:
        arena.submit("trainjob", {"name": "i", **more, "base_model_uri": "hf://m"})
    assert "has no model-initializer" in caught.value.problems[0].message
    arena.submit("trainjob", {"name": "i", **more, "dataset_uri": "hf://a/b"})
    found = arena.wait("i", timeout=90)
    assert [i.short_name for i in found.status.instances] == ["node-0", "dataset-initializer-0"]
    assert [line.text for line in arena.logs("i")] == ["trained"]
    assert [line.text for line in arena.logs("i", instance="dataset-initializer-0")] == ["from hf://a/b"]


def test_a_runtime_that_is_not_there_is_told_with_those_that_are(arena: ArenaClient):
    with pytest.raises(InvalidArguments) as caught:
        arena.submit("trainjob", {"name": "x", "runtime": "nope"})
    assert "torch-distributed" in caught.value.problems[0].hint


def test_suspended_and_resumed(queue_cluster: LocalCluster, arena: ArenaClient):
    arena.submit("trainjob", {"name": "s", "command": "sleep 600"})
    arena.wait("s", "running", timeout=60)
    arena.suspend("s")
    queue_cluster.until(lambda: arena.get("s").status.phase is Phase.SUSPENDED, 30, "that it is suspended")
    arena.resume("s")
    assert arena.wait("s", "running", timeout=60).status.phase is Phase.RUNNING
    arena.delete("s")


def test_in_a_queue(one_after_the_other):
    one_after_the_other("trainjob", {"workers": 2, "gpus": 1, "command": "sleep 600"}, {"gpus": 1, "command": "true"})


def test_in_an_appwrapper(arena: ArenaClient):
    arena.submit("appwrapperjob", {"name": "w", "inner_type": "trainjob", "image": "x", "workers": 2, "command": "sleep 1"})
    found = arena.wait("w", timeout=90)
    assert (found.status.phase, found.status.replicas) == (Phase.SUCCEEDED, 2)
    assert [job.name for job in arena.list().jobs] == ["w"]


def test_what_the_training_reports_of_itself_is_shown(queue_cluster: LocalCluster, arena: ArenaClient):
    arena.submit("trainjob", {"name": "p", "command": "sleep 600"})
    arena.wait("p", "running", timeout=60)
    told = {"progressPercentage": 40, "estimatedRemainingSeconds": 90, "metrics": [{"name": "loss", "value": "0.5"}]}
    told["lastUpdatedTime"] = "2026-01-01T00:00:00Z"
    path = f"/apis/trainer.kubeflow.org/v1alpha1/namespaces/{arena.namespace}/trainjobs/p"
    code, answer = queue_cluster.request("PATCH", f"{path}/status", {"status": {"trainerStatus": told}}, "application/merge-patch+json")
    assert code == 200, answer
    (course,) = arena.progress([arena.get("p")]).values()
    assert (course.progress.fraction, course.progress.seconds_left, course.progress.metrics) == (0.4, 90, {"loss": 0.5})
    arena.delete("p")


def test_what_it_is_tells_image_and_command_of_the_trainer(arena: ArenaClient):
    arena.submit("trainjob", {"name": "a", "image": "i:1", "command": "true", "env": ["A=b"]})
    (role,) = arena.about(arena.get("a")).roles
    assert (role.name, role.image, role.env) == ("node", "i:1", ("A",)) and "true" in role.command
