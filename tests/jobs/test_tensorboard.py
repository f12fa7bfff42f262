from __future__ import annotations

from typing import Any

from arena_core.testing.seen import seen


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{name}-tensorboard", "labels": {"role": "tensorboard", "release": name}},
        "spec": {"type": "NodePort", "ports": [{"port": 6006, "nodePort": 31006}], **spec},
    }


def test_the_address_of_a_tensorboard(arena: Any, make: Any) -> None:
    arena.submit("dummy", make("plain"))
    arena.calls()
    assert arena.tensorboard(arena.get("plain", job_type="dummy")) == ""
    assert not [c for c in arena.calls() if "/services" in c], "a job without TensorBoard asks for no Service"
    job = arena.submit("pytorchjob", make("tb", tensorboard=True, logdir="/logs")).manifests[0]
    assert job["metadata"]["annotations"]["arena.kubeflow.org/tensorboard"] == "true"
    arena.wait("tb", timeout=20)
    done = arena.get("tb")
    assert arena.tensorboard(done).startswith("http://127.")
    # It is something that the job serves like any other, and it outlives the job's run.
    (board,) = arena.endpoints(done).endpoints
    assert board.name == "tensorboard" and done.status.phase.finished
    assert (board.ready is False) == board.detail.startswith("TensorBoard is not up: "), "where none is installed it says so"


def test_the_tensorboard_beside_an_appwrapper_is_its_own(arena: Any, make: Any) -> None:
    job = arena.submit("appwrapperjob", make("around", tensorboard=True, logdir="/logs")).manifests[0]
    assert job["metadata"]["annotations"]["arena.kubeflow.org/tensorboard"] == "true"
    found = arena.jobs.get("appwrapperjob").endpoints(seen(job))
    assert [(one.name, one.service, one.certain) for one in found] == [("tensorboard", "around-tensorboard", True)]


def test_a_job_of_old_arena_may_have_one_too(arena: Any) -> None:
    job = {
        "apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob",
        "metadata": {"name": "old", "labels": {"release": "old", "app": "pytorchjob"}},
        "spec": {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": {"Master": {"replicas": 1, "template": {"spec": {"containers": [{"name": "pytorch", "image": "x"}]}}}}},
    }  # fmt: skip
    assert arena.cluster.request("POST", f"/apis/kubeflow.org/v1/namespaces/{arena.namespace}/pytorchjobs", None, job).ok
    assert arena.tensorboard(arena.get("old")) == ""
    assert arena.cluster.request("POST", f"/api/v1/namespaces/{arena.namespace}/services", None, service("old")).ok
    assert arena.tensorboard(arena.get("old")) == "http://127.0.0.1:31006"
    stale = {"metadata": {"name": "old-pytorchjob", "labels": {"createdBy": "arena"}}, "data": {"app": "x"}}
    assert arena.cluster.request("POST", f"/api/v1/namespaces/{arena.namespace}/configmaps", None, stale).ok
    assert arena.delete("old")[0].full_name == "pytorchjob.kubeflow.org/old"
    assert arena.cluster.request("GET", f"/api/v1/namespaces/{arena.namespace}/configmaps/old-pytorchjob").status == 404
