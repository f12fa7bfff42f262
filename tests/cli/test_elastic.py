"""Jobs of the et-operator from the command line: keys that are made at creation, scalein and scaleout, and an MPIJob in their place."""

from __future__ import annotations

import base64

import pytest

ET = "/apis/kai.alibabacloud.com/v1alpha1/namespaces/default"
MPI = "/apis/kubeflow.org/v2beta1/namespaces/default/mpijobs"
SUBMIT = ("--name", "x", "--image", "i", "--workers", "2", "run")


SECRETS = "/api/v1/namespaces/default/secrets"


def serve(api, *collections):
    for path in (*collections, SECRETS, "/api/v1/namespaces/default/configmaps"):
        api.put(path)


@pytest.fixture
def cluster(api):
    serve(api, *(f"{ET}/{plural}" for plural in ("trainingjobs", "scaleins", "scaleouts")))
    return api


def posted(api, path):
    return [request.body for request in api.seen if request.method == "POST" and request.path == path]


def test_fresh_keys_are_made_when_the_secret_is(arena, cluster):
    assert arena("submit", "etjob", *SUBMIT).code == 0
    assert arena("submit", "etjob", "--name", "y", *SUBMIT[2:]).code == 0
    secrets = posted(cluster, SECRETS)
    assert len(secrets) == 2
    keys = secrets[0]["stringData"]
    assert keys["id_rsa"].startswith("-----BEGIN EC PRIVATE KEY-----") and keys["id_rsa.pub"] == keys["authorized_keys"]
    assert keys["id_rsa"] != secrets[1]["stringData"]["id_rsa"]
    assert "StrictHostKeyChecking no" in keys["config"]


def test_nobody_sees_the_private_key(arena, cluster):
    for words in (("-o", "json"), ("-o", "yaml"), ("--dry-run", "client", "-o", "yaml")):
        done = arena("submit", "etjob", *words, "--name", f"x{len(words)}{words[-1]}", *SUBMIT[2:])
        assert done.code == 0 and "PRIVATE KEY" not in done.out + done.err
        private = [secret["stringData"]["id_rsa"] for secret in posted(cluster, SECRETS)]
        assert not any(base64.b64encode(key.encode()).decode() in done.out for key in private)


def running(**status):
    workers = {"replicas": 2, "minReplicas": 1, "maxReplicas": 4, "template": {"spec": {"containers": [{"name": "et"}]}}}
    spec = {"etReplicaSpecs": {"launcher": {"replicas": 1, "template": workers["template"]}, "worker": workers}}
    return {
        "apiVersion": "kai.alibabacloud.com/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"name": "x", "namespace": "default", "uid": "u-x"},
        "spec": spec,
        "status": {"phase": "Running", "currentWorkers": ["x-worker-0", "x-worker-1", "x-worker-2"], **status},
    }


@pytest.mark.parametrize(
    ("words", "kind", "spec"),
    [
        (("scaleout", "etjob", "--name", "x"), "scaleouts", {"toAdd": {"count": 1}, "timeout": 60}),
        (("scalein", "et", "--name=x", "--count=2", "-t", "2m"), "scaleins", {"toDelete": {"count": 2}, "timeout": 120}),
        (
            ("scaleout", "x", "--script", "/a.sh", "-e", "A=b", "--retry", "3"),
            "scaleouts",
            {"toAdd": {"count": 1}, "script": "/a.sh", "env": [{"name": "A", "value": "b"}], "backoffLimit": 3, "timeout": 60},
        ),
        (("scale", "x", "worker=1"), "scaleins", {"toDelete": {"count": 2}, "timeout": 60}),
        (("scale", "x", "worker=4"), "scaleouts", {"toAdd": {"count": 1}, "timeout": 60}),
    ],
)
def test_another_size_is_asked_for_by_an_object_of_the_operator(arena, cluster, words, kind, spec):
    cluster.put(f"{ET}/trainingjobs", running())
    done = arena(*words)
    assert done.code == 0, done.err
    (made,) = posted(cluster, f"{ET}/{kind}")
    assert made["spec"] == {"selector": {"name": "x"}, **spec}
    assert made["metadata"]["name"].startswith("x-")
    assert not [r for r in cluster.seen if r.method in ("PATCH", "PUT")], "the job itself stays as it is"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("scaleout", "etjob", "--name", "x", "--count", "2"), "worker=5: it must be between 1 and 4"),
        (("scalein", "etjob", "--name", "x", "--count", "3"), "worker=0: it must be between 1 and 4"),
        (("scaleout", "etjob"), "does not exist"),
        (("scaleout",), "which job?"),
        (("scaleout", "x", "--count", "0"), "--count: 0 is less than 1"),
        (("scaleout", "x", "-e", "A"), "'A' is not NAME=VALUE"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_it(arena, cluster, words, sentence):
    cluster.put(f"{ET}/trainingjobs", running())
    done = arena(*words)
    assert done.code != 0 and sentence in done.err, done.err
    assert not [r for r in cluster.seen if r.method == "POST" and r.path.startswith(ET)]


def test_only_a_running_one_is_scaled(arena, cluster):
    cluster.put(f"{ET}/trainingjobs", running(phase="Created"))
    assert "cannot be changed" in arena("scaleout", "x").err


def test_deepspeed_is_an_mpijob_where_the_et_operator_is_missing(arena, api):
    serve(api, MPI)
    done = arena("submit", "deepspeedjob", *SUBMIT[:-1], "--gpus", "8", "--launcher-selector", "a=b", "deepspeed train.py")
    assert done.code == 0, done.err
    assert "TrainingJob is not installed on this cluster: it is submitted as deepspeed-mpijob (MPIJob)" in done.err
    (job,) = posted(api, MPI)
    assert job["metadata"]["labels"]["app"] == "deepspeed-mpijob" and job["spec"]["slotsPerWorker"] == 8
    launcher = job["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]
    assert launcher["nodeSelector"] == {"a": "b"} and launcher["containers"][0]["command"] == ["sh", "-c", "deepspeed train.py"]


def test_deepspeed_stays_what_it_is_where_the_operator_is_there_and_where_neither_is(arena, api):
    serve(api, MPI, f"{ET}/trainingjobs")
    assert arena("submit", "deepspeedjob", *SUBMIT).code == 0
    assert len(posted(api, f"{ET}/trainingjobs")) == 1 and not posted(api, MPI)
    api.collections.clear()
    done = arena("submit", "deepspeedjob", "--name", "y", *SUBMIT[2:])
    assert done.code != 0 and "TrainingJob is not installed" in done.err
