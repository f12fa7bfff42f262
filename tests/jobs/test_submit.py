from __future__ import annotations

import json
from typing import Any

import pytest

from arena_core.contract.errors import AlreadyExists, InvalidArguments, KindNotInstalled, NotFound
from arena_core.usecases.refused import SubmissionRefused

JOBS = "/apis/kubeflow.org/v1/namespaces/{ns}/pytorchjobs"


def objects(arena: Any, path: str) -> dict[str, Any]:
    answer = arena.cluster.request("GET", path)
    return {o["metadata"]["name"]: o for o in answer.json()["items"]}


def config_maps(arena: Any) -> dict[str, Any]:
    found = objects(arena, f"/api/v1/namespaces/{arena.namespace}/configmaps")
    return {n: o for n, o in found.items() if n != "kube-root-ca.crt"}


def test_what_is_written_for_old_arena(arena: Any, make: Any) -> None:
    done = arena.submit("pytorchjob", make("mnist", workers=2, gpus=1))
    job = done.manifests[0]
    assert (done.name, done.namespace, done.job_type) == ("mnist", arena.namespace, "pytorchjob")
    assert job["metadata"]["labels"]["app"] == "pytorchjob" and job["metadata"]["labels"]["release"] == "mnist"
    who = arena.whoami()
    assert job["metadata"]["labels"]["arena.kubeflow.org/uid"] == who.uid and len(who.uid) == 32
    assert job["metadata"]["annotations"]["arena.kubeflow.org/username"] == who.name
    template = job["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["metadata"]
    assert template["labels"]["arena.kubeflow.org/uid"] == who.uid
    record = config_maps(arena)["mnist-pytorchjob"]
    assert record["metadata"]["labels"]["createdBy"] == "arena"
    assert record["data"]["app"] == "pytorchjob.kubeflow.org/mnist"
    chart, version = job["metadata"]["labels"]["chart"].rsplit("-", 1)
    assert record["data"][chart] == version
    assert json.loads(record["data"]["values"])["workers"] == 2
    owner = record["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("PyTorchJob", "mnist", job["metadata"]["uid"])


def test_a_name_that_is_taken_changes_nothing(arena: Any, make: Any) -> None:
    arena.submit("pytorchjob", make("twice"))
    before = objects(arena, JOBS.replace("{ns}", arena.namespace)), config_maps(arena)
    with pytest.raises(AlreadyExists, match=r"PyTorchJob twice exists already in namespace .*; nothing was changed"):
        arena.submit("pytorchjob", make("twice", command="other"))
    assert before[0].keys() == objects(arena, JOBS.replace("{ns}", arena.namespace)).keys()
    after = config_maps(arena)
    assert after["twice-pytorchjob"]["metadata"]["uid"] == before[1]["twice-pytorchjob"]["metadata"]["uid"]


def test_two_types_may_share_a_name_and_then_ask_for_the_type(arena: Any, make: Any) -> None:
    from arena_core.contract.errors import UsageError

    arena.submit("pytorchjob", make("same"))
    arena.submit("dummy", make("same"))
    with pytest.raises(UsageError, match="several jobs named same") as caught:
        arena.get("same")
    assert "--type" in caught.value.hint
    assert arena.get("same", job_type="Dummy").job_type == "dummy"
    assert arena.get("same", job_type="py").job_type == "pytorchjob"


def test_wrong_arguments_send_nothing(arena: Any, make: Any) -> None:
    with pytest.raises(InvalidArguments) as caught:
        arena.submit("pytorchjob", make("Bad_Name", workers=0, env=["NOEQ"]))
    assert len(caught.value.problems) >= 3
    assert arena.calls() == []


def test_dry_runs(arena: Any, make: Any) -> None:
    from arena_core.client import ArenaClient

    done = ArenaClient(kubeconfig="/does/not/exist", namespace="anywhere").submit("pytorchjob", make("dry"), dry_run="client")
    assert done.manifests[0]["metadata"]["namespace"] == "anywhere"
    done = arena.submit("pytorchjob", make("dry"), dry_run="server")
    assert done.manifests[0]["metadata"]["uid"]
    assert "dry" not in objects(arena, JOBS.replace("{ns}", arena.namespace)) and not config_maps(arena)


def test_a_refusal_by_the_server_names_the_flag(arena: Any, make: Any) -> None:
    handle = arena.jobs.get("pytorchjob")
    real = handle.build_manifests

    def spoilt(args: Any, **more: Any) -> Any:
        manifests = real(args)
        manifests[0]["spec"]["runPolicy"]["backoffLimit"] = "many"
        manifests[0]["spec"]["unheardOf"] = True
        return manifests

    handle.build_manifests = spoilt
    for dry_run in ("server", ""):
        with pytest.raises(SubmissionRefused) as caught:
            arena.submit("pytorchjob", make("refused"), dry_run=dry_run)
        assert caught.value.exit_code == 7
    del spoilt
    handle.build_manifests = lambda args, **more: [_with(real(args)[0], "many")]
    with pytest.raises(SubmissionRefused) as caught:
        arena.submit("pytorchjob", make("refused"))
    assert {p.field for p in caught.value.problems} == {"retry"}, caught.value.problems
    assert "--retry" in caught.value.message


def _with(job: dict[str, Any], value: Any) -> dict[str, Any]:
    job["spec"]["runPolicy"]["backoffLimit"] = value
    return job


def test_a_kind_that_is_not_installed_says_where_it_comes_from(arena: Any, make: Any) -> None:
    from dataclasses import replace

    handle = arena.jobs.get("pytorchjob")
    gone = replace(handle.job_type.resource, group="kubeflow.example")
    handle._job_type = replace(handle.job_type, resource=gone, provider="install the Training Operator")
    handle.build_manifests = lambda args, **more: [{"apiVersion": "kubeflow.example/v1", "kind": "PyTorchJob", "metadata": {"name": "x"}}]
    with pytest.raises(KindNotInstalled, match="PyTorchJob is not installed on this cluster: install the Training Operator"):
        arena.submit("pytorchjob", make("x"))
    with pytest.raises(KindNotInstalled, match="install the Training Operator"):
        arena.list(job_type="pytorchjob")
    assert arena.list().jobs == (), "in a list of all types it has no jobs"


def test_an_unknown_namespace_is_named(arena: Any, make: Any) -> None:
    with pytest.raises(NotFound, match="namespace nowhere does not exist"):
        arena.submit("pytorchjob", make("x"), namespace="nowhere")


def test_a_create_whose_answer_is_lost_is_not_a_failure(arena: Any, make: Any) -> None:
    lost: list[str] = []

    def lose(method: str, path: str) -> bool:
        if method == "POST" and path.endswith("/pytorchjobs") and not lost:
            lost.append(path)
            return True
        return False

    arena.gate.lose_answer = lose
    assert arena.submit("pytorchjob", make("lost")).name == "lost"
    assert lost and arena.get("lost", job_type="pytorchjob").uid
    assert "lost-pytorchjob" in config_maps(arena)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_a_failure_half_way_leaves_nothing(arena: Any, make: Any, failure: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    from arena_core.usecases import record

    def fail(*args: Any) -> str:
        raise failure

    monkeypatch.setattr(record, "store", fail)
    with pytest.raises(failure):
        arena.submit("pytorchjob", make("half"))
    assert "half" not in objects(arena, JOBS.replace("{ns}", arena.namespace))


def test_ctrl_c_while_the_job_is_created_leaves_nothing(arena: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = arena.cluster.create

    def interrupted(*args: Any, **more: Any) -> Any:
        real(*args, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(arena.cluster, "create", interrupted)
    with pytest.raises(KeyboardInterrupt):
        arena.submit("pytorchjob", make("cut"))
    assert "cut" not in objects(arena, JOBS.replace("{ns}", arena.namespace))


def test_what_an_earlier_job_has_left_does_not_block(arena: Any, make: Any) -> None:
    """A record without its job, and a child that the garbage collector has not reached yet."""
    path = f"/api/v1/namespaces/{arena.namespace}/configmaps"
    stale = {"metadata": {"name": "again-pytorchjob", "labels": {"createdBy": "arena"}}, "data": {"app": "touch /tmp/pwned"}}
    assert arena.cluster.request("POST", path, None, stale).ok
    assert arena.submit("pytorchjob", make("again")).warnings == ()
    assert config_maps(arena)["again-pytorchjob"]["data"]["app"] == "pytorchjob.kubeflow.org/again"
    foreign = {"metadata": {"name": "other-pytorchjob"}, "data": {"precious": "yes"}}
    assert arena.cluster.request("POST", path, None, foreign).ok
    warnings = arena.submit("pytorchjob", make("other")).warnings
    assert "somebody else's" in warnings[0] and config_maps(arena)["other-pytorchjob"]["data"] == {"precious": "yes"}


def test_children_are_owned_by_the_job(arena: Any, make: Any) -> None:
    done = arena.submit("pytorchjob", make("kids", config_files=[{"source": "a.txt", "path": "/etc/a.txt", "content": "x: 1\n"}]))
    children = list(done.manifests[1:])
    assert children, "a config file becomes a ConfigMap"
    for child in children:
        assert child["metadata"]["ownerReferences"][0]["uid"] == done.manifests[0]["metadata"]["uid"]
    name = children[0]["metadata"]["name"]
    listed = config_maps(arena)["kids-pytorchjob"]["data"]["app"].split("\n")
    assert listed[0] == "pytorchjob.kubeflow.org/kids" and f"configmap/{name}" in listed
    arena.delete("kids", job_type="pytorchjob")
    again = arena.submit("pytorchjob", make("kids", config_files=[{"source": "a.txt", "path": "/etc/a.txt", "content": "x: 2\n"}]))
    assert config_maps(arena)[name]["metadata"]["ownerReferences"][0]["uid"] == again.manifests[0]["metadata"]["uid"]


def test_a_child_of_somebody_else_is_not_taken(arena: Any, make: Any) -> None:
    first = arena.submit("pytorchjob", make("a", config_files=[{"source": "f", "path": "/etc/f", "content": "1"}]))
    name = first.manifests[1]["metadata"]["name"].replace("a", "b", 1)
    path = f"/api/v1/namespaces/{arena.namespace}/configmaps"
    assert arena.cluster.request("POST", path, None, {"metadata": {"name": name}, "data": {"precious": "yes"}}).ok
    with pytest.raises(AlreadyExists, match="belongs to something else"):
        arena.submit("pytorchjob", make("b", config_files=[{"source": "f", "path": "/etc/f", "content": "1"}]))
    assert "b" not in objects(arena, JOBS.replace("{ns}", arena.namespace))
    assert config_maps(arena)[name]["data"] == {"precious": "yes"}
